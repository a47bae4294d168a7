import importlib.util
from dataclasses import replace

import pytest

from ave_keras import AVEError
from benchmarks.cli.executors import choose_executor
from benchmarks.execution.local_executor import LocalExecutor, environment
from benchmarks.execution.ray_executor import RayExecutor
from benchmarks.grid.cells import SeedGroup

OPTIONS = dict.fromkeys(("backend", "workers", "threads", "address", "cpus", "gpus"))


def choose(name="local", **options):
    return choose_executor(name, **{**OPTIONS, **options})


def test_local():
    assert choose(workers=3, threads=2) == LocalExecutor(3, 2)
    assert choose().workers >= 1


def test_ray():
    pytest.importorskip("ray")
    assert choose("ray", address="10.0.0.1:6379", gpus=0.25) == RayExecutor("10.0.0.1:6379", 1, 0.25)
    assert choose("ray", cpus=2.0, gpus=3) == RayExecutor(None, 2, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "--workers.*more than 0, found 0"),
        ({"threads": -1}, "--threads.*more than 0"),
        ({"name": "slurm"}, "one of .'local', 'ray'."),
        ({"address": "here:6379"}, "not an option of --executor local .key '--address'"),
        ({"name": "ray", "workers": 2}, "not an option of --executor ray .key '--workers'"),
        ({"name": "ray", "cpus": 0.0}, "--cpus-per-cell"),
        ({"name": "ray", "cpus": float("nan")}, "--cpus-per-cell.*found nan"),
        ({"name": "ray", "gpus": 1.5}, "--gpus-per-cell.*0 to 1, or a whole number"),
    ],
)
def test_invalid_options(options, message):
    with pytest.raises(AVEError, match=message):
        choose(**options)


def test_missing_packages_are_reported_with_the_pip_command(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name in ("jax", "ray") else find(name, *a)
    )
    monkeypatch.setitem(__import__("sys").modules, "jax", None)
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(AVEError, match=r'pip install "ave-keras\[jax\]"'):
        choose(backend="jax")
    with pytest.raises(AVEError, match=r'pip install "ave-keras\[ray\]"'):
        choose("ray")


@pytest.mark.parametrize(
    ("backend", "threads", "seeds", "flags"),
    [
        ("jax", 1, 1, "--mine --xla_cpu_multi_thread_eigen=false"),
        ("jax", 2, 3, "--mine --xla_force_host_platform_device_count=2"),
        ("jax", 2, 1, None),
        ("torch", 1, 3, None),
    ],
)
def test_xla_flags_extend_those_of_the_environment(monkeypatch, cell, backend, threads, seeds, flags):
    """A cell without flags does not override the variable: None leaves it unchanged."""
    monkeypatch.setenv("XLA_FLAGS", "--mine")
    group = SeedGroup(tuple(replace(cell("a", seed), backend=backend) for seed in range(seeds)))
    assert environment(group, threads).get("XLA_FLAGS") == flags
