"""A model saved on this backend gives the same output on the others.

Every entry goes from PyTorch, which traces nothing, to TensorFlow; from TensorFlow to the others goes one of each kind;
the other ways are gone by a localizer with attention and by SSN.
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

RELOAD = """
import sys, numpy as np, keras, ave_keras
from pathlib import Path
folder = Path(sys.argv[1])
assert "zoo" not in sys.modules
for file in sorted(folder.glob("*.keras")):
    with np.load(folder / f"{file.stem}.npz") as x:
        model = keras.models.load_model(file, compile=False)
        found = (model.predict_on_batch if keras.backend.backend() == "jax" else model)(dict(x))
    found = found if isinstance(found, dict) else {"segments": found}
    found = {key: keras.ops.convert_to_numpy(value) for key, value in found.items()}
    np.savez(folder / f"{file.stem}.answer.npz", **found)
"""


EVERYWHERE = ("av_att", "ssn")
NAMES = {"tensorflow": small.KINDS, "jax": EVERYWHERE, "torch": zoo.list()}
OTHERS = [b for b in ("tensorflow", "jax", "torch") if b != keras.backend.backend() and importlib.util.find_spec(b)]


@pytest.mark.skipif(not OTHERS, reason="no other backend is installed")
def test_same_output(tmp_path):
    answers = {}
    for name in NAMES[keras.backend.backend()]:
        model, (x, _) = small.load(name), small.batch(name)
        answers[name] = small.call(model, x)
        for backend in OTHERS:
            if name in EVERYWHERE or "tensorflow" in (keras.backend.backend(), backend):
                (tmp_path / backend).mkdir(exist_ok=True)
                model.save(tmp_path / backend / f"{name}.keras")
                np.savez(tmp_path / backend / f"{name}.npz", **x)
    for backend in OTHERS:
        env = {**os.environ, "KERAS_BACKEND": backend}
        command = [sys.executable, "-c", RELOAD, tmp_path / backend]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        reloaded = {file.stem for file in (tmp_path / backend).glob("*.keras")}
        assert reloaded >= set(EVERYWHERE)
        for name in reloaded:
            answer = answers[name] if isinstance(answers[name], dict) else {"segments": answers[name]}
            with np.load(tmp_path / backend / f"{name}.answer.npz") as found:
                for key, value in answer.items():
                    np.testing.assert_allclose(found[key], value, atol=1e-5, err_msg=f"{name} on {backend}, {key}")
