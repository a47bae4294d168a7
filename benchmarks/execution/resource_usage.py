"""What a cell costs: the seconds of its epochs, and the peak of memory while it ran."""

import time
from pathlib import Path

import keras

CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


class EpochSeconds(keras.callbacks.Callback):
    """Times the epochs that this process trains, first among the callbacks that measure or write.

    An epoch is counted from its begin, reading and computing of its batches, until the weights of its last step are
    there. Not counted are the validation that Keras does and callbacks after this one; the score of matching, which
    Keras knows nothing of, is counted. The first epoch of a process includes compilation.

    Attributes:
        seconds: one number per epoch.
        steps: of the optimizer in each, or None before the first.
    """

    def __init__(self):
        super().__init__()
        self.seconds, self.steps, self._stopped = [], None, None

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self._started, self._stopped = time.perf_counter(), None

    def on_test_begin(self, logs=None):
        """Stops it for validation."""
        self._stop()

    def on_epoch_end(self, epoch, logs=None):
        """Notes the epoch."""
        self._stop()
        self.steps = self.params["steps"]
        self.seconds.append(self._stopped - self._started)

    def _stop(self):
        if self._stopped is None:
            # GPUs, and JAX everywhere, still compute when a step returns; what is read is there.
            keras.ops.convert_to_numpy(self.model.trainable_variables[-1])
            self._stopped = time.perf_counter()


class PeakMemory:
    """The most memory that is held between its making and `read()`.

    The process counts all that it holds, also what libraries and earlier cells have left, and pages of mapped files.
    """

    def __init__(self):
        self._counted = _forget_peak()
        self._device = _device_peak(forget=True)

    def read(self):
        """`{"process": bytes, "device": bytes}`; None for what the system or the backend does not tell."""
        device = _device_peak()
        if keras.backend.backend() == "jax" and device == self._device:
            # JAX cannot forget the peak of an earlier cell, below which this one has stayed.
            device = None
        return {"process": _process_peak() if self._counted else None, "device": device}


def _forget_peak():
    """Whether Linux has set the peak of this process back to what it holds now."""
    try:
        CLEAR.write_text("5")
    except OSError:
        return False
    return True


def _process_peak():
    lines = STATUS.read_text().splitlines()
    found = next((line for line in lines if line.startswith("VmHWM:")), None)
    return found and 1024 * int(found.split()[1])


def _device_peak(forget=False):
    """Bytes of the first GPU that the backend has held at most, or None; starts anew where the backend can."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        if not torch.cuda.is_available():
            return None
        peak = torch.cuda.max_memory_allocated()
        if forget:
            torch.cuda.reset_peak_memory_stats()
        return peak
    if backend == "jax":
        import jax

        return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    import tensorflow as tf

    if not tf.config.list_logical_devices("GPU"):
        return None
    peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
    if forget:
        tf.config.experimental.reset_memory_stats("GPU:0")
    return peak
