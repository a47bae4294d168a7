"""Devices as seen without a GPU; set CUDA_VISIBLE_DEVICES to run the tests with one."""

import os
import re
import sys
from types import SimpleNamespace

import keras
import pytest

from benchmarks.execution import devices


@pytest.mark.skipif(bool(os.environ.get("CUDA_VISIBLE_DEVICES")), reason="there may be a GPU")
def test_cpu():
    assert devices.device() == "CPU" and devices.tf32() is False


def test_hide_gpu_from_tensorflow_beside_another_backend(monkeypatch):
    calls = []
    tensorflow = SimpleNamespace(config=SimpleNamespace(set_visible_devices=lambda *args: calls.append(args)))
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    for backend in ("jax", "torch", "tensorflow"):
        monkeypatch.setattr(keras.backend, "backend", lambda backend=backend: backend)
        devices.hide_gpu_from_tensorflow()
    assert calls == [([], "GPU")] * 2


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tests TensorFlow")
def test_name_and_tf32_of_a_gpu(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: {"device_name": "Card"})
    assert devices.device() == "Card"
    tf.config.experimental.enable_tensor_float_32_execution(False)
    assert devices.tf32() is False
    tf.config.experimental.enable_tensor_float_32_execution(True)
    assert devices.tf32() is True


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="tests JAX")
@pytest.mark.parametrize(
    ("device", "users", "expected"), [("Card", None, "ours"), ("Card", "theirs", "theirs"), ("CPU", None, None)]
)
def test_compilation_cache_on_gpus(monkeypatch, device, users, expected):
    import jax

    before = jax.config.jax_compilation_cache_dir
    monkeypatch.setattr(devices, "device", lambda: device)
    try:
        jax.config.update("jax_compilation_cache_dir", users)
        devices.keep_compiled("ours")
        assert jax.config.jax_compilation_cache_dir == expected
    finally:
        jax.config.update("jax_compilation_cache_dir", before)


@pytest.mark.parametrize(("chosen", "message"), [(1.0, ""), (2.5, "1.2 times as fast.*slow path")])
def test_warning_for_an_lstm_without_cudnn(monkeypatch, chosen, message):
    """The LSTM takes `chosen` seconds as Keras runs it, and 3 without cuDNN."""
    model = keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2, return_sequences=True)])
    lstm = keras.layers.LSTM(2, return_sequences=True)
    lstm.build((None, 4, 3))
    # With cuDNN, a bidirectional layer never calls its two LSTMs, so they have no inputs.
    never_called = SimpleNamespace(_flatten_layers=lambda include_self: [lstm])
    monkeypatch.setattr(devices, "device", lambda: "CPU")
    assert devices.slow_lstm(model) == ""
    monkeypatch.setattr(devices, "device", lambda: "Card")
    monkeypatch.setattr(devices, "_seconds", lambda layer, x: 3.0 if layer.use_cudnn is False else chosen)
    for each in (model, never_called):
        assert bool(message) == bool(devices.slow_lstm(each))
        assert re.search(message, devices.slow_lstm(each))
    assert devices.slow_lstm(keras.Sequential([keras.Input((4, 3)), keras.layers.Dense(2)])) == ""


def test_make_deterministic(monkeypatch):
    backend, calls = keras.backend.backend(), []
    monkeypatch.setenv("XLA_FLAGS", "--other")
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    if backend == "tensorflow":
        import tensorflow as tf

        monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: calls.append(True))
    elif backend == "torch":
        import torch

        monkeypatch.setattr(torch, "use_deterministic_algorithms", calls.append)
    devices.make_deterministic()
    if backend == "jax":
        assert os.environ["XLA_FLAGS"] == "--other --xla_gpu_deterministic_ops=true"
    else:
        assert calls == [True]
