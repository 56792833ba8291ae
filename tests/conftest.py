"""Give every test the same rules and the same servers."""

from __future__ import annotations

pytest_plugins = ["tests.loopback_only", "tests.postgres"]
