"""The HTML report in a browser, opened from a file."""

import numpy as np
import pytest

from benchmarks.grid.tables import tables
from benchmarks.reports.html import page
from benchmarks.results.confusion import confusion, recalls
from tests.benchmarks.reports.test_content import GROUP, record
from tests.benchmarks.reports.test_matching import record as matching_record
from tests.benchmarks.results.test_confusion import flat, predicted

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


def test_resource_usage_of_cells(text):
    assert "<td>3</td><td>1.00</td><td>30.0</td><td>1234</td><td>–</td>" in text
    assert "<td>3</td><td>10.00</td><td>3.0</td><td>–</td><td>–</td>" in text
    # Old records have no resource usage.
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


def test_narrow_dark_and_printed_pages(opened):
    opened.set_viewport_size({"width": 390, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") == 390
    color = "getComputedStyle(document.querySelector('figure svg text')).fill"
    back = "getComputedStyle(document.body).backgroundColor"
    light = opened.evaluate(f"[{color}, {back}]")
    opened.emulate_media(color_scheme="dark")
    dark = opened.evaluate(f"[{color}, {back}]")
    assert light[0] != dark[0] and light[1] != dark[1]
    opened.emulate_media(media="print")
    assert opened.evaluate(back) == "rgb(255, 255, 255)" and opened.evaluate(color) == "rgb(0, 0, 0)"
    assert not opened.locator("details").first.is_visible()


def test_figures_with_a_deviation_sort_as_numbers(opened):
    table = opened.locator("table.sortable").first
    table.locator("th", has_text="ours").locator("button").click()
    found = [text for text in column(table, 3) if text != "–"]
    assert found == ["25.0", "56.2 ± 8.8 (2)", "75.0 ± – (1)", "75.0"]
    table.locator("th", has_text="Δ").locator("button").click()
    assert [text for text in column(table, 4) if text != "–"] == ["-3.2", "+3.6"]
    assert table.locator("[aria-sort=ascending]").count() == 1


def test_confusion_matrices_open_on_click(opened):
    assert opened.locator("details").count() == 2 and not opened.locator("details table").first.is_visible()
    opened.locator("summary", has_text="av").click()
    assert opened.locator("details table").first.is_visible()
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")


def sections(records):
    """`{heading: HTML below it}`."""
    parts = page([], GROUP, records).split("<h2>")[1:]
    return dict(part.split("</h2>", 1) for part in parts)


def test_classes_and_confusion(rng):
    cells = [predicted(rng, seed) for seed in range(2)]
    found = sections([*cells, matching_record("avdln", 0, 0.5, 0.5)])
    classes, confusions = found["Per-class accuracy"], found["Confusion"]
    assert "avdln" not in classes + confusions
    mean = np.mean([recalls(confusion(cell))[27] for cell in cells], axis=0)
    segments = (flat(cells[0])[0] == 27).sum()
    assert f'&lt;Bark&gt; &amp; growl<td>{segments}<td style="--p:{mean:.0f}">{mean:.0f}' in classes
    assert "class 2<td>0<td>–" in classes
    assert confusions.count("<details>") == 1 and confusions.count("<table") == 2
    assert f"seed 1: {100 * cells[1]['test_accuracy']:.1f} % right" in confusions
    assert not {"Per-class accuracy", "Confusion"} & sections([matching_record("avdln", 0, 0.5, 0.5)]).keys()


def test_page_size_of_the_whole_grid(rng):
    """123 cells of 29 classes, with far more confusion than trained models have."""
    html = sections([predicted(rng)] * 123)["Confusion"]
    assert html.count("<table") == 123 and len(html) < 4e6
