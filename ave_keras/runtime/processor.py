"""What the processor of this machine computes fast."""

from __future__ import annotations

import re
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ave_keras.runtime.gpus import visible_gpus

if TYPE_CHECKING:
    import keras

CPUINFO = Path("/proc/cpuinfo")
# Instructions for products in bfloat16 of x86 and ARM processors.
BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}


@cache
def lacks_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor is known to have no instructions for bfloat16; Linux alone says so."""
    try:
        found = re.search(r"^(?:flags|Features)\s*:(.*)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return False
    return found is not None and not BFLOAT16 & set(found[1].split())


def warn_of_slow_bfloat16(model: keras.Model) -> None:
    """Warns if a model computes in bfloat16 on a processor without instructions for it, and without a GPU.

    There, a train step of `av_att` takes twice as long as in float32.

    Warns:
        UserWarning: See above.
    """
    half = any(layer.compute_dtype == "bfloat16" for layer in model.layers)
    if half and not visible_gpus() and lacks_bfloat16():
        warnings.warn(
            "this processor has no instructions for bfloat16: training takes about twice as long as in float32",
            stacklevel=3,
        )
