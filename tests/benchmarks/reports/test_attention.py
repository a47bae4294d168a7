"""Attention scores in all report formats, together with records that have none."""

import csv
import io

import pytest

from benchmarks.grid.tables import tables
from benchmarks.reports.comma_separated import comma_separated
from benchmarks.reports.html import page
from benchmarks.reports.latex import latex
from benchmarks.reports.markdown import markdown
from benchmarks.reports.terminal import terminal
from benchmarks.results import summary
from tests.benchmarks.reports.test_content import GROUP, record

CHANCE = "chance: looking everywhere alike"


def attention_record(name, seed, accuracy, pointing):
    figures = {"pointing_game": pointing, "attention_mass": pointing / 2}
    chance = {CHANCE: dict.fromkeys(figures, 0.25)}
    return {**record(name, seed, accuracy), "metrics": {"accuracy": accuracy, **figures}, "trivial": chance}


@pytest.fixture
def records():
    old = record("w_av_att", 0, 0.4)
    return [record("a", 0, 0.5), *(attention_record("av_att", seed, 0.75, 0.8 + seed / 10) for seed in range(2)), old]


def test_markdown(records):
    text = markdown(tables()["1"], GROUP, records)
    assert "| av_att | A+V-att | 72.7 | 75.0 ± 0.0 (2) | +2.3 |" in text
    assert "| w_av_att | W-A+V-att | 66.7 | 40.0 ± – (1) | -26.7 |" in text
    assert "|  | always background | – | 25.0 | – |" in text
    detail = text[text.index("Where attention looks") :]
    assert "| av_att | A+V-att | 85.0 ± 7.1 (2) | 42.5 ± 3.5 (2) |" in detail
    assert f"|  | {CHANCE} | 25.0 | 25.0 |" in detail
    assert "| a | A |" not in detail and "| w_av_att |" not in detail and "always background" not in detail


def test_other_formats(records):
    found = list(csv.DictReader(io.StringIO(comma_separated(tables()["1"], GROUP, records))))
    by_key = {(line["entry"] or line["model"], line["metric"]): float(line["mean"]) for line in found if line["mean"]}
    assert by_key["av_att", "pointing_game"] == pytest.approx(85) and by_key[CHANCE, "attention_mass"] == 25
    assert by_key["a", "accuracy"] == 50 and ("a", "pointing_game") not in by_key
    text = latex(tables()["1"], GROUP, records)
    assert text.count(r"\begin{table}") == 2 and r"A+V-att & 85.0 $\pm$ 7.1 (2)" in text
    assert len(terminal(tables()["1"], GROUP, records)) == 2
    assert CHANCE in page([tables()["1"]], GROUP, records)


def test_matrix():
    records = [attention_record("dmrn_late", 0, 0.7, 0.8)]
    assert len(terminal(tables()["2"], GROUP, records)) == 3
    assert latex(tables()["2"], GROUP, records).count(r"\begin{table}") == 2
    assert "| dmrn_late | DMRN, late | 80.0 ± – (1) |" in markdown(tables()["2"], GROUP, records)


def test_records_without_attention_scores(records):
    for form in (markdown, comma_separated, latex):
        assert "attention" not in form(tables()["1"], GROUP, [records[0], records[-1]]).lower()
    assert summary.trivial(records, "accuracy") == {"always background": 25.0, "true video class": 75.0}
    assert summary.trivial(records, "pointing_game") == {CHANCE: 25.0}
