import keras
import pytest

from ave_keras.runtime import gpus

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="no backend is asked")


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Answers as NVIDIA's does on a machine with two GPUs."""
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\n[ "$1" = "--query-gpu=uuid" ] && printf "GPU-1a\\nGPU-2b\\n"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpus._installed.cache_clear()
    yield program
    gpus._installed.cache_clear()


def test_processes_get_gpus_in_turn(driver):
    assert [gpus.share(number)["CUDA_VISIBLE_DEVICES"] for number in range(3)] == ["GPU-1a", "GPU-2b", "GPU-1a"]


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
def test_the_users_choice_of_gpus_holds(driver, monkeypatch, chosen, expected):
    if chosen is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert gpus.visible() == expected
    assert ("CUDA_VISIBLE_DEVICES" in gpus.share(0)) == (len(expected) > 1)


@pytest.mark.parametrize(
    "answer", [None, "exit 9", "echo No devices were found", r"printf '\377'", "while :; do :; done"]
)
def test_a_machine_without_gpus(driver, monkeypatch, answer):
    monkeypatch.setattr(gpus, "PATIENCE", 1)
    if answer is None:
        driver.unlink()
    else:
        driver.write_text(f"#!/bin/sh\n{answer}\n")
    assert gpus.visible() == [] and gpus.share(1) == gpus.GROWTH


def test_the_users_own_settings_of_memory_hold(monkeypatch):
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "true")
    assert gpus.growth() == {**gpus.GROWTH, "XLA_PYTHON_CLIENT_PREALLOCATE": "true"}
