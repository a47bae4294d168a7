"""What can be seen without a GPU."""

import sys
from types import SimpleNamespace

import keras
import pytest

from benchmarks import devices


def test_a_processor():
    assert devices.device() == "CPU" and devices.tf32() is False


def test_tensorflow_beside_another_backend_sees_no_gpu(monkeypatch):
    calls = []
    twin = SimpleNamespace(config=SimpleNamespace(set_visible_devices=lambda *args: calls.append(args)))
    monkeypatch.setitem(sys.modules, "tensorflow", twin)
    for backend in ("jax", "torch", "tensorflow"):
        monkeypatch.setattr(keras.backend, "backend", lambda backend=backend: backend)
        devices.hide_gpu_from_tensorflow()
    assert calls == [([], "GPU")] * 2


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's")
def test_a_gpu_has_its_name_and_its_arithmetic(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: {"device_name": "Card"})
    assert devices.device() == "Card"
    tf.config.experimental.enable_tensor_float_32_execution(False)
    assert devices.tf32() is False
    tf.config.experimental.enable_tensor_float_32_execution(True)
    assert devices.tf32() is True
