"""The optimizer of the released code."""

from ave_keras.optimizers.torch_adam import TorchAdam

__all__ = ["TorchAdam"]
