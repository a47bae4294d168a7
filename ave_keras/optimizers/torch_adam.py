"""Adam as PyTorch takes its steps, on models whose LSTMs have one bias where PyTorch's have two."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="ave_keras")
class TorchAdam(keras.optimizers.Adam):
    """Adam with PyTorch's arithmetic: step for step, a model trains as its PyTorch twin does.

    Two things differ from `keras.optimizers.Adam`. The epsilon, 1e-8, is added after the second moment is corrected for
    its start at zero, not before, which counts where gradients are as small as those of `MultiLabelSoftMargin`. And the
    bias of an LSTM takes steps twice as large: PyTorch's LSTMs have two biases that add, with the same gradient, and
    Adam moves each of them by a whole step.

    Args:
        learning_rate: a number or a schedule.
        beta_1: decay of the first moment.
        beta_2: decay of the second moment.
        epsilon: keeps the denominator from zero.
        name: of the optimizer.
        **kwargs: as for every Keras optimizer.

    Example:

    >>> model.compile(TorchAdam(1e-3), MultiLabelSoftMargin())

    Reference:
        Kingma and Ba, Adam, ICLR 2015; `torch.optim.Adam`.
    """

    def __init__(self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8, name="torch_adam", **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name=name, **kwargs)

    def build(self, variables):
        """Creates the moments, and notes which variables are biases of LSTMs."""
        super().build(variables)
        self._biases = [2 if variable.path.endswith("lstm_cell/bias") else 1 for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        """One step of one variable."""
        dtype, index = variable.dtype, self._get_variable_index(variable)
        first, second = self._momentums[index], self._velocities[index]
        gradient, rate = ops.cast(gradient, dtype), ops.cast(learning_rate, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        start_1, start_2 = (1 - ops.power(ops.cast(beta, dtype), step) for beta in (self.beta_1, self.beta_2))
        self.assign_add(first, (gradient - first) * (1 - self.beta_1))
        self.assign_add(second, (ops.square(gradient) - second) * (1 - self.beta_2))
        denominator = ops.sqrt(second) / ops.sqrt(start_2) + self.epsilon
        self.assign_sub(variable, self._biases[index] * rate / start_1 * first / denominator)
