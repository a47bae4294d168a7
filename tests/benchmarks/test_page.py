"""The HTML report in a browser, opened from a file."""

import pytest

from benchmarks.page import page
from benchmarks.tables import tables
from tests.benchmarks.test_report import GROUP, record
from tests.benchmarks.test_report_matching import record as matching_record

COST = {
    "epoch_seconds": [9.0, 0.5, 1.5],
    "steps_per_epoch": 30,
    "peak_memory": {"process": 1_234_000_000, "device": None},
}


@pytest.fixture(scope="module")
def text():
    old, new = record("av", 0, 0.75), {**record("a", 0, 0.5), **COST}
    short = {**record("a", 1, 0.625), "epoch_seconds": [10.0], "steps_per_epoch": 30, "peak_memory": {"process": None}}
    return page([tables()["1"], tables()["3"]], GROUP, [old, new, short, matching_record("avdln", 0, 0.5, 0.4)])


def test_what_a_cell_cost(text):
    assert "<td>3</td><td>1.00</td><td>30.0</td><td>1234</td><td>–</td>" in text
    assert "<td>3</td><td>10.00</td><td>3.0</td><td>–</td><td>–</td>" in text
    # Records from before there was a clock.
    assert text.count("<td>3</td>" + 4 * "<td>–</td>") == 2


def column(table, number):
    return [row.split("\t")[number] for row in table.inner_text().splitlines()[1:]]


@pytest.fixture
def opened(tab, tmp_path, text):
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    return tab(path)


def test_columns_sort(opened):
    cells = opened.locator("table.sortable").last
    head = cells.locator("th", has_text="steps / s")
    assert column(cells, 7) == ["–", "30.0", "3.0", "–"]
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending" and column(cells, 7) == ["3.0", "30.0", "–", "–"]
    opened.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending" and column(cells, 7) == ["30.0", "3.0", "–", "–"]
    opened.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "none" and column(cells, 7) == ["–", "30.0", "3.0", "–"]
    cells.locator("th", has_text="entry").locator("button").click()
    assert column(cells, 0) == ["a", "a", "av", "avdln"] and column(cells, 1) == ["0", "1", "0", "0"]


def test_figures_with_a_deviation_sort_as_numbers(opened):
    table = opened.locator("table.sortable").first
    table.locator("th", has_text="ours").locator("button").click()
    found = [text for text in column(table, 3) if text != "–"]
    assert found == ["25.0", "56.2 ± 8.8 (2)", "75.0 ± – (1)", "75.0"]
    table.locator("th", has_text="Δ").locator("button").click()
    assert [text for text in column(table, 4) if text != "–"] == ["-3.2", "+3.6"]
    assert table.locator("[aria-sort=ascending]").count() == 1


def test_confusion_opens(opened):
    assert opened.locator("details").count() == 2 and not opened.locator("details table").first.is_visible()
    opened.locator("summary", has_text="av").click()
    assert opened.locator("details table").first.is_visible()
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
