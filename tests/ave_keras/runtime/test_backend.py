import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from ave_keras import AVEError
from ave_keras.runtime.packages import installed, require

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="starts its own processes")
# Hides a package from Python, as on a machine without it.
WITHOUT = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *args: None if name.split(".")[0] == "{}" else find(name, *args)
"""


def python(code, env):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("app", "words", "backend"),
    [
        ("zoo.cli.app", ["export", "a", "--format", "onnx"], "jax"),
        ("benchmarks.__main__", ["speed", "--entries", "a", "--videos", "0"], "theano"),
    ],
)
def test_a_missing_backend_is_reported_in_one_line(app, words, backend):
    """Only by commands that need a backend; others do not import Keras."""
    env = {**os.environ, "KERAS_BACKEND": backend}
    code = f"import sys\nsys.argv[1:] = {words}\nfrom zoo.cli.terminal import run\nfrom {app} import app\nrun(app)"
    done = python(WITHOUT.format("jax") + code, env)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: the backend of Keras is not available (key 'KERAS_BACKEND')")
    assert f"found {backend!r}" in done.stderr and 'pip install "ave-keras[' in done.stderr


def test_a_missing_backend_is_an_import_error():
    code = "import ave_keras\ntry:\n  import keras\nexcept ImportError as error:\n  print(type(error).__name__)"
    done = python(WITHOUT.format("jax") + code, {**os.environ, "KERAS_BACKEND": "jax"})
    assert (done.stdout.strip(), done.stderr) == ("MissingBackend", "")


@pytest.mark.parametrize(
    ("configured", "chosen"),
    [(None, "jax"), ('{"backend": "tensorflow"}', "jax"), ('{"backend": "torch"}', "torch"), ('{"backend": 5}', "jax")],
)
def test_without_tensorflow_another_backend_is_chosen(tmp_path, configured, chosen):
    """Unless KERAS_BACKEND or Keras' configuration file selects an installed one."""
    if configured:
        (tmp_path / "keras.json").write_text(configured)
    env = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"} | {"KERAS_HOME": str(tmp_path)}
    code = "import ave_keras; from benchmarks.cli.executors import choose_backend; print(choose_backend(None))"
    done = python(WITHOUT.format("tensorflow") + code, env)
    assert (done.stdout.strip(), done.stderr) == (chosen, "")


def test_require():
    assert installed("numpy") and not installed("no_such_package")
    with pytest.raises(AVEError, match=r'needs no_such_package.*pip install "ave-keras\[extra\]"'):
        require("no_such_package", "extra")
