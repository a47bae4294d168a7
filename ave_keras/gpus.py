"""The GPUs of this machine, and how processes share them."""

import os
import subprocess
from functools import cache
from itertools import takewhile

import keras

# GPU memory is taken as it is needed; TensorFlow may be imported beside another backend.
GROWTH = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
# Seconds in which the driver must have answered.
PATIENCE = 30


def visible():
    """NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them; no backend is asked."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return _installed()
    # CUDA leaves out what stands behind a name that it does not know.
    return list(takewhile(lambda name: name not in ("", "-1"), map(str.strip, chosen.split(","))))


@cache
def _installed():
    try:
        # Not by their numbers: CUDA counts the fastest first, the driver by slots.
        asked = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [] if done.returncode else [line for line in done.stdout.split() if line.startswith("GPU-")]


def growth():
    """Variables that have GPU memory taken as it is needed, where the user has not set them."""
    return {key: os.environ.get(key, value) for key, value in GROWTH.items()}


def share(number):
    """Variables of the `number`-th of several processes: its GPU, dealt out in turn, and `growth`."""
    found = visible()
    return growth() | ({"CUDA_VISIBLE_DEVICES": found[number % len(found)]} if len(found) > 1 else {})


def memory():
    """Bytes that the backend may take of the GPU it computes on; 0 on a CPU.

    Also 0 of TensorFlow, whose `fit` has every batch come from the host.
    """
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        return torch.cuda.mem_get_info()[1] if torch.cuda.is_available() else 0
    if backend == "jax":
        import jax

        return (jax.devices()[0].memory_stats() or {}).get("bytes_limit", 0)
    return 0
