"""`python -m benchmarks`, with cells in worker processes."""

import io
import json
from pathlib import Path

import keras
import pytest

from benchmarks.execution.local_executor import LocalExecutor
from benchmarks.results.files import read_csv
from benchmarks.results.store import Store

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.skipif(
    BACKEND != "torch",
    reason="processes and files do not depend on the backend; test_cell runs cells on each",
)


class RecordingExecutor(LocalExecutor):
    """Appends its workers to the list `workers`."""

    def _start(self, number, cell, data, store, events):
        worker = super()._start(number, cell, data, store, events)
        workers.append(worker)
        return worker


workers = []


def test_a_dead_worker_fails_only_its_cell(tmp_path, folder, cell):
    workers.clear()
    cells = [cell("a", seed) for seed in range(3)]
    outcome = {}
    for event in RecordingExecutor(1, 1).run(cells, folder, Store(tmp_path).folder):
        if event.kind == "epoch" and len(workers) == 1:
            workers[0].process.kill()
        if event.kind in ("done", "failed"):
            outcome[event.cell.seed] = event
    assert {seed: event.kind for seed, event in outcome.items()} == {0: "failed", 1: "done", 2: "done"}
    assert "the worker process ended with exit code -9" in outcome[0].error
    assert len(workers) == 2


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_each_worker_gets_one_gpu(monkeypatch, tmp_path, folder, cell):
    """The GPU numbers are invented; PyTorch runs on the CPU."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    workers.clear()
    environments = {}
    cells = [cell("a", seed, epochs=1) for seed in range(3)]
    for event in RecordingExecutor(2, 1).run(cells, folder, Store(tmp_path).folder):
        if event.kind == "start":
            environments |= {w.number: Path(f"/proc/{w.process.pid}/environ").read_bytes() for w in workers}
        assert event.kind != "failed"
    for number, gpu in ((0, b"5"), (1, b"7")):
        assert b"CUDA_VISIBLE_DEVICES=" + gpu in environments[number].split(b"\0")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--tables", "7"], "unknown table (key '--tables')"),
        (["--entries", "av_at"], "Nearest: av_att"),
        (["--seeds", "many"], "a count of 1 to 10000"),
        (["--profile", "long"], "expected one of ['quick', 'paper'], found 'long'"),
        (["--protocol", "ours"], "expected one of ('paper', 'official'), found 'ours'"),
        (["--backend", "theano"], "expected one of ('tensorflow', 'jax', 'torch')"),
        (["--epochs", "0"], "key 'epochs'"),
        (["--data", "no/such/folder"], "no/such/folder"),
    ],
)
def test_invalid_options_end_with_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys, args, message):
    from benchmarks.__main__ import app
    from zoo.cli.terminal import run

    with pytest.raises(SystemExit) as stop:
        run(app, ["run", *args, "--results", str(tmp_path)])
    printed = capsys.readouterr().err
    assert stop.value.code == 2
    assert message in printed and "Traceback" not in printed


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs the command line in this process; cells still run in workers."""
    from benchmarks.__main__ import app
    from zoo.cli.terminal import run

    def command(*args):
        with pytest.raises(SystemExit) as stop:
            run(app, [str(arg) for arg in args])
        printed = capsys.readouterr()
        return stop.value.code or 0, printed.out, " ".join(printed.err.split())

    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("KERAS_BACKEND", BACKEND)
    return command


def test_status_and_report(command, tmp_path, folder):
    options = ["--data", folder, "--entries", "a", "--epochs", 1, "--batch-size", 8, "--results", tmp_path]
    assert "1 missing" in command("status", *options)[2]
    assert command("report", "--results", tmp_path)[0] == 2
    status, _, err = command("run", *options, "--seeds", 2, "--workers", 1)
    assert status == 0, err
    assert "1 done" in command("status", *options)[2]
    assert "2 finished already, 0 to run" in command("run", *options, "--seeds", 2)[2]
    (report,) = (tmp_path / "reports").iterdir()
    assert {f.name for f in report.iterdir()} == {"report.md", "report.csv", "report.tex", "report.html"}
    before = (report / "report.md").read_text()
    published = tmp_path / "published.csv"
    assert command("report", "--tables", "1", "--results", tmp_path, "--publish", published)[0] == 0
    assert (report / "report.md").read_text() == before
    assert published.read_text().count("\na,") == 1
    for wrong, message in (
        (["--readme", report / "report.md"], "fills pages from the figures of --publish"),
        (["--publish", published, "--readme", tmp_path / "no.md"], "no such page"),
        (["--publish", tmp_path / "published.txt"], "a file name with .csv"),
    ):
        status, _, err = command("report", "--results", tmp_path, *wrong)
        assert status == 2 and message in err
    compared = tmp_path / "compared.csv"
    for _ in range(2):
        status, out, _ = command("compare", "a", "a", "--results", tmp_path, "--publish", compared)
        assert status == 0 and "+0.00" in out
    status, _, err = command("compare", "a", "a", "--results", tmp_path, "--publish", tmp_path / "no" / "c.csv")
    assert status == 2 and "cannot write there" in err and "--publish" in err
    (line,) = read_csv(compared)
    assert (line["first"], line["second"], line["difference"], line["seeds"]) == ("a", "a", "0.0", "2")


def test_a_bad_row_stops_the_run_before_any_cell(command, tmp_path, folder):
    import shutil

    import h5py

    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    with h5py.File(broken / "audio_feature.h5", "r+") as file:
        file["avadataset"][5, 0, 0] = float("nan")
    options = ["run", "--data", broken, "--entries", "a", "--epochs", 1, "--batch-size", 8, "--results", tmp_path / "r"]
    status, _, err = command(*options)
    assert status == 2 and "audio_feature.h5" in err and "row 5" in err and "Traceback" not in err
    assert not list((tmp_path / "r" / "cells").iterdir())
    with pytest.warns(UserWarning, match=r"row 5 of audio_feature.h5"):
        status, out, err = command(*options, "--skip-bad")
    assert status == 0, err
    (record,) = Store(tmp_path / "r").records().values()
    assert record["cell"]["data"]["bad_rows"] == [5]
    assert "rows [5]" in out


def test_failures_are_stored(tmp_path, cell):
    from benchmarks.execution.driver import run_cells

    class Failing:
        def run(self, cells, data, store):
            from benchmarks.execution.local_executor import Event

            for c in cells:
                yield Event("failed", c, error="Traceback\nAVEError: no")

    from rich.console import Console

    store = Store(tmp_path)
    failing = cell()
    assert run_cells([failing], tmp_path, store, Failing(), Console(file=io.StringIO())) == 1
    assert store.failure(failing.key).endswith("AVEError: no")
    assert json.loads((tmp_path / "failures" / f"{failing.key}.json").read_text())["cell"]["entry"] == "a"
