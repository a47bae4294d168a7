"""Training on all devices of one machine: every step's videos are shared out, the weights are on each."""

import contextlib
from collections.abc import Iterator

import keras

from ave_keras.errors import AVEError


@contextlib.contextmanager
def on_all_devices() -> Iterator[int]:
    """Inside this block, models are built for all GPUs, or for all virtual CPUs where there is no GPU.

    On JAX this is `keras.distribution.DataParallel`, on TensorFlow `tf.distribute.MirroredStrategy`. The batch size
    stays that of a whole step, and results are those of one device to a float's rounding. On TensorFlow the first batch
    of every split must be one that the devices can share; Keras builds its metrics from it.

    Yields:
        The number of devices.

    Raises:
        AVEError: on PyTorch, for which Keras has no such thing.

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
            f"Keras trains on one device only with {backend}",
            key="--distribute",
            expected="KERAS_BACKEND=tensorflow or jax",
            found=f"KERAS_BACKEND={backend}",
        )


def _data_parallel():
    class WholeOrShared(keras.distribution.DataParallel):
        """Each device takes its share of a batch; one that cannot be shared out, a split's last, goes to all whole."""

        def get_data_layout(self, data_shape):
            layout = super().get_data_layout(data_shape)
            if data_shape[0] % self.device_mesh.devices.size:
                return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)
            return layout

    return WholeOrShared(devices=keras.distribution.list_devices())
