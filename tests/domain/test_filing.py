"""Where a post is filed: every case of the rule, one by one."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from domain.filing import Filing, PostKey, file_under, hash_group, overflow_days, overflow_group, possible_groups
from domain.leads import LeadKind
from domain.observations import Platform

KEY = PostKey(platform=Platform.PAGE, container="c", post="p")
DAY = date(2026, 3, 1)
GROUPS = possible_groups(KEY, None, "t", "a", DAY)
BY_HASH, BY_AUTHOR, OVERFLOW = GROUPS
HASH = Filing(kind=LeadKind.HASH, group=BY_HASH)
TEXT = Filing(kind=LeadKind.TEXT, group=BY_AUTHOR)
OLDER = Filing(kind=LeadKind.TEXT, group=overflow_group("t", date(2026, 2, 1)))
ALBUM = Filing(kind=LeadKind.HASH, group=hash_group(KEY, "a"))


@pytest.mark.parametrize(("matched", "selling"), list(product([True, False], repeat=2)))
@pytest.mark.parametrize("hash_is_open", [True, False])
@pytest.mark.parametrize("author_is_open", [True, False])
@pytest.mark.parametrize("today", [0, 1, 2, 3])
@pytest.mark.parametrize("joined", [(), (OLDER,), (ALBUM,), (OLDER, ALBUM), (TEXT,)])
def test_a_post_is_filed_once_and_in_this_order(
    *, matched: bool, selling: bool, hash_is_open: bool, author_is_open: bool, today: int, joined: tuple[Filing, ...]
) -> None:
    open_groups = frozenset([BY_HASH] * hash_is_open + [BY_AUTHOR] * author_is_open)
    filing = file_under(
        matched=matched, selling=selling, groups=GROUPS, open_groups=open_groups, joined=joined,
        text_leads_today=today, text_leads_a_day=2,
    )  # fmt: skip
    if ALBUM in joined:
        expected: Filing | None = ALBUM
    elif matched or hash_is_open:
        expected = HASH
    elif joined:
        expected = joined[0]
    elif not selling:
        expected = None
    elif author_is_open or today < 2:
        expected = TEXT
    else:
        expected = Filing(kind=LeadKind.TEXT, group=OVERFLOW)
    assert filing == expected


def test_the_days_of_overflow_are_read_back_from_groups() -> None:
    groups = [*GROUPS, overflow_group("t:with:colons", date(2026, 3, 2)), "overflowing"]
    assert overflow_days(groups) == {DAY, date(2026, 3, 2)}
    assert overflow_days([]) == frozenset()


def test_groups_of_different_things_differ() -> None:
    other = PostKey(platform=Platform.TELEGRAM_WEB, container="c", post="p")
    assert len({hash_group(KEY, None), hash_group(KEY, "p"), hash_group(other, None), BY_AUTHOR, OVERFLOW}) == 5
