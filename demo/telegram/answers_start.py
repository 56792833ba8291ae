"""Answer what a client asks when it starts: the configuration, itself, the state of its updates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from telethon.tl import functions, types

from demo.telegram.asking import Answer, Asked
from demo.telegram.telling import shown_self
from demo.telegram.tl import Refused, vector


def config(asked: Asked) -> Any:
    """Return the configuration: the addresses of the DCs, and numbers nobody uses here."""
    now = asked.platform.date()
    return types.Config(
        date=now,
        expires=now + timedelta(hours=1),
        test_mode=False,
        this_dc=asked.dc,
        dc_options=[
            types.DcOption(id=dc, ip_address="127.0.0.1", port=port, static=True)
            for dc, port in sorted(asked.ports.items())
        ],
        dc_txt_domain_name="",
        chat_size_max=200,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5_000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1_500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=172_800,
        revoke_time_limit=2_147_483_647,
        revoke_pm_time_limit=2_147_483_647,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=1_024,
        message_length_max=4_096,
        webfile_dc_id=4,
    )


def users(asked: Asked) -> Any:
    """Return the account itself; nobody else is told of."""
    account = asked.account
    if not all(
        isinstance(each, types.InputUserSelf) or getattr(each, "user_id", 0) == account.user_id
        for each in asked.request.id
    ):
        raise Refused(400, "USER_ID_INVALID")
    return vector([shown_self(account) for _ in asked.request.id])


def state(asked: Asked) -> Any:
    """Return the state of the account's own updates: there never are any."""
    _ = asked.account
    return types.updates.State(pts=1, qts=0, date=asked.platform.date(), seq=1, unread_count=0)


def difference(asked: Asked) -> Any:
    """Return that nothing happened to the account itself."""
    _ = asked.account
    return types.updates.DifferenceEmpty(date=asked.platform.date(), seq=1)


START: dict[type, Answer] = {
    functions.help.GetConfigRequest: config,
    functions.users.GetUsersRequest: users,
    functions.updates.GetStateRequest: state,
    functions.updates.GetDifferenceRequest: difference,
}
