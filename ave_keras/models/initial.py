"""The distributions that weights start from in PyTorch, where the released code was written."""

import math

import keras

INITS = ("keras", "torch")
# The released networks draw these from Xavier's distribution; the DMRN network its classifier alone.
XAVIER, XAVIER_FUSION = ("attention", "head", "logits"), ("logits",)


def bound(fan_in, fan_out, xavier):
    """Half the width of the uniform distribution of a dense kernel: Xavier's, or PyTorch's own `1/sqrt(fan_in)`."""
    return math.sqrt(6 / (fan_in + fan_out)) if xavier else 1 / math.sqrt(fan_in)


def draw_torch_initial(model):
    """Draws all weights of a localizer anew, from PyTorch's distributions, by Keras' global random generator.

    LSTMs: uniform in ±1/sqrt(units), all of it; PyTorch's two biases add, so that ours is a sum of two draws, and no
    gate starts open. Dense layers: kernel and bias uniform in ±1/sqrt(fan_in), kernels Xavier-uniform where the
    released code says so.

    Args:
        model: a model of `localizer`.
    """
    xavier = XAVIER if any(layer.name == "head" for layer in model.layers) else XAVIER_FUSION
    fan_in = {variable.path.rpartition("/")[0]: variable.shape[0] for variable in model.weights if _is_kernel(variable)}
    for variable in model.weights:
        layer, own = variable.path.partition("/")[0], variable.path.rpartition("/")[0]
        if layer.startswith("lstm_"):
            # Four gates side by side.
            limit = 1 / math.sqrt(variable.shape[-1] // 4)
        else:
            limit = bound(fan_in[own], variable.shape[-1], _is_kernel(variable) and layer in xavier)
        value = keras.random.uniform(variable.shape, -limit, limit)
        if layer.startswith("lstm_") and not _is_kernel(variable):
            value = value + keras.random.uniform(variable.shape, -limit, limit)
        variable.assign(value)


def _is_kernel(variable):
    return len(variable.shape) == 2
