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
# A finder that refuses JAX stands in for a machine without it.
WITHOUT_JAX = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "jax": raise ModuleNotFoundError("No module named 'jax'", name="jax")
sys.meta_path.insert(0, Refuse())
"""


@pytest.mark.parametrize(
    ("code", "backend", "found"),
    [("from zoo.cli import main", "jax", "'jax'"), ("import benchmarks.__main__", "theano", "'theano'")],
)
def test_a_backend_that_is_not_there_is_told_in_one_line(code, backend, found):
    env = {**os.environ, "KERAS_BACKEND": backend}
    command = [sys.executable, "-c", WITHOUT_JAX + code]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: Keras cannot start its backend, which is not installed (key 'KERAS_BACKEND')")
    assert f"found {found}" in done.stderr and 'pip install "ave-keras[' in done.stderr


def test_require():
    assert installed("numpy") and not installed("no_such_package")
    with pytest.raises(AVEError, match=r'needs no_such_package.*pip install "ave-keras\[extra\]"'):
        require("no_such_package", "extra")
