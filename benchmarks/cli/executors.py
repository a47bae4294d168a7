"""Chooses backend and executor from the options of `run`, and validates them."""

import math
import os

from ave_keras.errors import AVEError
from ave_keras.runtime.backend import BACKENDS, backend_name
from ave_keras.runtime.cluster import check_options
from ave_keras.runtime.gpus import visible_gpus
from ave_keras.runtime.packages import installed, require
from benchmarks.execution.local_executor import LocalExecutor
from benchmarks.execution.ray_executor import RayExecutor


def choose_backend(name):
    """The backend to run on.

    Args:
        name: The value of --backend; None for the default of Keras: KERAS_BACKEND, the configuration file of Keras, or
            an installed backend.

    Raises:
        AVEError: The backend is unknown.
    """
    backend = name or backend_name()
    if backend not in BACKENDS:
        raise AVEError("unknown backend", key="--backend", expected=f"one of {BACKENDS}", found=repr(backend))
    return backend


def choose_executor(name, backend, workers, threads, address, cpus, gpus):
    """The executor for these options; an option that is None was not given.

    Raises:
        AVEError: An unknown executor, an invalid number, an option of another executor, or a missing package.
    """
    local = {"--workers": workers, "--threads": threads}
    ray = {"--address": address, "--cpus-per-cell": cpus, "--gpus-per-cell": gpus}
    check_options(name, local, ray)
    for option, value in {**local, "--cpus-per-cell": cpus}.items():
        if value is not None and not 0 < value < math.inf:
            raise AVEError("invalid number", key=option, expected="more than 0", found=value)
    if name == "ray":
        require("ray", "ray")
        return RayExecutor(address, cpus or 1, gpus or 0)
    if backend in BACKENDS and not installed(backend):
        require(backend, backend)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # At most four workers share a CPU well; every GPU gets one.
    workers = workers or min(cores, max(4, len(visible_gpus())))
    return LocalExecutor(workers, threads or max(1, cores // workers))
