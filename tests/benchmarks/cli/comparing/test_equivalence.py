import pytest
from typer.testing import CliRunner

from ave_keras import AVEError
from benchmarks.__main__ import app
from benchmarks.results.store import Store
from tests.benchmarks.results.test_equivalence import record


@pytest.fixture
def results(tmp_path):
    store = Store(tmp_path / "results")
    values = {"tensorflow": (0.910, 0.912, 0.911), "jax": (0.911, 0.912, 0.913), "torch": (0.80, 0.91, 0.85)}
    for backend, scores in values.items():
        for seed, score in enumerate(scores):
            store.write(f"{backend}{seed}", record("av_att", backend, seed, score))
    return store.folder


def test_table_and_figure(results, tmp_path):
    page = tmp_path / "backends.md"
    call = ["equivalence", "av_att", "--results", str(results), "--publish", str(page)]
    shown = CliRunner().invoke(app, call)
    assert not shown.exit_code, shown.output
    lines = page.read_text().splitlines()
    assert [line.split("|")[-2].strip() for line in lines[4:7]] == ["yes", "not shown", "not shown"]
    assert "1 of 3 pairs are equivalent within ±1 point" in lines[-1] and lines[-1] in shown.output
    written = page.read_bytes(), page.with_suffix(".png").read_bytes()
    CliRunner().invoke(app, call)
    assert written == (page.read_bytes(), page.with_suffix(".png").read_bytes())


def test_no_results(tmp_path):
    found = CliRunner().invoke(app, ["equivalence", "av_att", "--results", str(tmp_path / "none")])
    assert isinstance(found.exception, AVEError) and "results folder not found" in str(found.exception)
