"""Wire who tells people: the configured mail server, behind a guard of its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from app.checkup import LITTLE_SPACE
from app.instance import Instance
from app.jobs.chores import Chores
from app.letters import LetterWriter
from app.mail_config import MailConfig
from domain.errors import NotSent, OperatorFault
from domain.messages import LOOK_EVERY
from net.dialling import Dialler
from net.guard import EgressPolicy
from net.post import MAIL_PORTS, SmtpPostman
from triage.messages import Messenger

MEND = {
    "timeout": "it does not answer in time",
    "unreachable": "it cannot be reached",
    "dns": "its name cannot be found",
    "proxy": "the proxy does not lead there",
    "tls": "its certificate cannot be trusted; with an authority of your own, set ca_file",
    "no_starttls": 'it offers no TLS; set tls = "implicit", or another port',
    "no_login": "it takes no user and password",
    "credentials": "it refuses user or password",
    "no_password": "the password cannot be found where password_env or password_file says",
    "recipient": "it refuses a recipient",
    "dropped": "it ended the connection",
    "garbage": "what answers is no mail server",
    "not_enrolled": "not enrolled, only a server on this machine by its address can be used",
}


async def messenger_of(instance: Instance) -> Messenger | None:
    """Return who tells people, None where no mail is configured."""
    mail, config = instance.config.mail, instance.config
    if mail is None:
        return None
    standing = await instance.office.people.standing()
    organisation = standing.organisation
    return Messenger(
        desk=instance.office.desk,
        postman=_postman(instance, mail, enrolled=standing.enrolled),
        writes=LetterWriter(address=config.public_address),
        zone=ZoneInfo(organisation.zone if organisation else config.zone),
        told=mail.told,
        feeds=frozenset(each.feed.name for each in config.feeds),
        disk_is_full=lambda: shutil.disk_usage(config.data_dir).free < LITTLE_SPACE,
    )


@asynccontextmanager
async def telling_of_silence(instance: Instance) -> AsyncIterator[None]:
    """Tell people that nobody monitors, for the length of the block: for a process that serves the console alone."""
    messenger = await messenger_of(instance)
    chores = Chores(((messenger.say_silence, LOOK_EVERY.total_seconds()),) if messenger is not None else ())
    chores.start()
    try:
        yield
    finally:
        chores.stop()


async def send_test(instance: Instance) -> None:
    """Send one letter that says that it is a test; raises OperatorFault with one line where it is not taken."""
    messenger = await messenger_of(instance)
    if messenger is None:
        raise OperatorFault("No mail is configured: kapear.toml needs a table [mail]; see docs/configuration.md.")
    writer = LetterWriter(address=instance.config.public_address)
    try:
        refused = await messenger.postman.send(writer.test())
    except NotSent as fault:
        raise OperatorFault(f"The mail server did not take the message: {in_words(fault.code)}.") from None
    if refused:
        raise OperatorFault(f"The mail server took the message, but not for {refused} of the recipients.")


def in_words(code: str) -> str:
    """Return in plain words why a letter was not taken."""
    return MEND.get(code, f"it said no ({code})")


def _postman(instance: Instance, mail: MailConfig, *, enrolled: bool) -> SmtpPostman:
    """Return a postman whose guard admits the ports of mail, and networks that were named for mail alone."""
    config = instance.config
    networks = config.allow_networks + mail.allow_networks
    policy = EgressPolicy(enrolled=enrolled, allow_networks=networks, ports=MAIL_PORTS)
    dialler = Dialler(policy=policy, proxy=config.proxy)
    return SmtpPostman(server=mail.server, dialler=dialler, now=instance.office.desk.now)
