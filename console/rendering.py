"""
Turn values into HTML: escaped, in one language, and free of anything that steers a reader's eyes.

The finished page goes through `printable` as a whole, so that no template can
forget it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.units import format_unit
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from console import charts, words
from console.i18n import LANGUAGES, translations
from domain.latency import in_largest_unit
from domain.plaintext import printable

LINES = "\n\t"
DAY_AND_TIME = "d MMM y, HH:mm"
SHORT_ID = 8


def played(at_ms: int) -> str:
    """Return a moment of a video as players show it."""
    minutes, seconds = divmod(at_ms // 1000, 60)
    return f"{minutes}:{seconds:02}"


class Pages:
    """Every template in every language."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Compile nothing yet; jinja does so on first use."""
        self._environments = {language: _environment(language, zone) for language in LANGUAGES}

    def render(self, template: str, language: str, values: dict[str, Any]) -> str:
        """Return a page."""
        environment = self._environments[language]
        return printable(environment.get_template(template).render(language=language, **values), keep=LINES)

    def translate(self, text: str, language: str) -> str:
        """Return a text of the console in a language, or as it is when no catalogue knows it."""
        return translations(language).gettext(text)


def _environment(language: str, zone: ZoneInfo) -> Environment:
    environment = Environment(
        loader=PackageLoader("console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    spoken = translations(language)
    # The i18n extension adds this method at run time.
    environment.install_gettext_callables(spoken.gettext, spoken.ngettext, newstyle=True)  # type: ignore[attr-defined]
    locale = "en_GB" if language == "en" else language  # day before month, as the hotline writes

    def word(value: StrEnum) -> str:
        return spoken.gettext(words.label(value))

    def when(moment: datetime) -> Markup:
        local = format_datetime(moment, DAY_AND_TIME, tzinfo=zone, locale=locale)
        same_day = moment.astimezone(zone).date() == moment.astimezone(UTC).date()
        utc = format_datetime(moment, "HH:mm" if same_day else "d MMM, HH:mm", tzinfo=UTC, locale=locale)
        exact = moment.astimezone(UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{} <span class="utc">({} UTC)</span></time>').format(exact, local, utc)

    def span(seconds: float) -> str:
        count, unit = in_largest_unit(seconds)
        return format_unit(count, f"duration-{unit}", "short", locale=locale)

    def age(moment: datetime, now: datetime) -> str:
        return format_timedelta(now - moment, granularity="minute", format="short", locale=locale)

    environment.filters |= {
        "plain": printable,
        "lines": lambda text: printable(text, keep=LINES),
        "say": spoken.gettext,
        "sentence": lambda sentence: spoken.gettext(sentence.text) % sentence.numbers,
        "word": word,
        "when": when,
        "played": played,
        "age": age,
        "span": span,
        "day": lambda moment: format_date(moment, "d MMM y", locale=locale),
        "short": lambda text: text[-SHORT_ID:],
    }
    environment.globals |= {
        "languages": LANGUAGES,
        "score_bars": charts.score_bars,
        "strip": charts.strip,
        "tone": charts.tone,
        "delay_plot": charts.delay_plot,
        "delay_ticks": charts.delay_ticks,
        "day_plot": partial(charts.day_plot, zone=zone),
        "zone": zone.key,
    }
    return environment
