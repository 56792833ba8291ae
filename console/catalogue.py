"""
Gather every text to translate, and bring the catalogues up to date.

`python -m console.catalogue` rewrites the .po files: new texts come in empty,
gone ones leave, translations stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

from console import words
from console.i18n import LANGUAGES, catalogue_path, read_catalogue

TEMPLATES = Path(__file__).parent / "templates"
# The environment's own options: with others the same block would be another text.
OPTIONS = {"trimmed": "false", "trim_blocks": "true", "lstrip_blocks": "true"}


def gathered() -> Catalog:
    """Return every text of templates and words, without translations."""
    catalogue = Catalog(project="Kapear", charset="utf-8", fuzzy=False)
    for text, where in _from_templates():
        catalogue.add(text, locations=[(where, 0)])
    for text, where in words.messages():
        catalogue.add(text, locations=[(where, 0)])
    return catalogue


def brought_up_to_date(language: str) -> Catalog:
    """Return a language's catalogue with exactly the texts that are in use."""
    catalogue = read_catalogue(language)
    catalogue.update(gathered(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    return catalogue


def main() -> None:
    """Rewrite both catalogues."""
    for language in LANGUAGES:
        catalogue = brought_up_to_date(language)
        with catalogue_path(language).open("wb") as file:
            # Without the usual header: its dates and names would change with every run.
            write_po(
                file, catalogue, width=0, include_lineno=False, sort_output=True, ignore_obsolete=True, omit_header=True
            )


def _from_templates() -> Iterator[tuple[str, str]]:
    for path in sorted(TEMPLATES.glob("*.html")):
        with path.open("rb") as file:
            for _line, _function, message, _comments in babel_extract(file, ("gettext",), (), OPTIONS):
                # Templates write no plurals: every sentence with a number is worded for any number.
                if isinstance(message, str):
                    yield message, path.name


if __name__ == "__main__":
    main()
