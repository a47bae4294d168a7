"""The GPUs of this machine, and how processes share them."""

import os
import re
import subprocess
from functools import cache
from itertools import takewhile

# GPU memory is taken as it is needed; TensorFlow may be imported beside another backend.
GROWTH = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
# Seconds in which the driver must have answered.
PATIENCE = 10


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
        done = subprocess.run(asked, capture_output=True, check=False, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [] if done.returncode else re.findall(r"^GPU-\S+", done.stdout.decode(errors="replace"), re.MULTILINE)


def growth():
    """Variables that have GPU memory taken as it is needed, where the user has not set them."""
    return {key: os.environ.get(key, value) for key, value in GROWTH.items()}


def share(number):
    """Variables of the `number`-th of several processes: its GPU, dealt out in turn, and `growth`."""
    found = visible()
    return growth() | ({"CUDA_VISIBLE_DEVICES": found[number % len(found)]} if len(found) > 1 else {})


def free_memory():
    """Bytes that are left to the backend of the GPU it computes on; 0 on a CPU.

    Of JAX, which does not know what other processes hold, those that it may take. Also 0 of TensorFlow, whose `fit` has
    every batch come from the host.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else 0
    if backend == "jax":
        import jax

        known = jax.devices()[0].memory_stats() or {}
        return known.get("bytes_limit", 0) - known.get("bytes_in_use", 0)
    return 0
