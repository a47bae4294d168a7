"""The backend's devices, threads and arithmetic, where Keras has no word for them."""

import os
import sys
import time

import keras
import numpy as np

# How much faster than the plain one an LSTM is at least that cuDNN runs.
CUDNN_GAIN = 1.5


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
    """Whether float32 products may be computed with TensorFloat-32's 10 bits; GPUs before Ampere and CPUs never do.

    Returns:
        True or False; `"cuDNN"` where, as PyTorch has it by default, those of the LSTM may and the others do not.
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


def be_deterministic():
    """Has the backend add up in the same order every time; some operations of GPUs are slower then.

    Call before anything is computed. On CPUs, results repeat without it.
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
    """Has JAX keep in `folder` what it compiles for a GPU, unless the user has named a folder of JAX's own.

    Seeds of an entry are one program, which takes longer to compile there than to train. On a CPU it compiles in
    seconds, and what one machine has compiled another may not run.
    """
    if keras.backend.backend() != "jax" or device() == "CPU":
        return
    import jax

    if not jax.config.jax_compilation_cache_dir:
        jax.config.update("jax_compilation_cache_dir", str(folder))
        # Building a model runs a hundred operations, each of them compiled, too.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


def slow_lstm(model):
    """What to say of a model whose LSTMs do not run on cuDNN on this GPU; empty on a CPU and where they do.

    The first of them is timed against the same without cuDNN, on clips so long that the start of a step is nothing.
    """
    lstms = [layer for layer in model._flatten_layers(include_self=False) if isinstance(layer, keras.layers.LSTM)]
    if device() == "CPU" or not lstms:
        return ""
    lstm = lstms[0]
    # Of all that it computes, the last step comes back alone: a copy would take longer than the LSTM.
    config = {**lstm.get_config(), "return_sequences": False}
    x = keras.ops.ones((64, 256, lstm.cell.kernel.shape[0]))
    chosen, plain = (
        _seconds(keras.layers.LSTM.from_config({**config, "use_cudnn": use}), x) for use in (lstm.use_cudnn, False)
    )
    if plain > CUDNN_GAIN * chosen:
        return ""
    return f"the LSTM is {plain / chosen:.1f} times as fast as one without cuDNN: the slow path is taken"


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
