"""Put what people are told into words: English, and the same in Khmer below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from console.i18n import translations
from domain import messages
from domain.messages import BEGAN, ENDED, Kind, Letter, Message, Turn
from domain.plaintext import printable
from triage.messages import Report

Spoken = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWriter:
    """Writes letters that name the console's `address`."""

    address: str

    def __call__(self, report: Report) -> Letter:
        """Return the letter of a report: a line of how the watch stands, then one a message."""
        state = f"not watching ({report.reasons[0]})" if report.reasons else "watching"
        return Letter(subject=f"Kapear: {state}", body=self._in_both(lambda say: self._lines(report, say)))

    def test(self) -> Letter:
        """Return a letter that tells only that letters arrive."""
        return Letter(subject="Kapear: a test", body=self._in_both(lambda say: iter([say(messages.A_TEST)])))

    def _in_both(self, lines: Callable[[Spoken], Iterator[str]]) -> str:
        languages = [translations(language).gettext for language in ("en", "km")]
        console = messages.CONSOLE
        parts = ["\n".join([*lines(say), say(console).format(address=self.address)]) for say in languages]
        return printable("\n\n--\n".join(parts), keep="\n") + "\n"

    def _lines(self, report: Report, say: Spoken) -> Iterator[str]:
        subject = ", ".join(report.reasons)
        yield say(messages.NOT_WATCHING if subject else messages.WATCHING).format(subject=subject)
        for message in report.messages:
            if message.state.kind is Kind.DAILY:
                yield say(messages.COUNTS).format(waiting=report.waiting, active=report.active, visits=report.visits)
                if report.to_lead_s is not None:
                    yield say(messages.DELAY).format(minutes=ceil(report.to_lead_s / 60))
                if report.checkpoint is not None:
                    yield say(messages.CHECKPOINT).format(checkpoint=report.checkpoint)
            else:
                yield f"* {self._line(message, say)}"

    def _line(self, message: Message, say: Spoken) -> str:
        texts = ENDED if message.turn is Turn.ENDED else BEGAN
        kind, subject = message.state.kind, message.state.subject
        places = {Kind.LEAD_WAITS: "leads", Kind.TARGET_ENDS: "targets", Kind.TARGET_FAILS: "targets"}
        if kind in places:
            subject = f"{self.address}/{places[kind]}/{subject}"
        return say(texts[kind]).format(subject=" ".join(subject.split()), since=_when(message.state.since))


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
