import re

import keras
import pytest
from keras import ops

from benchmarks.execution.devices import device
from benchmarks.speed import trace

# XLA may use a library for products: YNNPACK.
PRODUCTS = {"tensorflow": {"MatMul"}, "jax": {"dot", "ynn_fusion"}, "torch": {"mm"}}[keras.backend.backend()]


def test_self_times_exclude_nested_operations():
    events = [("step", 0, 100), ("matmul", 10, 40), ("pack", 15, 20), ("matmul", 40, 60), ("step", 100, 110)]
    assert trace.self_times(events) == {"step": 100 - 30 - 20 + 10, "matmul": 30 - 5 + 20, "pack": 5}
    assert sum(trace.self_times(events).values()) == 110


def test_a_large_product_takes_the_most_time(tmp_path):
    x = ops.ones((1500, 1500))
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        product = tf.function(lambda x: tf.matmul(x, x) + 1.0)
    elif keras.backend.backend() == "jax":
        import jax

        product = jax.jit(lambda x: x @ x + 1.0)
    else:
        product = lambda x: ops.matmul(x, x) + 1.0  # noqa: E731
    shares = trace.operations(lambda: ops.convert_to_numpy(product(x)[0, 0]), tmp_path, 5)
    first = next(iter(shares))
    # GPU libraries name the kernels of products after arithmetic and tile size.
    assert first in PRODUCTS or (device() != "CPU" and re.search("gemm|nvjet", first))
    assert sum(shares.values()) == pytest.approx(1) and min(shares.values()) >= 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()]
