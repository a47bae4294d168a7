"""Adam with PyTorch's update steps, also for LSTMs, which have two biases in PyTorch and one in Keras."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="ave_keras")
class TorchAdam(keras.optimizers.Adam):
    """Adam with PyTorch's arithmetic, so that a model trains like its PyTorch counterpart.

    It differs from `keras.optimizers.Adam` in two ways. It adds epsilon, 1e-8, after the bias correction of the second
    moment, not before, which matters for gradients as small as those of `MultiLabelSoftMargin`. And it doubles the
    steps of LSTM biases: a PyTorch LSTM adds two biases with the same gradient, and Adam moves each by a full step.

    Args:
        learning_rate: The learning rate, a number or a schedule.
        beta_1: The decay of the first moment.
        beta_2: The decay of the second moment.
        epsilon: The offset that keeps the denominator above zero.
        name: The name of the optimizer.
        **kwargs: The usual arguments of a Keras optimizer.

    Example:

    >>> model.compile(TorchAdam(1e-3), MultiLabelSoftMargin())

    Reference:
        Kingma and Ba, Adam, ICLR 2015; `torch.optim.Adam`.
    """

    def __init__(self, learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8, name="torch_adam", **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name=name, **kwargs)

    def build(self, variables):
        """Creates the moments, and finds the LSTM biases."""
        super().build(variables)
        self._step_factors = [2 if variable.path.endswith("lstm_cell/bias") else 1 for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable."""
        dtype, index = variable.dtype, self._get_variable_index(variable)
        first, second = self._momentums[index], self._velocities[index]
        gradient, rate = ops.cast(gradient, dtype), ops.cast(learning_rate, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        correction_1, correction_2 = (1 - ops.power(ops.cast(beta, dtype), step) for beta in (self.beta_1, self.beta_2))
        self.assign_add(first, (gradient - first) * (1 - self.beta_1))
        self.assign_add(second, (ops.square(gradient) - second) * (1 - self.beta_2))
        denominator = ops.sqrt(second) / ops.sqrt(correction_2) + self.epsilon
        self.assign_sub(variable, self._step_factors[index] * rate / correction_1 * first / denominator)
