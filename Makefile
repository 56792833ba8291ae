# Every target works on a fresh Debian 12 with python3-venv, python3-dev, make and g++; .venv is set up on demand.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
ARGS ?=

# Prints the pinned lines of the named packages from the development lock.
pick = awk '/^[a-z]/ { keep = /^($(1))==/ } keep' requirements/dev.txt

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The demo's and the tests' small matrices gain nothing from many threads.
export OPENBLAS_NUM_THREADS := 1

.PHONY: install run demo test check bench crash soak fuzz realsites catalogue screenshots lock clean

install: $(STAMP)

# Running takes wheels only, but for pyaes, which Telethon asks for and which is published as source alone (pure
# Python). It and its build tool, which is the checkout's own, therefore come first, pinned by the other lock.
$(STAMP): requirements/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Kapear needs (once)…" >&2
	@$(call pick,setuptools|wheel|packaging) | $(BIN)/pip install -q --no-deps --require-hashes --only-binary :all: -r /dev/stdin 1>&2
	@$(call pick,pyaes) | $(BIN)/pip install -q --no-deps --require-hashes --no-build-isolation --use-pep517 -r /dev/stdin 1>&2
	@$(BIN)/pip install -q --require-hashes --only-binary :all: -r requirements/run.txt 1>&2
	@PYTHONWARNINGS=ignore::UserWarning $(BIN)/pip install -q --no-deps --no-build-isolation -e . 1>&2
	@touch $@

# The tests' oracle for PDQ is built from source, so its build tools come first, pinned by the same lock.
$(DEV): $(STAMP) requirements/dev.txt
	@echo "Installing what the checks need (once)…" >&2
	@$(call pick,cython) | $(BIN)/pip install -q --no-deps --require-hashes --only-binary :all: -r /dev/stdin 1>&2
	@$(BIN)/pip install -q --require-hashes --no-build-isolation -r requirements/dev.txt 1>&2
	@touch $@

demo: $(STAMP)
	@$(BIN)/kapear demo $(ARGS)

run: $(STAMP)
	@$(BIN)/kapear run

test: $(DEV)
	$(BIN)/python -m pytest -n logical --dist worksteal $(ARGS)

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory test

bench: $(DEV)
	@for script in benchmarks/*.py; do name=$$(basename $$script .py); $(BIN)/python -m benchmarks.$$name || exit 1; done

# The crash tests in full: 200 kills on SQLite, 200 on PostgreSQL (about a quarter of an hour); 200 each of two processes under
# different clocks, over 60,000 posts; 50 over 100,000 messages of Telegram; 50 of imports of hash lists.
crash: $(DEV)
	KAPEAR_REQUIRE=all KAPEAR_TEST_KILLS=200 $(BIN)/python -m pytest tests/acceptance/test_crash.py
	KAPEAR_REQUIRE=all KAPEAR_TEST_CLOCK_KILLS=200 KAPEAR_TEST_CLOCK_POSTS=60000 \
		$(BIN)/python -m pytest tests/acceptance/test_crash_clocks.py
	KAPEAR_REQUIRE=all KAPEAR_TEST_TELEGRAM_MESSAGES=100000 KAPEAR_TEST_TELEGRAM_KILLS=50 \
		$(BIN)/python -m pytest tests/acceptance/test_telegram_truth.py
	KAPEAR_REQUIRE=all KAPEAR_TEST_KILLS=50 $(BIN)/python -m pytest tests/app/test_lists_elsewhere.py tests/matching -k kill

# An hour (or SECONDS) with a fault every minute, on SQLite and then on PostgreSQL; fails if a post is lost or doubled, or memory
# grows. The plots go to docs.
SECONDS ?= 3600
soak: $(DEV)
	$(BIN)/python -m tests.faults.soak --database sqlite --seconds $(SECONDS) --plot docs/soak-sqlite.svg $(ARGS)
	$(BIN)/python -m tests.faults.soak --database postgresql --seconds $(SECONDS) --plot docs/soak-postgresql.svg $(ARGS)

# Damaged pictures for ten minutes, with good ones between them; a JSON line of figures (20 seconds are in the suite).
fuzz: $(DEV)
	$(BIN)/python -m tests.fuzz.run --seconds 600 $(ARGS)
	$(BIN)/python -m tests.fuzz.guided build/fuzz -max_total_time=600

# Watches a wiki (Debian's mediawiki, php-cli and php-sqlite3 must be there) and a forum (from PyPI, in an environment of
# its own) on loopback; a few minutes.
REAL := build/realsites-venv
realsites: $(DEV) $(REAL)/.installed
	$(BIN)/python -m tests.realsites.run $(ARGS)

$(REAL)/.installed: tests/realsites/requirements.txt
	@test -x $(REAL)/bin/python || $(PYTHON) -m venv $(REAL)
	@$(REAL)/bin/pip install -q -r $< 1>&2
	@touch $@

# Brings the console's texts into both catalogues; what is new in Khmer waits for a translator.
catalogue: $(DEV)
	$(BIN)/python -m console.catalogue

# Takes the documentation's pictures from a running demo (needs Chromium and its driver).
screenshots: $(DEV)
	$(BIN)/python -m tests.console.screenshots

# Rewrites both locks: hashes only, no index, no link, no download address.
lock: $(DEV)
	$(BIN)/pip-compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --strip-extras \
		-o requirements/run.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --strip-extras \
		--allow-unsafe --extra dev -o requirements/dev.txt pyproject.toml

clean:
	rm -rf $(VENV) .demo build .mypy_cache .ruff_cache .pytest_cache .hypothesis
