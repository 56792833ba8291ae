from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from telethon.crypto import AuthKey
from telethon.sessions import StringSession
from telethon.tl import types

from domain.errors import BadInput
from telegram_monitor.session import session_at, session_from

KEY = bytes(range(256))


def written(address: str = "127.0.0.1", key: bytes = KEY) -> str:
    """Return what Telethon itself would save."""
    session = StringSession()
    session.set_dc(2, address, 4_430)
    session.auth_key = AuthKey(key)
    return str(session.save())


@pytest.mark.parametrize("address", ["127.0.0.1", "149.154.167.51", "::1", "2001:67c:4e8:f002::a"])
def test_what_telethon_saved_is_read_and_written_alike(address: str) -> None:
    session = session_from(written(address))
    assert (session.dc_id, session.server_address, session.port) == (2, address, 4_430)
    assert session.auth_key.key == KEY
    assert session.text() == written(address)


@pytest.mark.parametrize(
    "text",
    ["", "1", "kites", written()[1:], "2" + written()[1:], written()[:-4], written() + "AAAA", written(key=bytes(256))],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        session_from(text)
    assert "\n" not in str(refusal.value)
    assert not text or len(text) < 9 or text not in str(refusal.value)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not list(tmp_path.iterdir())


def test_nobody_is_kept_and_nothing_is_written(elsewhere: Path) -> None:
    session = session_from(written())
    user = types.User(5, first_name="Kite", username="red_kites", phone="999", access_hash=7)
    session.process_entities(types.contacts.ResolvedPeer(types.PeerUser(5), [], [user]))
    session.set_update_state(5, types.updates.State(1, 1, None, 1, 1))
    session.cache_file(b"digest", 5, types.InputPhoto(5, 7, b""))
    session.save()
    session.close()
    assert not list(session.get_update_states())
    for asked in ("red_kites", "+999", "Kite", 5):
        with pytest.raises(ValueError, match="Could not find"):
            session.get_input_entity(asked)
    assert session.get_file(b"digest", 5, types.InputPhoto) is None
    assert list(elsewhere.iterdir()) == []


def test_a_login_begins_without_a_key() -> None:
    session = session_at(2, "127.0.0.1", 443)
    assert session.auth_key is None
    assert session.text() == ""
