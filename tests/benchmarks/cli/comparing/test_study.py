"""`python -m benchmarks study` and `study-test`, with trainings in worker processes."""

import json
import shutil

import keras
import pytest
import yaml

from benchmarks.__main__ import app
from benchmarks.results.files import read_csv
from benchmarks.results.store import Store
from zoo.cli.terminal import run

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="processes and files do not depend on the backend"
)
STUDY = {
    "title": "Does it help?",
    "base": "a",
    "recipe": {"epochs": 2, "batch_size": 8},
    "seeds": 3,
    "factors": {"width": {"title": "Width", "levels": {"narrow": {"model": {"lstm_units": 3}}}}},
    "notes": ["The data are synthetic."],
}


def benchmarks(*args):
    """The exit code of a command."""
    with pytest.raises(SystemExit) as stop:
        run(app, list(map(str, args)))
    return stop.value.code


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(STUDY))
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory, folder):
    """A results folder with all trainings of the study."""
    base = tmp_path_factory.mktemp("study")
    (base / "own.yaml").write_text(yaml.safe_dump(STUDY))
    common = ["--data", folder, "--results", base / "r", "--backend", "torch", "--workers", 1]
    assert benchmarks("study", base / "own.yaml", *common) == 0
    return base / "r"


@pytest.fixture
def results(tmp_path, finished):
    """A copy of it, with nothing of the test split."""
    return shutil.copytree(finished, tmp_path / "r")


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_study_from_start_to_end(tmp_path, file, folder, results, capsys):
    common = [file, "--data", folder, "--backend", "torch", "--results"]
    assert benchmarks("study-test", *common, tmp_path / "empty") == 2
    assert "the study is not finished" in capsys.readouterr().err

    common.append(results)
    before = contents(results / "studies")
    assert benchmarks("study", *common, "--publish", tmp_path / "p.csv") == 0
    assert contents(results / "studies") == before
    printed = capsys.readouterr().out
    assert "Tried: 1 change on 1 data set, 6 trainings; 1 comparison" in printed
    assert "They do not use the test split" in printed and "The data are synthetic." in printed
    store = Store(results / "studies")
    assert all("val" in record and "test" not in record for record in store.records().values())
    rows = read_csv(tmp_path / "p.csv")
    assert [(row["arm"], row["seeds"], row["split"]) for row in rows] == [
        ("base", "3", "val"),
        ("width: narrow", "3", "val"),
    ]
    # The table can be made again from the records, with the same arithmetic by hand.
    by_arm = {}
    for record in store.records().values():
        by_arm.setdefault(record["entry"]["model"].get("lstm_units"), []).append(record["val_accuracy"])
    means = [100 * sum(by_arm[units]) / 3 for units in (128, 3)]
    assert float(rows[1]["difference"]) == pytest.approx(means[1] - means[0])

    assert benchmarks("study-test", *common, "--publish", tmp_path / "p.csv") == 0
    assert "the test split was scored once" in capsys.readouterr().out
    assert [row["split"] for row in read_csv(tmp_path / "p.csv")] == ["val", "val", "test", "test"]
    assert benchmarks("study-test", *common) == 2
    error = capsys.readouterr().err
    assert "has been scored for this study already" in error and "--force" in error
    assert benchmarks("study-test", *common, "--force") == 0
    assert "the test split was scored 2 TIMES" in capsys.readouterr().out


def test_kept_weights_give_the_scores_of_an_ordinary_cell(tmp_path, file, folder, results, cell):
    """The test scores of a study equal those of a cell that scores the test split itself."""
    from benchmarks.execution.cell import run_cell

    common = [file, "--data", folder, "--results", results, "--backend", "torch", "--seeds", "0,"]
    assert benchmarks("study-test", *common) == 0
    (ledger,) = (results / "studies" / "test").glob("*.json")
    scores = json.loads(ledger.read_text())["scores"]
    whole = run_cell(cell("a", epochs=2), folder, Store(tmp_path / "grid"))
    assert whole["test"] in [score["test"] for score in scores.values()]


def test_an_entry_that_was_changed_counts_twice(file, folder, results):
    common = [file, "--data", folder, "--results", results, "--backend", "torch"]
    report = results / "studies" / "reports" / "own" / "report.md"
    assert "holds 2 configurations" in report.read_text()
    path = next((results / "studies" / "cells").glob("*.json"))
    record = json.loads(path.read_text())
    record["entry"]["recipe"]["learning_rate"] /= 2
    path.with_name("0.json").write_text(json.dumps(record))
    assert benchmarks("study", *common) == 0
    assert "holds 3 configurations" in report.read_text()


def test_dry_run_lists_every_data_set(tmp_path, file, folder, capsys):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    args = [file, "--data", folder, "--data", other, "--results", tmp_path, "--backend", "torch", "--dry-run"]
    assert benchmarks("study", *args) == 2
    assert "two data sets have the same name" in capsys.readouterr().err
    marker = other / "dataset.yaml"
    marker.write_text(yaml.safe_dump({**yaml.safe_load(marker.read_text()), "title": "another"}))
    assert benchmarks("study", *args) == 0
    printed = capsys.readouterr().err.splitlines()
    for path in (folder, other):
        assert f"{path}, base: a, 0 of 3 finished" in printed
        assert f"{path}, width: narrow: a, 0 of 3 finished" in printed


def test_two_seeds_have_no_interval(file, folder, results, capsys):
    common = ["--data", folder, "--results", results, "--backend", "torch", "--seeds", 2]
    assert benchmarks("study", file, *common) == 0
    printed = capsys.readouterr().out
    assert "Fewer than 3 seeds: differences have no interval and no p" in printed
    assert "…" not in printed.split("Tried")[0], printed


def test_a_level_that_does_not_build(tmp_path, file, folder, capsys):
    levels = {"narrow": {"model": {"lstm_units": 0}}}
    file.write_text(yaml.safe_dump({**STUDY, "factors": {"width": {"title": "x", "levels": levels}}}))
    assert benchmarks("study", file, "--data", folder, "--results", tmp_path, "--backend", "torch") == 2
    error = capsys.readouterr().err
    assert "does not build" in error and "key 'width: narrow'" in error
    assert not Store(tmp_path / "studies").records()


def test_mistakes_end_with_one_line(tmp_path, file, folder, capsys):
    common = ["--results", tmp_path, "--backend", "torch"]
    for args, message in (
        (["nothing"], "unknown study"),
        ([file], "this study has no data set"),
        ([file, "--data", tmp_path / "none"], "none"),
        ([file, "--data", folder, "--factors", "widht"], "Nearest: width"),
        ([file, "--data", folder, "--seeds", "many"], "a count of 1 to 10000"),
        ([file, "--data", folder, "--publish", tmp_path / "no" / "p.csv"], "cannot write there"),
    ):
        assert benchmarks("study", *args, *common) == 2
        error = capsys.readouterr().err
        assert message in " ".join(error.split()) and "Traceback" not in error


def test_missing_weights(file, folder, results, capsys):
    common = [file, "--data", folder, "--results", results, "--backend", "torch"]
    next((results / "studies" / "weights").iterdir()).write_bytes(b"no")
    assert benchmarks("study-test", *common) == 2
    assert "cannot read the weights of a cell" in capsys.readouterr().err
    assert not (results / "studies" / "test").exists()
