"""`kapear forum test`: what a rule reads in a saved page, without a request."""

from __future__ import annotations

import json
from pathlib import Path

from crawler.forums.rules import SHIPPED
from tests.acceptance.driver import Kapear

PAGE = Path(__file__).parents[1] / "crawler/fixtures/forum/phpbb/input.html"


def test_a_rule_is_tried_on_a_saved_page(tmp_path: Path) -> None:
    kapear = Kapear(data_dir=tmp_path / "data")
    found = json.loads(kapear.run("forum", "test", str(SHIPPED / "phpbb.toml"), str(PAGE)).stdout)
    assert [(post["id"], post["author"]) for post in found["posts"]] == [("p11", "mira"), ("p12", "guest")]
    assert found["posts"][0]["posted_at"] == "2026-03-01T08:00:00+00:00"
    assert not kapear.data_dir.exists()
    said = kapear.refused("forum", "test", str(SHIPPED / "mybb.toml"), str(PAGE))
    assert said.endswith("mybb.toml does not recognise input.html: mend generator, hosts or mark.")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('name = "kites"\ncolour = "blue"\n')
    assert "unknown key: 'colour'" in kapear.refused("forum", "test", str(wrong), str(PAGE))
