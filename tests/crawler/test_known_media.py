"""A picture whose address was read for good is never asked for again, whatever else its post says now."""

from __future__ import annotations

from pathlib import Path

from domain.outcomes import Outcome
from tests.crawler.known import POSTS, costs


async def test_twenty_posts_with_known_pictures_cost_no_picture_bytes(tmp_path: Path) -> None:
    new, edited, quiet = await costs(tmp_path)
    assert (new.visit.media_hashed, new.pictures_asked) == (POSTS, POSTS)
    assert new.picture_bytes > 0
    assert (edited.visit.outcome, edited.visit.new_observations) == (Outcome.NEW, POSTS)
    assert (edited.pictures_asked, edited.picture_bytes, edited.visit.media_hashed) == (0, 0, 0)
    assert (quiet.visit.outcome, quiet.visit.requests, quiet.pictures_asked) == (Outcome.UNCHANGED, 1, 0)
