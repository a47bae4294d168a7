"""The backend's devices, threads and arithmetic, where Keras has no word for them."""

import sys

import keras


def device():
    """What the backend computes on, in words: `"CPU"`, or the GPU's name."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    if backend == "jax":
        import jax

        first = jax.devices()[0]
        return "CPU" if first.platform == "cpu" else first.device_kind
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    # The name is not known of every device.
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"


def tf32():
    """Whether float32 products may be computed with TensorFloat-32's 10 bits; GPUs before Ampere and CPUs never do."""
    if device() == "CPU":
        return False
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        # cuDNN, and with it the LSTM, has a switch of its own.
        return torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32
    if backend == "jax":
        import jax

        return jax.config.jax_default_matmul_precision not in ("float32", "highest")
    import tensorflow as tf

    return tf.config.experimental.tensor_float_32_execution_enabled()


def hide_gpu_from_tensorflow():
    """Keeps TensorFlow, where another backend has imported it, from taking memory of the GPU."""
    if keras.backend.backend() != "tensorflow" and "tensorflow" in sys.modules:
        sys.modules["tensorflow"].config.set_visible_devices([], "GPU")


def limit_threads(threads):
    """Holds the backend to a number of threads; call before anything is computed."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    elif backend == "torch":
        import torch

        torch.set_num_threads(threads)


def random_state():
    """Generators that are no Keras variables, as uint8 arrays: PyTorch's dropout draws from its global ones."""
    if keras.backend.backend() != "torch":
        return []
    import torch

    return [state.numpy() for state in (torch.get_rng_state(), *torch.cuda.get_rng_state_all())]


def set_random_state(states):
    """Puts back what `random_state` returned."""
    if states:
        import torch

        first, *others = map(torch.from_numpy, states)
        torch.set_rng_state(first)
        torch.cuda.set_rng_state_all(others)
