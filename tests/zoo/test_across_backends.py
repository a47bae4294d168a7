"""A model saved on this backend gives the same output on the others.

Every entry goes from TensorFlow to JAX and PyTorch; from these two, one entry of each kind goes to the others.
"""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import zoo
from tests import small

KINDS = ("a", "av_att", "w_av_att", "dmrn_early", "gmb_decision", "ed_tcn", "ssn", "avdln", "dcca")
RELOAD = """
import sys, numpy as np, keras, ave_keras
from pathlib import Path
folder = Path(sys.argv[1])
assert "zoo" not in sys.modules
for file in sorted(folder.glob("*.keras")):
    with np.load(folder / f"{file.stem}.npz") as x:
        found = keras.models.load_model(file)(dict(x))
    found = keras.tree.map_structure(keras.ops.convert_to_numpy, found)
    found = found if isinstance(found, dict) else {"segments": found}
    np.savez(folder / f"{file.stem}.{keras.backend.backend()}.npz", **found)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    answers = {}
    names = zoo.list() if keras.backend.backend() == "tensorflow" else KINDS
    for name in names:
        model, (x, _) = small.load(name), small.batch(name)
        model.save(folder / f"{name}.keras")
        np.savez(folder / f"{name}.npz", **x)
        found = small.call(model, x)
        answers[name] = found if isinstance(found, dict) else {"segments": found}
    return folder, answers


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_same_output(saved, backend):
    if backend == keras.backend.backend() or importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not another backend here")
    folder, answers = saved
    env = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run([sys.executable, "-c", RELOAD, folder], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for name, answer in answers.items():
        with np.load(folder / f"{name}.{backend}.npz") as found:
            for key, value in answer.items():
                np.testing.assert_allclose(found[key], value, atol=1e-5, err_msg=f"{name} {key}")
