import warnings

import keras
import pytest

from ave_keras.runtime import processor

X86, ARM = "processor\t: 0\nflags\t\t: fpu avx512f {}\n", "processor\t: 0\nFeatures\t: fp asimd {}\n"


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        (X86.format(""), True),
        (X86.format("avx512_bf16"), False),
        (X86.format("amx_bf16 amx_tile"), False),
        (ARM.format("bf16"), False),
        (ARM.format("i8mm"), True),
        ("processor: 0\n", False),
        (None, False),
    ],
)
def test_reads_the_instructions_of_the_processor(text, lacks, tmp_path):
    path = tmp_path / "cpuinfo"
    if text is not None:
        path.write_text(text)
    assert processor.lacks_bfloat16(path) is lacks


@pytest.mark.parametrize(
    ("policy", "lacks", "gpus", "warned"),
    [
        ("mixed_bfloat16", True, [], True),
        ("mixed_bfloat16", False, [], False),
        ("mixed_bfloat16", True, ["0"], False),
        ("float32", True, [], False),
    ],
)
def test_warns_where_it_is_slow(policy, lacks, gpus, warned, monkeypatch):
    monkeypatch.setattr(processor, "lacks_bfloat16", lambda: lacks)
    monkeypatch.setattr(processor, "visible_gpus", lambda: gpus)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype=policy)])
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        processor.warn_of_slow_bfloat16(model)
    assert ["no instructions for bfloat16" in str(w.message) for w in found] == [True] * warned
