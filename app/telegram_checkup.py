"""Say whether the organisation's Telegram accounts read, for the doctor; asks the database and nobody else."""

from __future__ import annotations

from app.checkup import Check, State
from app.config import Config
from domain.errors import KapearError
from domain.telegram import AccountState, Standing
from keys import hotline, keyfile
from keys.vault import HostVault
from storage.opening import open_store
from triage.desk import Desk
from triage.telegram import Telegram

NAME = "telegram"
PREVIEW = "no account: channels are read through the public preview"
MEND_API = "set KAPEAR_TELEGRAM_API_ID and KAPEAR_TELEGRAM_API_HASH"
MEND_PARKED = "see kapear telegram status; sign the account in again, or another: kapear telegram login"
# What Telegram's own words mean to whoever has to mend it.
_MEANINGS = {
    "auth_key_duplicated": "its session was used from two places at once",
    "bad_session": "its session cannot be read",
    "frozen_method_invalid": "Telegram froze the account",
    "session_password_needed": "it asks for the account's password",
    "session_expired": "its session has ended",
    "session_revoked": "its session was ended from another device",
    "user_deactivated": "Telegram deleted the account",
    "user_deactivated_ban": "Telegram banned the account",
}


async def check_telegram(config: Config) -> Check:
    """Return how the accounts stand; where no installation can be opened, other checks say why."""
    if not config.data_dir.is_dir():
        return judge([], has_api=config.telegram.has_api)
    try:
        store = await open_store(config.database_url, data_dir=config.data_dir, create=False)
        try:
            public = hotline.hotline_public(config.hotline_key_file)
            vault = HostVault(keyfile.load_host_keys(config.key_file), public)
            desk = Desk(store=store, vault=vault, telegram_session=config.telegram.session)
            states = await Telegram(desk=desk).states()
        finally:
            await store.close()
    except KapearError:
        return Check(name=NAME, state=State.WARNING, finding="not looked at", mend="mend first what stands above")
    return judge(states, has_api=config.telegram.has_api)


def judge(states: list[AccountState], *, has_api: bool) -> Check:
    """Return what these accounts amount to; never broken, for the preview and web pages are read all the same."""
    if not states:
        return Check(name=NAME, state=State.OK, finding=PREVIEW)
    if not has_api:
        finding = f"{len(states)} signed in, and no API id to use them with"
        return Check(name=NAME, state=State.WARNING, finding=finding, mend=MEND_API)
    counted = {standing: sum(state.standing is standing for state in states) for standing in Standing}
    finding = f"{counted[Standing.IN_USE]} in use, {counted[Standing.LIMITED]} asked to wait"
    parked = [state for state in states if state.parked]
    if not parked:
        return Check(name=NAME, state=State.OK, finding=finding)
    reasons = dict.fromkeys(_MEANINGS.get(state.parked, state.parked) for state in parked)
    finding += f", {len(parked)} parked: {'; '.join(reasons)}"
    return Check(name=NAME, state=State.WARNING, finding=finding, mend=MEND_PARKED)
