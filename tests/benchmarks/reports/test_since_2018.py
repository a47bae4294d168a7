"""The page on the networks after 2018 shows the published measurements."""

import csv
from pathlib import Path

from benchmarks.reports import since_2018
from zoo.card import difference

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_up_to_date():
    fix = "run: python -m benchmarks.reports.since_2018 docs/since-2018.md"
    assert (DOCS / "since-2018.md").read_text(encoding="utf-8") == since_2018.page(DOCS), fix


def test_verdict_is_corrected_for_the_number_of_comparisons():
    against = {
        "psp": {"difference": "-1.5", "p": "0.01"},
        "cmran": {"difference": "2.0", "p": "0.001"},
        "cmbs": {"difference": "-0.5", "p": "0.04"},
    }
    text = since_2018._verdict(against)
    # The file has the model of 2018 minus the other, and 0.04 is above 0.05 / 3.
    assert " ".join(text.split()).endswith("3 comparisons: better: `psp`; worse: `cmran`; no different: `cmbs`.")


def test_intervals_are_those_of_the_later_model():
    row = {"difference": "-1.25", "low": "-2.5", "high": "0.75"}
    assert difference(row) == "+1.2 (-0.8 … +2.5)"


def test_a_table_for_each_setting():
    keys = ("entry", "device", "cores", "backend", "policy", "batch_size")
    keys += ("gflop", "step_ms", "ratio", "train_per_s", "predict_per_s")
    rows = [dict(zip(keys, ("psp", "CPU", 2, backend, "float32", 64, 1, 2, 3, 4, 5), strict=True)) for backend in "ab"]
    text = "\n".join(since_2018._speed(rows))
    assert "### CPU, 2 cores, a, float32, batch 64" in text and "### CPU, 2 cores, b, float32, batch 64" in text
    assert text.count("| `psp` | 1 | 2 | 3 | 4 | 5 |") == 2


def test_stored_measurements_are_of_known_entries():
    import zoo

    with (DOCS / "speed.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert zoo.entry(row["entry"]).name == row["entry"]
