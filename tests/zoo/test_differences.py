from pathlib import Path

import zoo
from zoo.differences import page, rows, settings

PAGE = Path(__file__).parents[2] / "docs" / "paper-and-code.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "run: python -m zoo.differences docs/paper-and-code.md"


def test_every_difference_of_the_protocols_is_explained():
    differing = set()
    for name in zoo.list():
        paper, official = (settings(zoo.entry(name, protocol)) for protocol in ("paper", "official"))
        differing |= {key for key in official if official[key] != paper[key]}
    assert differing == {key for row in rows() for key in row.get("keys", ())}


def test_rows_are_complete():
    for row in rows():
        assert {"topic", "paper", "code", "effect"} < row.keys() and ("keys" in row) != ("both" in row)
