"""Dot-product attention with one head and without scaling, over seconds or over the cells of a map."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal, flatten_cells, float32_softmax, same


def unscaled_attention(query, key, value):
    """`softmax(q k^T) v`: `(..., N, d)`, `(..., M, d)` and `(..., M, e)` to `(..., N, e)`."""
    return ops.matmul(float32_softmax(ops.matmul(query, ops.swapaxes(key, -1, -2))), value)


@keras.saving.register_keras_serializable(package="ave_keras")
class UnscaledAttention(CrossModal):
    """`softmax(Q x (K y)^T) V y`: every position of x attends to the positions of y; the softmax is in float32.

    It has one head, no factor `1/sqrt(d)` and biases. CMBS applies it to the cells of a map (`axes=2`, x = y). On the
    audio side of CACE-Net, seconds attend to seconds (`axes=1`).

    Args:
        units: The width of Q and K.
        value_units: The width of V.
        axes: How many axes the positions span: 1, inputs `(..., N, d)`; or 2, maps `(..., H, W, C)`.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        query: x, `(..., N, d)`, or `(..., H, W, d)` with `axes=2`.
        memory: y, `(..., M, e)`, or a map, with the same leading axes; by default `query`.

    Returns:
        `(..., N, value_units)`, or `(..., H, W, value_units)` with `axes=2`.

    Raises:
        AVEError: An argument is out of range, or the shapes of the inputs do not fit together.

    Example:

    >>> UnscaledAttention(128, 512, axes=2)(keras.random.normal((2, 10, 7, 7, 512))).shape
    (2, 10, 7, 7, 512)

    Reference:
        Xia and Zhao, CVPR 2022; He et al., CACE-Net, ACM MM 2024; form and sizes from their released code.
    """

    def __init__(self, units=128, value_units=512, axes=1, **kwargs):
        super().__init__(**kwargs)
        self.units = self.positive("units", units)
        self.value_units = self.positive("value_units", value_units)
        self.axes = self.choice("axes", axes, (1, 2))

    def build(self, query_shape, memory_shape=None):
        """Creates Q, K and V."""
        memory_shape = query_shape if memory_shape is None else memory_shape
        leading = len(query_shape) - self.axes - 1
        fits = len(query_shape) == len(memory_shape) and leading >= 1
        fits = fits and all(map(same, query_shape[:leading], memory_shape[:leading]))
        expected = "query and memory (..., N, d)" if self.axes == 1 else "query and memory (..., H, W, C)"
        fits = fits and None not in (query_shape[-1], memory_shape[-1])
        self.check_shapes(fits, f"{expected}, same leading axes, known widths", query_shape, memory_shape)
        self.query = self.dense(self.units, "query", query_shape)
        self.key = self.dense(self.units, "key", memory_shape)
        self.value = self.dense(self.value_units, "value", memory_shape)

    def call(self, query, memory=None):
        """Attends from the positions of `query` to those of `memory`."""
        memory = query if memory is None else memory
        positions = ops.shape(query)[:-1]
        if self.axes == 2:
            # Self-attention: one flattened map, not two.
            flat = flatten_cells(query)
            query, memory = flat, flat if memory is query else flatten_cells(memory)
        attended = unscaled_attention(self.query(query), self.key(memory), self.value(memory))
        return ops.reshape(attended, (*positions, self.value_units)) if self.axes == 2 else attended

    def compute_output_shape(self, query_shape, memory_shape=None):
        """The shape of `query` with `value_units` channels."""
        return (*query_shape[:-1], self.value_units)

    def get_config(self):
        """The constructor arguments."""
        own = {"units": self.units, "value_units": self.value_units, "axes": self.axes}
        return {**super().get_config(), **own}
