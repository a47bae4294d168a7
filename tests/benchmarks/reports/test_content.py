import csv
import io

import numpy as np
import pytest
import yaml

import zoo
from benchmarks.grid.tables import tables
from benchmarks.reports import content, figures
from benchmarks.reports.comma_separated import comma_separated
from benchmarks.reports.html import page
from benchmarks.reports.latex import latex
from benchmarks.reports.markdown import markdown
from benchmarks.reports.publishing import config_hash
from benchmarks.reports.writing import write_all
from benchmarks.results import summary
from benchmarks.results.store import Store
from zoo.card import RESULTS, results

TRUTH = [[0, 0, 2, 2], [1, 1, 1, 1]]
GROUP = {
    "title": "synthetic AVE & <friends>",
    "sha256": "ab" * 32,
    "bad_rows": [7],
    "protocol": "paper",
    "backend": "tensorflow",
    "profile": "quick",
    "recipe": {"epochs": 2},
}


def record(name, seed, accuracy):
    data = {key: GROUP[key] for key in ("title", "sha256", "bad_rows")}
    common = {key: GROUP[key] for key in ("protocol", "backend", "profile", "recipe")}
    return {
        "cell": {"entry": name, "seed": seed, "data": data, **common},
        "entry": {"name": name, "recipe": {"epochs": 2, "batch_size": 8}},
        "parameters": 1234,
        "history": [{"loss": 2.0, "val_segment_accuracy": 0.5}, {"loss": 1.0, "val_segment_accuracy": 0.6}],
        "best_epoch": 1,
        "val_accuracy": 0.6,
        "test_accuracy": accuracy,
        "test": {"rows": [0, 1], "truth": TRUTH, "predicted": TRUTH},
        "class_names": ["x", "y", "Background"],
        "seconds": 3.0,
        "device": "CPU",
        "threads": 1,
        "versions": {"keras": "3.15.1"},
        "commit": "abc",
        "finished": "2026-01-01T00:00:00+00:00",
    }


@pytest.fixture
def records():
    return [record("a", seed, value) for seed, value in enumerate((0.5, 0.6, 0.7))] + [record("av", 0, 0.75)]


def test_mean_deviation_and_difference(records):
    row = summary.rows(tables()["1"], records)[0]
    assert row.mean == pytest.approx(60) and row.std == pytest.approx(np.std([50, 60, 70], ddof=1))
    assert (summary.measured(row), summary.difference(row)) == ("60.0 ± 10.0 (3)", "+0.5")
    assert summary.measured(summary.rows(tables()["1"], records)[3]) == "75.0 ± – (1)"
    assert summary.measured(summary.rows(tables()["1"], records)[1]) == "–"


def test_trivial_predictions(records):
    expected = {"always background": 25.0, "true video class": 75.0}
    assert summary.trivial(records) == expected


def test_one_report_per_data_set(records):
    other = record("a", 0, 0.9)
    other["cell"]["data"] = {**other["cell"]["data"], "title": "AVE", "sha256": "cd" * 32}
    found = summary.groups([*records, other])
    assert [(group["title"], len(members)) for group, members in found] == [(GROUP["title"], 4), ("AVE", 1)]


def test_markdown(records):
    text = markdown(tables()["1"], GROUP, records)
    assert text.startswith("### Table 1 · ")
    assert "synthetic AVE & <friends> (not the AVE data set), paper protocol, quick profile (epochs 2)" in text
    assert "| a | A | 59.5 | 60.0 ± 10.0 (3) | +0.5 |" in text
    assert "the paper's figures, and so Δ, are of the AVE data set" in text
    assert "1 videos dropped for NaN or Inf: rows [7]" in text


def test_csv(records):
    lines = list(csv.DictReader(io.StringIO(comma_separated(tables()["1"], GROUP, records))))
    assert (lines[0]["entry"], float(lines[0]["mean"]), lines[0]["seeds"]) == ("a", pytest.approx(60), "3")


def test_latex_escapes(records):
    text = latex(tables()["1"], GROUP, records)
    assert r"synthetic AVE \& <friends>" in text
    assert r"A & 59.5 & 60.0 $\pm$ 10.0 (3) & +0.5 & 1,234 \\" in text
    assert text.count("{") == text.count("}")


def test_size_of_an_entry(records):
    cells, _ = next(content.lines(tables()["1"], records))
    assert cells[-1] == "1,234" and content.head(tables()["1"])[-1] == "parameters"


def test_matrix_highlights_the_two_best_of_a_row():
    scores = {"additive_late": 0.4, "gated_late": 0.6, "dmrn_late": 0.7, "mb_early": 0.1}
    found = dict(content.matrix(tables()["2"], [record(name, 0, v) for name, v in scores.items()]))
    assert [text for text, bold in found["Late fusion"] if bold] == ["60.0±–", "70.0±–"]
    assert found["Early fusion"][-1] == ("–", False)


def test_matrix_ends_with_the_mean_over_common_columns():
    table = tables()["2"]
    names = [table.cell(column, "late") for column in table.columns]
    known = [zoo.entry(name).name for name in names[:-1]]  # concat_late is another name of av_att.
    records = [record(name, seed, 0.1 * i + 0.01 * seed) for i, name in enumerate(known) for seed in range(2)]
    assert table.columns[names[-1].removesuffix("_late")] == content.matrix_head(table)[-2]
    assert names[-1] == "dmrfe_late" and table.cell("dmrfe", "early") is None
    mean = np.mean([[10 * i, 10 * i + 1] for i in range(len(known))], axis=0)
    for more in ([], [record("dmrfe_late", seed, 0.9) for seed in range(2)]):
        found = dict(content.matrix(table, records + more))
        assert found["Late fusion"][-1] == (f"{mean.mean():.1f}±{np.std(mean, ddof=1):.1f}", False)
    assert dict(content.matrix(table, records[1:]))["Late fusion"][-1] == ("–", False)


def test_headline(records):
    found = {
        card.label: card for card in content.headline([tables()["3"], tables()["2"], tables()["1"]], GROUP, records)
    }
    assert found["Best of 2 entries"][1:] == ("75.0 %", "A+V: one seed, segment accuracy (%)")
    assert found["The paper, on AVE"][1:] == ("71.4 %", "A+V; ours: +3.6 points")
    assert found["Without a model"][1:] == ("25.0 %", "always background; true video class: 75.0 %")
    assert found["Finished cells"][1:] == ("4", "2 entries, 3 seeds")
    assert found["Data set"][1:] == (GROUP["title"], "not the AVE data set, 2 test videos")
    (best, *_) = content.headline([tables()["1"]], GROUP, records[:3])
    assert best.note == "A: ± 10.0 over 3 seeds, segment accuracy (%)"


def test_bars_have_intervals_over_the_test_videos():
    """The two videos are right in all and in half of their seconds, so that an interval spans 50 to 100 %."""
    half = record("a", 0, 0.75)
    half["test"] = {**half["test"], "predicted": [TRUTH[0], [1, 1, 0, 0]]}
    old = record("av", 0, 0.6)
    del old["test"]["rows"]
    (axes,) = figures.bars(tables()["1"], [half, old]).axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names[:4] == ["A", "V", "V-att", "A+V (1 seed, no interval)"]
    (whiskers,) = (c for c in axes.collections if hasattr(c, "get_segments"))
    assert [segment.tolist() for segment in whiskers.get_segments()] == [[[50, 0], [100, 0]]]
    assert [bar.get_width() for bar in axes.patches][:4] == [75, 0, 0, 60]


def test_curves_of_every_cell(records):
    left, right = figures.curves(records).axes
    assert len(left.lines) == len(records) and right.lines[0].get_xydata().tolist() == [[1, 0.5], [2, 0.6]]


def test_the_page_is_the_same_every_time(records):
    assert page([tables()["1"]], GROUP, records) == page([tables()["1"]], GROUP, records)


def test_page_is_self_contained_and_escaped(records):
    text = page([tables()["1"], tables()["2"]], GROUP, records)
    assert "synthetic AVE &amp; &lt;friends&gt;" in text and "<friends>" not in text
    assert text.count("<svg") == 3
    for outside in ("src=", "<link", "<script ", "@import"):
        assert outside not in text
    assert "default-src 'none'" in text


def test_published_figures_are_not_stale():
    """After a change of an entry, the grid must run again."""
    for name in zoo.list():
        for row in results(name):
            assert row["config"] == config_hash(zoo.entry(name, row["protocol"])), f"{name}: {RESULTS} is stale"


def test_table_files_contain_no_figures():
    from benchmarks.grid.tables import FOLDER

    for file in FOLDER.glob("*.yaml"):
        assert "paper" not in yaml.safe_load(file.read_text())


def test_a_report_is_printed_if_it_cannot_be_written(records, tmp_path):
    """Existing paths block the lock and the folder, since read-only permissions do not stop root."""
    from rich.console import Console

    (tmp_path / "reports.lock").mkdir()
    (tmp_path / "reports").touch()
    console = Console(file=io.StringIO(), width=200)
    assert not write_all(Store(tmp_path, write=False), [tables()["1"]], lambda: records, console)
    printed = console.file.getvalue()
    assert "60.0 ± 10.0 (3)" in printed and "cannot write the report: " in printed
