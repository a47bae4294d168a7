"""The contrastive branch of CACE-Net: a query that joins the event scores, and pairs for a contrastive loss."""

import keras
from keras import ops

from ave_keras.layers.cross_modal.base import CrossModal
from ave_keras.layers.cross_modal.cosine_similarity import unit_vectors

# That of PyTorch's `normalize`.
EPSILON = 1e-12


@keras.saving.register_keras_serializable(package="ave_keras")
class ContrastiveBranch(CrossModal):
    """`q = relu(W f + b)`; returns `f + switch * strength * q`, `q / |q|` and `k / |k|` with `k = relu(W (f + n) + b)`.

    n is Gaussian noise, drawn anew in training only; in inference it is zero, so that outputs are reproducible. (The
    released code draws it in evaluation, too.) The switch is a scalar weight that is not trained: 1 for on, 0 for off.
    The released training turns it on after an eighth of the epochs: `layer.switch.assign(0.0)`.

    The query and the key are computed and returned in float32.

    Args:
        strength: Lambda, the factor of the query in the joint feature.
        noise: The standard deviation of the noise.
        seed: The seed of the noise; by default from Keras' global generator.
        **kwargs: The usual arguments of a Keras layer, such as `name` and `dtype`.

    Call arguments:
        inputs: f, `(..., d)`.
        noise: n, of the shape of f, to add as it is instead of drawing it, optional.
        training: Whether to draw noise.

    Returns:
        `(joint, query, key)`, all `(..., d)`.

    Raises:
        AVEError: `strength` or `noise` is not a finite number.

    Example:

    >>> joint, query, key = ContrastiveBranch()(keras.random.normal((2, 10, 256)))
    >>> query.shape
    (2, 10, 256)

    Reference:
        He et al., CACE-Net, ACM MM 2024; noise, epsilon and switch from its released code.
    """

    def __init__(self, strength=0.6, noise=0.1, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.strength = self.finite("strength", strength)
        self.noise = self.finite("noise", noise)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        """Creates W, b and the switch."""
        fits = len(input_shape) >= 2 and input_shape[-1] is not None
        self.check_shapes(fits, "inputs (..., d) with a known d", input_shape)
        self.encoder = self.dense(input_shape[-1], "encoder", input_shape, activation="relu")
        self.switch = self.add_weight(shape=(), initializer="ones", trainable=False, name="switch")

    def call(self, inputs, noise=None, training=False):
        """Computes the joint feature and the pair."""
        query = self.encoder(inputs)
        if noise is None and training:
            noise = keras.random.normal(ops.shape(inputs), stddev=self.noise, dtype=inputs.dtype, seed=self.generator)
        key = query if noise is None else self.encoder(inputs + ops.cast(noise, inputs.dtype))
        joint = inputs + ops.cast(self.strength * self.switch, inputs.dtype) * query
        return joint, unit_vectors(query, EPSILON), unit_vectors(key, EPSILON)

    def compute_output_spec(self, inputs, noise=None, training=False):
        """Three symbolic `(..., d)`."""
        kinds = (self.compute_dtype, "float32", "float32")
        return tuple(keras.KerasTensor(inputs.shape, dtype=kind) for kind in kinds)

    def compute_output_shape(self, input_shape):
        """Three times `(..., d)`."""
        return (tuple(input_shape),) * 3

    def get_config(self):
        """The constructor arguments."""
        return {**super().get_config(), "strength": self.strength, "noise": self.noise, "seed": self.seed}
