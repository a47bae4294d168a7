"""Weights in the layout of the released tensors, where one tensor may hold several weights of ours."""

import math
from dataclasses import dataclass

import keras
import numpy as np

from ave_keras.checkpoints.names import Weight


def plain(variable: keras.Variable, *names: str) -> Weight:
    """A weight that is a released tensor, transposed, or the sum of two."""
    return Weight(variable, names)


@dataclass(frozen=True)
class Packed:
    """Weights of ours that are one released tensor, one after the other along its first axis.

    Attributes:
        variables: The weights, kernels `(inputs..., outputs...)` or biases.
        names: The released name, alone in a tuple.
        shape: The shape of the released tensor.
        inputs: How many of the first axes of a weight are inputs: 1 for a kernel `(d, heads, d / heads)`, 2 for
            `(heads, d / heads, d)`, 0 for a bias.
    """

    variables: tuple
    names: tuple[str]
    shape: tuple[int, ...]
    inputs: int = 1

    @property
    def value(self) -> np.ndarray:
        """The value in the layout of the released tensor."""
        return np.concatenate([self._matrix(variable).T for variable in self.variables]).reshape(self.shape)

    def assign(self, value: np.ndarray) -> None:
        """Sets the weights from the released tensor."""
        for variable, part in zip(self.variables, np.split(value, len(self.variables)), strict=True):
            outputs = math.prod(variable.shape[self.inputs :])
            variable.assign(part.reshape(outputs, -1).T.reshape(variable.shape))

    def _matrix(self, variable):
        return keras.ops.convert_to_numpy(variable).reshape(math.prod(variable.shape[: self.inputs]), -1)
