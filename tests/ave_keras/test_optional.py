import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from ave_keras import AVEError
from ave_keras.optional import installed, require

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="starts processes of its own")
# A finder that is blind for a package stands in for a machine without it.
WITHOUT = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *args: None if name.split(".")[0] == "{}" else find(name, *args)
"""


def python(code, env):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("code", "backend", "found"),
    [("from zoo.cli import main", "jax", "'jax'"), ("import benchmarks.__main__", "theano", "'theano'")],
)
def test_a_backend_that_is_not_there_is_told_in_one_line(code, backend, found):
    env = {**os.environ, "KERAS_BACKEND": backend}
    done = python(WITHOUT.format("jax") + code, env)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: Keras cannot start its backend, which is not installed (key 'KERAS_BACKEND')")
    assert f"found {found}" in done.stderr and 'pip install "ave-keras[' in done.stderr


@pytest.mark.parametrize(
    ("configured", "taken"),
    [(None, "jax"), ('{"backend": "tensorflow"}', "jax"), ('{"backend": "torch"}', "torch"), ('{"backend": 5}', "jax")],
)
def test_without_tensorflow_another_backend_is_taken(tmp_path, configured, taken):
    """Where nothing is said of it, or only by the file that Keras writes by itself."""
    if configured:
        (tmp_path / "keras.json").write_text(configured)
    env = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"} | {"KERAS_HOME": str(tmp_path)}
    code = "import ave_keras; from benchmarks.choice import choose_backend; print(choose_backend(None))"
    done = python(WITHOUT.format("tensorflow") + code, env)
    assert (done.stdout.strip(), done.stderr) == (taken, "")


def test_require():
    assert installed("numpy") and not installed("no_such_package")
    with pytest.raises(AVEError, match=r'needs no_such_package.*pip install "ave-keras\[extra\]"'):
        require("no_such_package", "extra")
