"""What starts fast starts without a backend; each in a process of its own."""

import os
import subprocess
import sys

import keras
import pytest

from benchmarks import ROOT
from tests import small

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="starts processes; no backend takes part")
# At its end the process names those of these modules that it has imported, on stdout behind all else.
REPORT = """
import atexit, sys
heavy = ("keras", "tensorflow", "jax", "torch")
atexit.register(lambda: print("imported:", *(name for name in heavy if name in sys.modules)))
"""
COMMANDS = [
    ["zoo.cli.app", "--help"],
    ["zoo.cli.app", "list"],
    ["zoo.cli.app", "card", "av_att"],
    ["zoo.cli.app", "data", "info", "FOLDER"],
    *(["zoo.cli.app", *words, "--help"] for words in (["train"], ["evaluate"], ["extract"], ["localize"], ["match"])),
    *(["zoo.cli.app", *words, "--help"] for words in (["export"], ["import"], ["export-torch"], ["data", "synth"])),
    *(["benchmarks.__main__", *words] for words in (["--help"], ["run", "--help"], ["status", "--help"])),
    *(["benchmarks.__main__", *words, "--help"] for words in (["report"], ["compare"], ["speed"], ["kills"])),
    ["benchmarks.__main__", "status", "--data", "FOLDER", "--results", "RESULTS"],
    ["benchmarks.__main__", "report", "--results", "RESULTS"],
]


def python(code):
    env = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_that_need_no_backend_import_none(command, tmp_path):
    from ave_keras.data.synthetic import SyntheticAVE
    from benchmarks.results.store import Store
    from tests.benchmarks.reports.test_content import record

    SyntheticAVE(12, classes=2, segments=4, audio_dim=3, visual_shape=(2, 2, 4)).write(tmp_path / "data")
    Store(tmp_path / "results").write("k", record("a", 0, 0.5))
    module, *words = command
    words = [str({"FOLDER": tmp_path / "data", "RESULTS": tmp_path / "results"}.get(word, word)) for word in words]
    done = python(
        f"{REPORT}\nsys.argv[1:] = {words}\nfrom zoo.cli.terminal import run\nfrom {module} import app\nrun(app)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "imported:"
    # `status` prints for people.
    assert done.stderr == "" or "status" in words


@pytest.mark.parametrize(
    "code", ["import ave_keras", "import zoo", "import zoo; zoo.card('a')", "from ave_keras.data import AVE"]
)
def test_packages_that_need_no_backend_import_none(code):
    done = python(f"{REPORT}\n{code}")
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "imported:", "")


@pytest.mark.parametrize(
    "imports",
    ["import ave_keras, keras", "import keras, ave_keras", "import ave_keras.layers, keras", "import zoo, keras"],
)
def test_a_saved_model_is_read_whoever_is_imported_first(imports, tmp_path):
    small.load("dcca").save(tmp_path / "model.keras")
    code = f"{imports}\nmodel = keras.models.load_model({str(tmp_path / 'model.keras')!r})\nprint(model.loss)"
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert "CCALoss" in done.stdout
