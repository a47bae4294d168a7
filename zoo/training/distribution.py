"""Data-parallel training on all devices of one machine."""

import contextlib
from collections.abc import Iterator

import keras

from ave_keras.errors import AVEError


@contextlib.contextmanager
def on_all_devices() -> Iterator[int]:
    """Builds the models inside this block for all GPUs, or for all virtual CPUs if there is no GPU.

    It uses `keras.distribution.DataParallel` on JAX and `tf.distribute.MirroredStrategy` on TensorFlow. Each device
    gets a share of every batch; results equal those of one device up to rounding. On TensorFlow, the size of the first
    batch of every split must be divisible by the number of devices, because Keras builds its metrics from it.

    Yields:
        The number of devices.

    Raises:
        AVEError: On PyTorch, where Keras supports one device only.

    Example:

    >>> with on_all_devices():
    ...     model = zoo.load("av_att")
    ...     model.fit(ave.dataset("train", drop_remainder=True))
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        with tf.distribute.MirroredStrategy([device.name for device in devices]).scope():
            yield len(devices)
    elif backend == "jax":
        before, distribution = keras.distribution.distribution(), _data_parallel()
        keras.distribution.set_distribution(distribution)
        try:
            yield distribution.device_mesh.devices.size
        finally:
            keras.distribution.set_distribution(before)
    else:
        raise AVEError(
            f"Keras cannot distribute training with {backend}",
            key="--distribute",
            expected="KERAS_BACKEND=tensorflow or jax",
            found=f"KERAS_BACKEND={backend}",
        )


def _data_parallel():
    class SplitOrReplicated(keras.distribution.DataParallel):
        """Splits batches over the devices; a batch that does not divide evenly is replicated instead."""

        def get_data_layout(self, data_shape):
            layout = super().get_data_layout(data_shape)
            if data_shape[0] % self.device_mesh.devices.size:
                return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)
            return layout

    return SplitOrReplicated(devices=keras.distribution.list_devices())
