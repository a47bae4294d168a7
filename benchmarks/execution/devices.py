"""Backend-specific settings of devices, threads and arithmetic that Keras does not provide."""

import os
import sys
import time

import keras
import numpy as np

# An LSTM on cuDNN is at least this many times faster than one without.
CUDNN_GAIN = 1.5


def device():
    """The name of the GPU that the backend computes on, or `"CPU"`."""
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
    # TensorFlow does not know the names of all devices.
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"


def tf32():
    """Whether the backend may compute float32 products in TensorFloat-32, which has a mantissa of 10 bits.

    CPUs never do, nor do GPUs before Ampere, whatever the setting.

    Returns:
        True, False, or `"cuDNN"` if only cuDNN, such as in LSTMs, may use it: the default of PyTorch.
    """
    if device() == "CPU":
        return False
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        return torch.backends.cuda.matmul.allow_tf32 or ("cuDNN" if torch.backends.cudnn.allow_tf32 else False)
    if backend == "jax":
        import jax

        return jax.config.jax_default_matmul_precision not in ("float32", "highest")
    import tensorflow as tf

    return tf.config.experimental.tensor_float_32_execution_enabled()


def hide_gpu_from_tensorflow():
    """Keeps TensorFlow, if imported beside another backend, from allocating GPU memory."""
    if keras.backend.backend() != "tensorflow" and "tensorflow" in sys.modules:
        sys.modules["tensorflow"].config.set_visible_devices([], "GPU")


def limit_threads(threads):
    """Limits the backend to a number of threads; call before any computation."""
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


def make_deterministic():
    """Makes results on GPUs repeatable, at the cost of speed; call before any computation.

    Results on CPUs are repeatable anyway.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif backend == "jax":
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_gpu_deterministic_ops=true".strip()
    else:
        import torch

        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)


def keep_compiled(folder):
    """Sets JAX's compilation cache for GPUs to `folder`, unless the user has configured another.

    On a GPU, the program of an entry takes longer to compile than to train, and serves all its seeds. There is no cache
    on CPUs: programs compile in seconds, and may not run on another machine.
    """
    if keras.backend.backend() != "jax" or device() == "CPU":
        return
    import jax

    if not jax.config.jax_compilation_cache_dir:
        jax.config.update("jax_compilation_cache_dir", str(folder))
        # Also cache the hundred small operations that build a model.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


def slow_lstm(model):
    """A warning if the LSTMs of a model do not run on cuDNN on this GPU; empty if they do, and on CPUs.

    Times the first LSTM with and without cuDNN, on clips so long that the overhead of a step is negligible.
    """
    lstms = [layer for layer in model._flatten_layers(include_self=False) if isinstance(layer, keras.layers.LSTM)]
    if device() == "CPU" or not lstms:
        return ""
    lstm = lstms[0]
    # Return only the last step: copying the whole sequence would take longer than the LSTM.
    config = {**lstm.get_config(), "return_sequences": False}
    x = keras.ops.ones((64, 256, lstm.cell.kernel.shape[0]))
    chosen, plain = (
        _seconds(keras.layers.LSTM.from_config({**config, "use_cudnn": use}), x) for use in (lstm.use_cudnn, False)
    )
    if plain > CUDNN_GAIN * chosen:
        return ""
    return f"the LSTM is only {plain / chosen:.1f} times as fast as without cuDNN: it takes the slow path"


def _seconds(layer, x, times=10):
    step = keras.Sequential([layer])
    step.predict_on_batch(x)
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        step.predict_on_batch(x)
        spent.append(time.perf_counter() - start)
    return float(np.median(spent))


def random_state():
    """The state of random generators outside Keras variables, as uint8 arrays; only PyTorch has such generators."""
    if keras.backend.backend() != "torch":
        return []
    import torch

    return [state.numpy() for state in (torch.get_rng_state(), *torch.cuda.get_rng_state_all())]


def set_random_state(states):
    """Restores the states that `random_state` returned."""
    if states:
        import torch

        first, *others = map(torch.from_numpy, states)
        torch.set_rng_state(first)
        torch.cuda.set_rng_state_all(others)
