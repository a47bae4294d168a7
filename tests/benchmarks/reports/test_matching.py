"""Table 3: two metrics per record, additional tables, and trivial predictions."""

import csv
import io

import numpy as np
import pytest

from ave_keras import AVEError
from benchmarks.grid.tables import tables
from benchmarks.reports import publishing
from benchmarks.reports.comma_separated import comma_separated
from benchmarks.reports.html import page
from benchmarks.reports.latex import latex
from benchmarks.reports.markdown import markdown
from benchmarks.reports.terminal import terminal
from benchmarks.results import summary
from benchmarks.results.compare import compare
from benchmarks.results.files import read_csv
from tests.benchmarks.reports.test_content import GROUP
from tests.benchmarks.reports.test_content import record as segment_record

TABLE = tables()["3"]
STARTS = [0, 2, 5]


def figures(a2v, v2a):
    both = {"a2v": a2v, "v2a": v2a}
    return both | {f"{d}_{key}": share / 2 for d, share in both.items() for key in ("iou", "start_2", "start_10")}


def record(name, seed, a2v, v2a, answers=((0,), (2,), (1,))):
    whole = segment_record(name, seed, (a2v + v2a) / 2)
    del whole["class_names"]
    return {
        **whole,
        "history": [{"loss": -2.0, "val_exact_match": 0.5}, {"loss": -3.0}],
        "metrics": figures(a2v, v2a),
        "trivial": {"random window": figures(0.2, 0.2), "last window": figures(0.45, 0.45)},
        "test": {
            "rows": [4, 6, 7],
            "starts": STARTS,
            "lengths": [2, 3, 4],
            "a2v": [list(a) for a in answers],
            "v2a": [[0, 1], [2], [5]],
        },
    }


@pytest.fixture
def records():
    return [record("avdln", seed, 0.5 + seed / 10, 0.4) for seed in range(3)] + [segment_record("a", 0, 0.75)]


def test_markdown(records):
    text = markdown(TABLE, GROUP, records)
    assert "| entry | model | A2V paper | A2V ours | A2V Δ | V2A paper | V2A ours | V2A Δ |" in text
    assert "| avdln | AVDLN | 44.8 | 60.0 ± 10.0 (3) | +15.2 | 35.6 | 40.0 ± 0.0 (3) | +4.4 |" in text
    assert "| dcca | DCCA | 34.8 | – | – | 34.1 | – | – |" in text
    assert "|  | last window | – | 45.0 | – | – | 45.0 | – |" in text
    assert "| entry | model | A2V mean IoU | V2A mean IoU |" in text
    assert "| avdln | AVDLN | 30.0 ± 5.0 (3) | 20.0 ± 0.0 (3) | – |" in text
    assert "| entry | model | 2 | 10 |" in text
    assert "a tie of k windows counts 1/k" in text and "always background" not in text


def test_segments_and_matching_have_separate_tables(records):
    text = markdown(tables()["1"], GROUP, records)
    assert "| a | A | 59.5 | 75.0 ± – (1) | +15.5 |" in text and "always background" in text
    assert "last window" not in text and "tie" not in text
    assert summary.trivial(records[-1:], "a2v") == {}


def test_other_formats(records):
    found = list(csv.DictReader(io.StringIO(comma_separated(TABLE, GROUP, records))))
    by_key = {(line["entry"], line["metric"]): line for line in found}
    assert float(by_key["avdln", "a2v"]["mean"]) == pytest.approx(60) and by_key["avdln", "v2a"]["paper"] == "35.6"
    assert float(by_key["avdln", "a2v_start_10"]["mean"]) == pytest.approx(30)
    text = latex(TABLE, GROUP, records)
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 4
    assert r"AVDLN & 44.8 & 60.0 $\pm$ 10.0 (3) & +15.2 & 35.6 &" in text
    assert len(terminal(TABLE, GROUP, records)) == 4
    html = page([TABLE, tables()["1"]], GROUP, records)
    assert html.count("<svg") == 3 and "AVDLN A2V" in html and "last window" in html


def test_correct_and_compare():
    first = record("avdln", 0, 0.5, 0.5)
    np.testing.assert_allclose(summary.correct(first), [[1, 0.5], [1, 1], [0, 1]])
    second = record("dcca", 0, 0.5, 0.5, answers=((1,), (2,), (5,)))
    (found,) = compare({"0": first, "1": second}, "avdln", "dcca")
    assert found.difference == pytest.approx(0)
    # Each run alone is right on one A2V query; both tie on V2A of the first video, which adds 1/2 * 1/2.
    assert found.only_first == found.only_second == 1.25
    with pytest.raises(AVEError, match="different videos"):
        compare({"0": first, "1": segment_record("a", 0, 0.5)}, "avdln", "a")


def test_published_lines(records, tmp_path):
    path = tmp_path / "results.csv"
    publishing.publish(records, path)
    lines = read_csv(path)
    assert [(line["entry"], line["metric"], line["mean"]) for line in lines] == [
        ("avdln", "A2V exact match %", "60.0"),
        ("avdln", "V2A exact match %", "40.0"),
        ("a", "segment accuracy %", "75.0"),
        ("always background", "segment accuracy %", "25.0"),
        ("true video class", "segment accuracy %", "75.0"),
        ("random window", "A2V exact match %", "20.0"),
        ("last window", "A2V exact match %", "45.0"),
        ("random window", "V2A exact match %", "20.0"),
        ("last window", "V2A exact match %", "45.0"),
    ]
    shown = publishing.published(path)
    assert "| `avdln` | AVDLN | sound and picture | 44.8 | 35.6 | 60.0 ± 10.0 (3) | 40.0 ± 0.0 (3) |" in shown
    assert "|  | last window | – | – | – | 45.0 | 45.0 |" in shown
    # Publishing from a results folder without Table 3 keeps the lines of Table 3.
    publishing.publish([segment_record("a", 0, 0.5)], path)
    again = read_csv(path)
    assert len(again) == len(lines)
    assert {line["entry"]: line["mean"] for line in again}["a"] == "50.0"


def test_epochs_chosen_on_the_test_split_are_kept_apart(tmp_path):
    path = tmp_path / "results.csv"
    honest, too_high = segment_record("a", 0, 0.5), segment_record("a", 0, 0.75)
    too_high["entry"] = {**too_high["entry"], "recipe": {**too_high["entry"]["recipe"], "select": "test"}}
    too_high["cell"] = {**too_high["cell"], "recipe": {"select": "test"}}
    publishing.publish([honest, too_high], path)
    lines = [line for line in read_csv(path) if line["entry"] == "a"]
    assert [(line["select"], line["mean"]) for line in lines] == [("val", "50.0"), ("test", "75.0")]
    assert "| 50.0 ± – (1) |" in publishing.published(path) and "75.0 ±" not in publishing.published(path)


def test_runs_with_class_weights_are_not_published(tmp_path):
    plain, weighted = segment_record("a", 0, 0.5), segment_record("a", 0, 0.75)
    weighted["cell"] = {**weighted["cell"], "recipe": {"class_weight": "balanced"}}
    publishing.publish([plain, weighted], tmp_path / "results.csv")
    lines = read_csv(tmp_path / "results.csv")
    assert [line["mean"] for line in lines if line["entry"] == "a"] == ["50.0"]


def test_entries_are_ordered_as_in_the_papers_tables():
    names = ["random window", "ssn", "dmrn_late", "additive_early", "a", "ssn"]
    assert publishing._in_order(names) == ["a", "additive_early", "dmrn_late", "ssn", "random window"]
