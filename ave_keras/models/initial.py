"""PyTorch's initial weight distributions, as in the released code."""

import math

import keras

INITS = ("keras", "torch")
# The layers with Xavier initialization in the released networks; the DMRN network uses it only for its classifier.
XAVIER, XAVIER_FUSION = ("attention", "head", "logits"), ("logits",)


def bound(fan_in, fan_out, xavier):
    """The bound b of the uniform distribution [-b, b] of a dense kernel: Xavier's, or PyTorch's `1/sqrt(fan_in)`."""
    return math.sqrt(6 / (fan_in + fan_out)) if xavier else 1 / math.sqrt(fan_in)


def draw_torch_initial(model):
    """Redraws all weights of a localizer from PyTorch's distributions, with Keras' global random generator.

    LSTMs: all weights uniform in ±1/sqrt(units). PyTorch has two biases that it adds, so the Keras bias is the sum of
    two draws, without Keras' offset of 1 for the forget gate. Dense layers: kernel and bias uniform in ±1/sqrt(fan_in);
    kernels are Xavier-uniform where the released code uses it.

    Args:
        model: A model built by `localizer`.
    """
    xavier = XAVIER if any(layer.name == "head" for layer in model.layers) else XAVIER_FUSION
    fan_in = {variable.path.rpartition("/")[0]: variable.shape[0] for variable in model.weights if _is_kernel(variable)}
    for variable in model.weights:
        layer, parent = variable.path.partition("/")[0], variable.path.rpartition("/")[0]
        if layer.startswith("lstm_"):
            # The last axis concatenates four gates.
            limit = 1 / math.sqrt(variable.shape[-1] // 4)
        else:
            limit = bound(fan_in[parent], variable.shape[-1], _is_kernel(variable) and layer in xavier)
        value = keras.random.uniform(variable.shape, -limit, limit)
        if layer.startswith("lstm_") and not _is_kernel(variable):
            value = value + keras.random.uniform(variable.shape, -limit, limit)
        variable.assign(value)


def _is_kernel(variable):
    return len(variable.shape) == 2
