"""Gated scaling: features are scaled up where a gate is open."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, same


def scale_by_gate(inputs, gate, strength, base):
    """`x * (base + strength * g)`."""
    return inputs * (base + strength * gate)


@keras.saving.register_keras_serializable(package="ave_keras")
class GatedScaling(CrossModal):
    """`x * (base + strength * g)` for a gate g in (0, 1), such as the probability that a second has an event.

    CMBS scales with `1 + alpha g`, its weakly supervised form with `1 - alpha + alpha g`.

    Args:
        strength: The factor of the gate.
        base: The factor of closed gates (g = 0).
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: x, `(..., d)`.
        gate: g, `(..., d)` or `(..., 1)` with the same leading axes.

    Returns:
        `(..., d)`.

    Raises:
        AVEError: An argument is not a finite number, or the shapes do not fit together.

    Example:

    >>> GatedScaling(0.1)(keras.random.normal((2, 10, 256)), keras.random.uniform((2, 10, 1))).shape
    (2, 10, 256)

    Reference:
        Xia and Zhao, Cross-modal background suppression for audio-visual event localization, CVPR 2022.
    """

    def __init__(self, strength=0.1, base=1.0, **kwargs):
        super().__init__(**kwargs)
        self.strength = self.finite("strength", strength)
        self.base = self.finite("base", base)

    def build(self, inputs_shape, gate_shape):
        """Checks the shapes; there are no weights."""
        fits = len(inputs_shape) == len(gate_shape) and all(map(same, inputs_shape[:-1], gate_shape[:-1]))
        fits = fits and (gate_shape[-1] == 1 or same(gate_shape[-1], inputs_shape[-1]))
        self.check_shapes(fits, "inputs (..., d) and a gate (..., d) or (..., 1)", inputs_shape, gate_shape)

    def call(self, inputs, gate):
        """Scales the inputs."""
        return scale_by_gate(inputs, ops.cast(gate, inputs.dtype), self.strength, self.base)

    def compute_output_shape(self, inputs_shape, gate_shape):
        """The shape of the inputs."""
        return tuple(inputs_shape)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "strength": self.strength, "base": self.base}
