"""Connects to a Ray cluster, checks its resources, and marks folders that its nodes share with this machine."""

import contextlib
import os
import socket
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ave_keras.errors import AVEError, first_line
from ave_keras.runtime.gpus import memory_growth
from ave_keras.runtime.packages import require

EXECUTORS = ("local", "ray")
# How often a task is started if its node or process dies.
ATTEMPTS = 4
# Seconds to wait for the head node.
TIMEOUT = 10


def check_options(executor: str, local: Mapping[str, Any], ray: Mapping[str, Any]) -> None:
    """Validates the options that choose where a command runs.

    Args:
        executor: The name of the executor.
        local: `{option: value}` for the options of the local executor; None if not set.
        ray: The same for the Ray executor, including `--gpus-…`.

    Raises:
        AVEError: The executor is unknown, an option belongs to the other executor, or a number of GPUs is invalid.
    """
    if executor not in EXECUTORS:
        raise AVEError("unknown executor", key="--executor", expected=f"one of {EXECUTORS}", found=repr(executor))
    for option, value in (local if executor == "ray" else ray).items():
        if value is not None:
            fix = f"Remove it, or choose the other executor of {EXECUTORS}"
            raise AVEError(f"not an option of --executor {executor}", key=option, found=value, fix=fix)
    for option, gpus in ray.items():
        if not option.startswith("--gpus") or gpus is None:
            continue
        if not 0 <= gpus <= 1 and not (gpus > 1 and gpus % 1 == 0):
            raise AVEError("invalid number", key=option, expected="0 to 1, or a whole number", found=gpus)


@contextlib.contextmanager
def connect(address: str | None, env: Mapping[str, str], modules: Iterable[Path]) -> Iterator[Any]:
    """Connects to a cluster; disconnects at the end of the block.

    Args:
        address: The address, such as `"10.0.0.1:6379"`. None uses `RAY_ADDRESS`, else the cluster of which this machine
            is a node, else a new local cluster.
        env: Environment variables for the worker processes.
        modules: Folders of packages to send to the workers.

    Yields:
        The module `ray`.

    Raises:
        AVEError: Ray is not installed, the cluster is not available, or the connection is lost inside the block.
    """
    ray = require("ray", "ray")
    # Turns off Ray's usage reports.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # The override stops Ray from hiding the GPUs from tasks that request none.
    env = {**memory_growth(), **env, "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1"}
    try:
        _check_reachable(address)
        ray.init(
            address,
            runtime_env={"env_vars": env, "py_modules": [str(folder) for folder in modules]},
            log_to_driver=False,
            logging_level=40,
        )
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise AVEError(
            "cannot use the Ray cluster",
            key="--address",
            found=f"{address or os.environ.get('RAY_ADDRESS')}: {first_line(error)}",
            fix="Start one with `ray start --head`, with the same Python, Ray, token and RAY_AUTH_MODE as here",
        ) from error
    try:
        yield ray
    except ray.exceptions.RayError as error:
        # Only this machine's connection; callers handle the failures of other nodes.
        raise AVEError(
            "lost the connection to the Ray cluster",
            found=first_line(error),
            fix="Restart the cluster and run the same command again; finished work is kept",
        ) from error
    finally:
        ray.shutdown()


def _check_reachable(address):
    """Raises `OSError` if nothing listens at HOST:PORT, where Ray would retry for minutes; ignores other addresses."""
    host, _, port = (address or "").rpartition(":")
    if port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), TIMEOUT).close()


def resources(ray: Any) -> list[dict[str, float]]:
    """The resources of each living node, such as `{"CPU": 8.0, "GPU": 1.0}`."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def require_room(ray: Any, what: str, key: str | None, cpus: float, gpus: float) -> None:
    """Raises `AVEError`, with `what` and the options `key`, if no node is large enough: Ray would wait forever."""
    nodes = resources(ray)
    if not any(n.get("CPU", 0) >= cpus and n.get("GPU", 0) >= gpus for n in nodes):
        raise AVEError(
            f"no node of the Ray cluster is large enough for {what}",
            key=key,
            expected=f"{cpus:g} CPUs and {gpus:g} GPUs",
            found=[{name: n.get(name, 0) for name in ("CPU", "GPU")} for n in nodes],
        )


@contextlib.contextmanager
def marker_file(folder: str | Path) -> Iterator[Path]:
    """Creates a temporary file in a folder, by which a node recognizes that it shares the folder."""
    path = Path(folder) / f".ray-{uuid.uuid4().hex}"
    path.touch()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
