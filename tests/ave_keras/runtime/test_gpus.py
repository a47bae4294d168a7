import keras
import pytest

from ave_keras.runtime import gpus

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="independent of the backend")


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """A fake nvidia-smi that reports two GPUs."""
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\n[ "$1" = "--query-gpu=uuid" ] && printf "GPU-1a\\nGPU-2b\\n"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpus._installed.cache_clear()
    yield program
    gpus._installed.cache_clear()


def test_processes_get_gpus_in_turn(driver):
    assert [gpus.gpu_for_process(number)["CUDA_VISIBLE_DEVICES"] for number in range(3)] == [
        "GPU-1a",
        "GPU-2b",
        "GPU-1a",
    ]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("3, 5", ["3", "5"]),
        ("MIG-7", ["MIG-7"]),
        ("", []),
        ("-1", []),
        ("2,-1,4", ["2"]),
        (None, ["GPU-1a", "GPU-2b"]),
    ],
)
def test_cuda_visible_devices_is_respected(driver, monkeypatch, chosen, expected):
    if chosen is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert gpus.visible_gpus() == expected
    assert ("CUDA_VISIBLE_DEVICES" in gpus.gpu_for_process(0)) == (len(expected) > 1)


@pytest.mark.parametrize(
    "script", [None, "exit 9", "echo No devices were found", r"printf '\377'", "while :; do :; done"]
)
def test_a_machine_without_gpus(driver, monkeypatch, script):
    monkeypatch.setattr(gpus, "TIMEOUT", 1)
    if script is None:
        driver.unlink()
    else:
        driver.write_text(f"#!/bin/sh\n{script}\n")
    assert gpus.visible_gpus() == [] and gpus.gpu_for_process(1) == gpus.MEMORY_GROWTH


def test_the_users_memory_settings_are_kept(monkeypatch):
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "true")
    assert gpus.memory_growth() == {**gpus.MEMORY_GROWTH, "XLA_PYTHON_CLIENT_PREALLOCATE": "true"}
