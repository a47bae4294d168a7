"""The resource usage of a cell: seconds per epoch, and peak memory."""

import time
from pathlib import Path

import keras

CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


class EpochSeconds(keras.callbacks.Callback):
    """Times the epochs that this process trains; must come before other callbacks that measure or write.

    An epoch lasts from its start, including the reading of its batches, until the weights of its last step are
    computed. Validation by Keras and later callbacks do not count; the score of matching, computed outside Keras'
    validation, does. The first epoch of a process includes compilation.

    Attributes:
        seconds: The seconds of each epoch.
        steps: The number of optimizer steps per epoch, or None before the first.
    """

    def __init__(self):
        super().__init__()
        self.seconds, self.steps, self._stopped = [], None, None

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self._started, self._stopped = time.perf_counter(), None

    def on_test_begin(self, logs=None):
        """Stops the clock before validation."""
        self._stop()

    def on_epoch_end(self, epoch, logs=None):
        """Records the epoch."""
        self._stop()
        self.steps = self.params["steps"]
        self.seconds.append(self._stopped - self._started)

    def _stop(self):
        if self._stopped is None:
            # On GPUs, and in JAX everywhere, a step returns before it is computed; reading a weight waits for it.
            keras.ops.convert_to_numpy(self.model.trainable_variables[-1])
            self._stopped = time.perf_counter()


class PeakMemory:
    """Measures the peak memory between its construction and `read()`.

    The peak of the process includes memory of libraries and earlier cells, and pages of mapped files.
    """

    def __init__(self):
        self._measurable = _reset_peak()
        self._device = _device_peak(reset=True)

    def read(self):
        """`{"process": bytes, "device": bytes}`; None if the system or the backend does not report it."""
        device = _device_peak()
        if keras.backend.backend() == "jax" and device == self._device:
            # JAX cannot reset its peak, so this one belongs to an earlier cell.
            device = None
        return {"process": _process_peak() if self._measurable else None, "device": device}


def _reset_peak():
    """Resets the peak memory of this process; returns whether the system supports it (Linux)."""
    try:
        CLEAR.write_text("5")
    except OSError:
        return False
    return True


def _process_peak():
    lines = STATUS.read_text().splitlines()
    found = next((line for line in lines if line.startswith("VmHWM:")), None)
    return found and 1024 * int(found.split()[1])


def _device_peak(reset=False):
    """The backend's peak memory on the first GPU in bytes, or None; `reset` resets it afterwards, except in JAX."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        if not torch.cuda.is_available():
            return None
        peak = torch.cuda.max_memory_allocated()
        if reset:
            torch.cuda.reset_peak_memory_stats()
        return peak
    if backend == "jax":
        import jax

        return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    import tensorflow as tf

    if not tf.config.list_logical_devices("GPU"):
        return None
    peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
    if reset:
        tf.config.experimental.reset_memory_stats("GPU:0")
    return peak
