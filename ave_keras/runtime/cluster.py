"""A Ray cluster: joined, judged, and asked whether its nodes see a folder of this machine."""

import contextlib
import os
import socket
import uuid
from pathlib import Path

from ave_keras.errors import AVEError
from ave_keras.runtime.gpus import growth
from ave_keras.runtime.packages import require

EXECUTORS = ("local", "ray")
# How often work is started whose node or process dies.
ATTEMPTS = 4
# Seconds until a head node must have answered.
PATIENCE = 10


def check_options(executor, local, ray):
    """Judges the options of a command that say where its work runs.

    Args:
        executor: its name.
        local: `{option: value}` of those of this machine alone, None where not given.
        ray: likewise of a cluster; `--gpus-…` among them.

    Raises:
        AVEError: no such executor, an option of the other one, or GPUs that no work can have.
    """
    if executor not in EXECUTORS:
        raise AVEError("no such executor", key="--executor", expected=f"one of {EXECUTORS}", found=repr(executor))
    for option, value in (local if executor == "ray" else ray).items():
        if value is not None:
            fix = f"Leave it out, or choose the other of {EXECUTORS}"
            raise AVEError(f"not an option of --executor {executor}", key=option, found=value, fix=fix)
    for option, gpus in ray.items():
        if not option.startswith("--gpus") or gpus is None:
            continue
        if not 0 <= gpus <= 1 and not (gpus > 1 and gpus % 1 == 0):
            raise AVEError("no such number", key=option, expected="0 to 1, or a whole number", found=gpus)


@contextlib.contextmanager
def connect(address, env, modules):
    """Joins a cluster, which the block leaves at its end.

    Args:
        address: such as `"10.0.0.1:6379"`; None is `RAY_ADDRESS`, the cluster that this machine is a node of, or else
            a new one of this machine alone.
        env: variables of its processes.
        modules: folders of packages that travel with the job.

    Yields:
        The module `ray`.

    Raises:
        AVEError: Ray is not installed, there is no such cluster, or it is lost inside the block.
    """
    ray = require("ray", "ray")
    # Ray tells its makers of its use otherwise.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray hides the GPUs from work that asks for none.
    env = {**growth(), **env, "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1"}
    try:
        _knock(address)
        ray.init(
            address,
            runtime_env={"env_vars": env, "py_modules": [str(folder) for folder in modules]},
            log_to_driver=False,
            logging_level=40,
        )
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise AVEError(
            "no Ray cluster that can be used",
            key="--address",
            found=f"{address or os.environ.get('RAY_ADDRESS')}: {str(error).strip().splitlines()[0]}",
            fix="Start one with `ray start --head`; Python, Ray, its token and RAY_AUTH_MODE must be the same as there",
        ) from error
    try:
        yield ray
    except ray.exceptions.RayError as error:
        # Of other nodes, this is dealt with where their work is awaited.
        raise AVEError(
            "the Ray cluster, or this machine's node of it, is gone",
            found=str(error).strip().splitlines()[0],
            fix="Start it again, and then the same command: what is finished is kept",
        ) from error
    finally:
        ray.shutdown()


def _knock(address):
    """Ray itself tries for minutes where nobody answers; other forms than HOST:PORT are left to it."""
    host, _, port = (address or "").rpartition(":")
    if port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), PATIENCE).close()


def resources(ray):
    """Of each living node, such as `{"CPU": 8.0, "GPU": 1.0}`."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def refuse_small(ray, what, key, cpus, gpus):
    """Work that fits on no node would wait for ever: `AVEError`, which names `what` and the options `key`."""
    nodes = resources(ray)
    if not any(n.get("CPU", 0) >= cpus and n.get("GPU", 0) >= gpus for n in nodes):
        raise AVEError(
            f"no node of the Ray cluster has room for {what}",
            key=key,
            expected=f"{cpus:g} CPUs and {gpus:g} GPUs",
            found=[{name: n.get(name, 0) for name in ("CPU", "GPU")} for n in nodes],
        )


@contextlib.contextmanager
def mark(folder):
    """A file in a folder, by which a node knows that it sees this very one; it is gone behind the block."""
    path = Path(folder) / f".ray-{uuid.uuid4().hex}"
    path.touch()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
