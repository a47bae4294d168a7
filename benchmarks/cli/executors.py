"""Which executor runs a grid: the options of `run` that say where, judged."""

import math
import os

from ave_keras.errors import AVEError
from ave_keras.runtime.backend import BACKENDS, backend_name
from ave_keras.runtime.cluster import check_options
from ave_keras.runtime.gpus import visible
from ave_keras.runtime.packages import installed, require
from benchmarks.execution.local_executor import LocalExecutor
from benchmarks.execution.ray_executor import RayExecutor


def choose_backend(given):
    """The backend of an option, else that of Keras: of KERAS_BACKEND, of its own file, or one that is installed.

    Raises:
        AVEError: there is no such one.
    """
    backend = given or backend_name()
    if backend not in BACKENDS:
        raise AVEError("no such backend", key="--backend", expected=f"one of {BACKENDS}", found=repr(backend))
    return backend


def choose_executor(name, backend, workers, threads, address, cpus, gpus):
    """The executor of these options, None where they are not given.

    Raises:
        AVEError: no such executor; a number that is none; an option of another executor; a package that is missing.
    """
    local = {"--workers": workers, "--threads": threads}
    ray = {"--address": address, "--cpus-per-cell": cpus, "--gpus-per-cell": gpus}
    check_options(name, local, ray)
    for option, value in {**local, "--cpus-per-cell": cpus}.items():
        if value is not None and not 0 < value < math.inf:
            raise AVEError("no such number", key=option, expected="more than 0", found=value)
    if name == "ray":
        require("ray", "ray")
        return RayExecutor(address, cpus or 1, gpus or 0)
    if backend in BACKENDS and not installed(backend):
        require(backend, backend)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # As many as share a machine well, and one for each of its GPUs.
    workers = workers or min(cores, max(4, len(visible())))
    return LocalExecutor(workers, threads or max(1, cores // workers))
