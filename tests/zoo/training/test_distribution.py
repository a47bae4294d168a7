"""Two virtual devices, in a process of their own, against one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from ave_keras.errors import AVEError
from zoo.training.distribution import on_all_devices

BACKEND = keras.backend.backend()
PROGRAM = """
import contextlib, json, sys
import keras, numpy as np
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import zoo
from ave_keras.data import AVE
from zoo.training.distribution import on_all_devices
from zoo.training import fit

# 3 or 4 videos of validation: TensorFlow's first batch must be one that the devices can share.
videos = 41 if keras.backend.backend() == "tensorflow" else 31
ave = AVE.synthetic(videos, classes=2, segments=4, audio_dim=6, visual_shape=(1, 1, 4))
recipe = {"epochs": 2, "batch_size": 8}

def train(context):
    with context as devices:
        keras.utils.set_random_seed(0)
        model = zoo.load("w_a", recipe=recipe, **ave.spec)
        found = fit(zoo.entry("w_a").with_recipe(**recipe), model, ave, verbose=0).history
        return devices, found, np.concatenate([w.ravel() for w in model.get_weights()]).tolist()

print(json.dumps([train(contextlib.nullcontext(1)), train(on_all_devices())]))
"""


@pytest.mark.skipif(BACKEND == "torch", reason="refused, see below")
def test_two_devices_learn_what_one_learns():
    """On JAX also with a validation split that two devices cannot share."""
    env = {**os.environ, "XLA_FLAGS": f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=2"}
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (one, expected, weights), (two, found, others) = json.loads(done.stdout.splitlines()[-1])
    assert (one, two) == (1, 2)
    assert found.keys() == expected.keys()
    for key in expected:
        assert found[key] == pytest.approx(expected[key], abs=1e-4), key
    assert max(abs(a - b) for a, b in zip(weights, others, strict=True)) < 1e-4


@pytest.mark.skipif(BACKEND != "torch", reason="PyTorch's")
def test_pytorch_is_refused():
    with pytest.raises(AVEError, match="KERAS_BACKEND=tensorflow or jax"), on_all_devices():
        pass
