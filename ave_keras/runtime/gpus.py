"""The GPUs of this machine, and how processes share them."""

import os
import re
import subprocess
from functools import cache
from itertools import takewhile

# Allocates GPU memory on demand. TensorFlow may be imported beside another backend.
MEMORY_GROWTH = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
# Seconds to wait for the driver.
TIMEOUT = 10


def visible_gpus() -> list[str]:
    """The NVIDIA GPUs that this process may use, as in CUDA_VISIBLE_DEVICES, without importing a backend."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return _installed()
    # CUDA ignores everything after an unknown name.
    return list(takewhile(lambda name: name not in ("", "-1"), map(str.strip, chosen.split(","))))


@cache
def _installed():
    try:
        # UUIDs, not numbers: CUDA numbers the fastest GPU first, the driver numbers by slot.
        command = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [] if done.returncode else re.findall(r"^GPU-\S+", done.stdout.decode(errors="replace"), re.MULTILINE)


def memory_growth() -> dict[str, str]:
    """Environment variables that allocate GPU memory on demand, unless the user has set them."""
    return {key: os.environ.get(key, value) for key, value in MEMORY_GROWTH.items()}


def gpu_for_process(number: int) -> dict[str, str]:
    """Environment variables for the `number`-th process: its GPU, assigned in turn, and `memory_growth`."""
    found = visible_gpus()
    return memory_growth() | ({"CUDA_VISIBLE_DEVICES": found[number % len(found)]} if len(found) > 1 else {})


def free_memory() -> int:
    """Free bytes on the backend's GPU; 0 on a CPU.

    On JAX, which does not see the memory of other processes, the bytes it may still allocate. Always 0 on TensorFlow,
    because its `fit` copies every batch from the host.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else 0
    if backend == "jax":
        import jax

        stats = jax.devices()[0].memory_stats() or {}
        return stats.get("bytes_limit", 0) - stats.get("bytes_in_use", 0)
    return 0
