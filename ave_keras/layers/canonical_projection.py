"""The linear projection of canonical correlation analysis, as a layer."""

import keras
from keras import ops

from ave_keras.errors import AVEError


def canonical_projection(x, mean, kernel):
    """`(x - mean) kernel`; `(..., d)` to `(..., k)`."""
    return ops.matmul(x - mean, kernel)


@keras.saving.register_keras_serializable(package="ave_keras")
class CanonicalProjection(keras.layers.Layer):
    """Subtracts a mean and projects on canonical directions: `(x - mean) kernel`.

    The weights are not trained. Like those of `keras.layers.Normalization`, they are computed from data, by
    `ave_keras.matching.fit_projections` after training, and saved with the model. Until then the layer returns the
    first `units` features unchanged. The mask passes through unchanged.

    Args:
        units: k, the number of canonical directions.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: `(..., d)`, with d at least `units`.

    Returns:
        `(..., k)` canonical variates.

    Raises:
        AVEError: There are more directions than features.

    Example:

    >>> CanonicalProjection(8)(keras.random.normal((2, 10, 64))).shape
    (2, 10, 8)

    Reference:
        Andrew et al., Deep canonical correlation analysis, ICML 2013, Sec. 2.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.supports_masking = True

    def build(self, input_shape):
        """Creates a zero mean and an identity kernel."""
        features = input_shape[-1]
        if not 1 <= self.units <= features:
            raise AVEError(
                "invalid number of directions", key="units", expected=f"1 to {features}, the features", found=self.units
            )
        self.mean = self.add_weight(shape=(features,), initializer="zeros", trainable=False, name="mean")
        self.kernel = self.add_weight(
            shape=(features, self.units), initializer="identity", trainable=False, name="kernel"
        )

    def call(self, inputs):
        """Projects the last axis."""
        return canonical_projection(inputs, *(ops.cast(w, self.compute_dtype) for w in (self.mean, self.kernel)))

    def compute_output_shape(self, input_shape):
        """`(..., k)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "units": self.units}
