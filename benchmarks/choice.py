"""Which executor runs a grid: the options of `run` that say where, judged."""

import os

from ave_keras.errors import AVEError
from ave_keras.optional import BACKENDS, installed, require
from benchmarks.executors import LocalExecutor
from benchmarks.ray_executor import RayExecutor

EXECUTORS = ("local", "ray")


def choose_executor(name, backend, workers, threads, address, cpus, gpus):
    """The executor of these options, None where they are not given.

    Raises:
        AVEError: no such executor; a number that is none; an option of another executor; a package that is missing.
    """
    if name not in EXECUTORS:
        raise AVEError("no such executor", key="--executor", expected=f"one of {EXECUTORS}", found=repr(name))
    local = {"--workers": workers, "--threads": threads}
    ray = {"--address": address, "--cpus-per-cell": cpus, "--gpus-per-cell": gpus}
    for option, value in (local if name == "ray" else ray).items():
        if value is not None:
            raise AVEError(f"not an option of --executor {name}", key=option, found=value)
    for option, value in {**local, "--cpus-per-cell": cpus}.items():
        if value is not None and value <= 0:
            raise AVEError("no such number", key=option, expected="more than 0", found=value)
    if gpus is not None and (gpus < 0 or (gpus > 1 and gpus % 1)):
        raise AVEError("no such number", key="--gpus-per-cell", expected="0 to 1, or a whole number", found=gpus)
    if name == "ray":
        require("ray", "ray")
        return RayExecutor(address, cpus or 1, gpus or 0)
    if backend in BACKENDS and not installed(backend):
        require(backend, backend)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = workers or min(cores, 4)
    return LocalExecutor(workers, threads or max(1, cores // workers))
