"""Give every test the same rules and the same servers."""

from __future__ import annotations

import sys

import pytest

pytest_plugins = ["tests.loopback_only", "tests.postgres"]


@pytest.fixture(autouse=True)
def visits_leave_the_tests_process_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visit protects its process for good: no test after it could see how one is that was not protected."""
    for module in ("app.visitor", "app.commands.hashing"):
        if module in sys.modules:
            monkeypatch.setattr(f"{module}.protect_parent", lambda: None)
