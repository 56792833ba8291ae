"""Skip a test by name when its server or browser is missing, or fail it where all is required."""

from __future__ import annotations

import os

import pytest


def require(name: str, *, present: bool) -> None:
    """Skip the test without `name`; with KAPEAR_REQUIRE=all (or naming it) fail it instead."""
    if present:
        return
    required = os.environ.get("KAPEAR_REQUIRE", "").split(",")
    if "all" in required or name in required:
        pytest.fail(f"{name} is required and not installed", pytrace=False)
    pytest.skip(f"{name} is not installed")
