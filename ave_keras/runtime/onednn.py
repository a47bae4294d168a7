"""Products that PyTorch computes faster with oneDNN than with MKL, its matrix library on x86 processors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    import torch


def convolves(maps: torch.Tensor) -> bool:
    """Whether `convolve` supports a tensor, and MKL would compute the product otherwise.

    That is: on PyTorch, in float32, on an x86 CPU, but not while PyTorch traces the model, such as for export.
    """
    if keras.backend.backend() != "torch":
        return False
    import torch

    traced = torch.compiler.is_compiling() or torch.jit.is_tracing()
    libraries = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()
    return libraries and not traced and maps.device.type == "cpu" and maps.dtype == torch.float32


def convolve(
    maps: torch.Tensor,
    kernel: keras.Variable | torch.Tensor,
    bias: keras.Variable | torch.Tensor | None = None,
    relu: bool = False,
) -> torch.Tensor:
    """`maps @ kernel + bias` as a convolution with 1x1 cells, optionally with ReLU.

    PyTorch leaves convolutions to oneDNN. On AMD processors with AVX-512, oneDNN is up to twice as fast as MKL, which
    uses AVX2 there; and it adds the bias and sums up its gradient within the products.

    Args:
        maps: `(N, H, W, d)`, a tensor for which `convolves` is true.
        kernel: `(d, h)`.
        bias: `(h,)`, or None.
        relu: Whether to apply ReLU.

    Returns:
        `(N, H, W, h)`.
    """
    import torch

    kernel, bias = keras.ops.convert_to_tensor(kernel), bias if bias is None else keras.ops.convert_to_tensor(bias)
    # A view of (N, d, H, W) that PyTorch recognizes as channels-last, so that it does not copy the maps.
    result = torch.nn.functional.conv2d(maps.permute(0, 3, 1, 2), kernel.T[..., None, None], bias)
    # In place, because a new tensor would take another pass over the memory.
    return (result.relu_() if relu else result).permute(0, 2, 3, 1)
