"""What starts fast starts without a backend; checked by imported modules, in fresh processes."""

import os
import subprocess
import sys

import keras
import pytest

from benchmarks import ROOT
from tests import small

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="starts processes; no backend takes part")
# At its end, the process prints which of these modules it has imported, as the last line of stdout.
REPORT = """
import atexit, contextlib, sys
heavy = ("keras", "tensorflow", "jax", "torch")
atexit.register(lambda: print("imported:", *(name for name in heavy if name in sys.modules)))
"""
RUN = """
from zoo.cli.terminal import run
from {module} import app
for words in {commands}:
    try:
        run(app, words)
    except SystemExit as stop:
        assert not stop.code, words
"""
COMMANDS = {
    "zoo.cli.app": [
        *(
            "list",
            "card",
            "demo",
            "train",
            "calibrate",
            "evaluate",
            "extract",
            "localize",
            "match",
            "publish",
            "export",
            "import",
            "export-torch",
        ),
        *("data", "data info", "data pack", "data synth", "data import", "data convert"),
    ],
    "benchmarks.__main__": [
        "run",
        "status",
        "report",
        "compare",
        "equivalence",
        "study",
        "study-test",
        "speed",
        "encoders",
        "kills",
        "unknown",
    ],
}


def python(code, **env):
    env = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"} | env
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def call(module, *commands):
    """stdout and stderr of commands in a process that imports no backend."""
    done = python(REPORT + RUN.format(module=module, commands=[list(map(str, words)) for words in commands]))
    assert done.returncode == 0, done.stderr
    *printed, imported = done.stdout.splitlines()
    assert imported == "imported:"
    return "\n".join(printed), done.stderr


@pytest.mark.parametrize("module", COMMANDS)
def test_help(module):
    printed, errors = call(module, ["--help"], *([*words.split(), "--help"] for words in COMMANDS[module]))
    assert printed.count("Usage:") == 1 + len(COMMANDS[module]) and errors == ""


def name_of(command):
    return command.callback.__name__.replace("_", "-")


def test_every_command_is_here():
    from benchmarks.__main__ import app as benchmarks
    from zoo.cli.app import COMMANDS as ave_keras

    assert {words.split()[0] for words in COMMANDS["zoo.cli.app"]} == {*ave_keras, "data"}
    assert COMMANDS["benchmarks.__main__"] == [name_of(command) for command in benchmarks.registered_commands]


def test_zoo_commands(tmp_path):
    from ave_keras.data.synthetic import SyntheticAVE

    SyntheticAVE(12, classes=2, segments=4, audio_dim=3, visual_shape=(2, 2, 4)).write(tmp_path / "data")
    printed, errors = call("zoo.cli.app", ["list"], ["card", "av_att"], ["data", "info", tmp_path / "data"])
    assert "dmrn_late" in printed and "synthetic 00" in printed and errors == ""


def test_benchmark_commands(tmp_path):
    from ave_keras.data.synthetic import SyntheticAVE
    from benchmarks.results.store import Store
    from tests.benchmarks.reports.test_content import record

    SyntheticAVE(12, classes=2, segments=4, audio_dim=3, visual_shape=(2, 2, 4)).write(tmp_path / "data")
    Store(tmp_path / "results").write("k", record("a", 0, 0.5))
    results = ["--results", tmp_path / "results"]
    printed, errors = call(
        "benchmarks.__main__", ["report", *results], ["status", "--data", tmp_path / "data", *results]
    )
    assert "report.html" in printed and "10 missing" in errors


@pytest.mark.parametrize(
    "code", ["import ave_keras", "import zoo; zoo.card('a')", "from ave_keras.data import AVE; AVE.synthetic(12)"]
)
def test_packages(code):
    done = python(f"{REPORT}\n{code}")
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "imported:", "")


@pytest.mark.parametrize(
    "imports",
    ["import ave_keras, keras", "import keras, ave_keras", "import ave_keras.layers, keras"],
)
def test_a_saved_model_is_read_whoever_is_imported_first(imports, tmp_path):
    small.load("dcca").save(tmp_path / "model.keras")
    code = f"{imports}\nmodel = keras.models.load_model({str(tmp_path / 'model.keras')!r})\nprint(model.loss)"
    done = python(code, KERAS_BACKEND="numpy")  # The quickest to import.
    assert done.returncode == 0, done.stderr
    assert "CCALoss" in done.stdout
