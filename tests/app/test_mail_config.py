"""`[mail]` takes what makes sense, and refuses the rest with one line before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.mail_config import read_mail
from domain.errors import OperatorFault
from net.post import Tls

LEAST = {"host": "mail.example.org", "from": "kapear@example.org", "to": "desk@example.org"}


def test_without_a_table_nobody_is_told() -> None:
    assert read_mail({}, {}) is None


def test_the_least_that_is_needed_is_sent_by_starttls() -> None:
    mail = read_mail({"mail": LEAST}, {})
    assert mail is not None
    assert (mail.server.port, mail.server.tls, mail.server.recipients) == (587, Tls.STARTTLS, ("desk@example.org",))
    assert (mail.told.daily_at, mail.told.urgent_after) == (8, timedelta(hours=4))


def test_all_that_can_be_set_is_taken(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("tin kites\n")
    table = {
        **LEAST, "tls": "implicit", "to": ["a@example.org", "b@example.org"], "user": "desk",
        "password_file": str(tmp_path / "password"), "allow_networks": ["10.0.0.5/32"], "daily_at": 0,
        "urgent_points": 30, "urgent_hours": 1, "target_days": 14,
    }  # fmt: skip
    mail = read_mail({"mail": table}, {})
    assert mail is not None
    assert (mail.server.port, mail.server.password(), len(mail.server.recipients)) == (465, "tin kites", 2)
    assert str(mail.allow_networks[0]) == "10.0.0.5/32"
    assert (mail.told.daily_at, mail.told.urgent_points, mail.told.target_ends) == (0, 30, timedelta(days=14))
    assert "tin kites" not in repr(mail)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hosts": "x"}, "does not know"),
        ({"host": ""}, "host is"),
        ({"host": "a\r\nb"}, "host is"),
        ({"port": 0}, "port is a whole number"),
        ({"port": "587"}, "port is a whole number"),
        ({"tls": "perhaps"}, "tls is one of"),
        ({"tls": "none"}, "on this machine only"),
        ({"from": "kapear@example.org\nBcc: x@example.org"}, "from is a mailbox"),
        ({"from": None}, "from is a mailbox"),
        ({"to": []}, "to is a mailbox"),
        ({"to": ["a@example.org, b@example.org"]}, "to is a mailbox"),
        ({"user": "desk"}, "password_env"),
        ({"user": "de\nsk"}, "user is a text"),
        ({"user": "desk", "password_env": "A", "password_file": "b"}, "password_env"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file"),
        ({"allow_networks": ["the office"]}, "list of networks"),
        ({"allow_networks": 5}, "list of networks"),
        ({"daily_at": 24}, "daily_at"),
        ({"urgent_hours": True}, "urgent_hours"),
    ],
)
def test_what_makes_no_sense_is_one_line(change: dict[str, Any], words: str) -> None:
    with pytest.raises(OperatorFault, match=words) as caught:
        read_mail({"mail": {**LEAST, **change}}, {})
    assert "\n" not in str(caught.value)
    assert "[mail]" in str(caught.value)


def test_a_table_is_a_table() -> None:
    with pytest.raises(OperatorFault, match="is a table"):
        read_mail({"mail": "mail.example.org"}, {})
