"""Fixtures for all tests. The backend is KERAS_BACKEND; `make test` runs the suite once per backend."""

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
# Tests compile much and compute little: XLA's optimizations take twice the time they give, and threads beside those of
# pytest-xdist wait for each other.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import keras
import numpy as np
import pytest

from tests.browser import browser, tab  # noqa: F401

SHARED = Path(__file__).parents[2] / "shared"
# Every program that JAX compiles holds memory maps, of which Linux gives a process 65530.
MAPS = Path("/proc/self/maps")
MANY_MAPS = 20_000


@pytest.fixture
def shared():
    """The folder of real data beside the checkout; tests that use it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, the real data")
    return SHARED


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)
    yield
    keras.utils.clear_session(free_memory=False)
    if keras.backend.backend() == "jax" and MAPS.exists() and MAPS.read_bytes().count(b"\n") > MANY_MAPS:
        import jax

        jax.clear_caches()
