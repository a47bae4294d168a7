"""Checks every fusion against its equation in NumPy float64."""

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import fusion
from tests import fusion_reference as by
from tests.kit import check_layer, functional, randomize

D_A, D_V, D, R = 3, 5, 4, 6


PROJECTIONS = D_A * D + D_V * D
LOW_RANK = (D_A + D_V) * R + R * D
NETWORKS = 2 * 2 * (D * D + D)
CASES = [
    (fusion.Additive(D), by.additive, PROJECTIONS),
    (fusion.MaxPooling(D), by.max_pooling, PROJECTIONS),
    (fusion.Gated(D), by.gated_by_audio, PROJECTIONS),
    (fusion.Gated(D, gate="visual"), by.gated_by_visual, PROJECTIONS),
    (fusion.Bilinear(D), by.bilinear, PROJECTIONS),
    (fusion.Bilinear(D, rank=R), by.low_rank, LOW_RANK),
    (fusion.GatedBilinear(D), by.bilinear_gated_by_audio, PROJECTIONS),
    (fusion.GatedBilinear(D, gate="visual"), by.bilinear_gated_by_visual, PROJECTIONS),
    (fusion.GatedBilinear(D, rank=R), by.low_rank_gated, LOW_RANK),
    (fusion.GMU(D), by.gmu, PROJECTIONS + (D_A + D_V) * D),
    (fusion.MRN(D), by.mrn, 2 * D_A * D + D_V * D + D * D),
    (fusion.MRN(D, residual="visual"), by.mrn_by_visual, 2 * D_V * D + D_A * D + D * D),
    (fusion.MRN(D, blocks=2), by.mrn_two_blocks, 2 * D_A * D + 2 * D_V * D + 4 * D * D),
    (fusion.DMRN(D), by.dmrn, PROJECTIONS + NETWORKS),
    (fusion.DMRN(D, blocks=2), lambda w, a, v: by.dmrn(w, a, v, 2), PROJECTIONS + NETWORKS),
    (fusion.DMRN(D, blocks=2, swapped=True), lambda w, a, v: by.dmrn(w, a, v, 2, True), PROJECTIONS + NETWORKS),
    (
        fusion.DMRN(D, blocks=2, shared=False),
        lambda w, a, v: by.dmrn(w, a, v, 2, shared=False),
        PROJECTIONS + 2 * NETWORKS,
    ),
]


def name(case):
    config = {k: v for k, v in case.get_config().items() if k not in ("name", "trainable", "dtype", "units")}
    return f"{type(case).__name__}-{'-'.join(map(str, config.values()))}"


@pytest.fixture
def pair(rng):
    return np.float32(rng.normal(size=(2, 3, D_A))), np.float32(rng.normal(size=(2, 3, D_V)))


@pytest.mark.parametrize(("layer", "derivation", "weights"), CASES, ids=[name(case[0]) for case in CASES])
def test_contract(pair, layer, derivation, weights):
    fresh = type(layer).from_config(layer.get_config())
    check_layer(fresh, pair, derivation, weights=weights)


@pytest.mark.parametrize("blocks", [1, 2])
def test_swapped_residuals(rng, blocks):
    """The released form equals the paper's exactly for one block, but not for two."""
    pair = [np.float32(rng.normal(size=(2, 3, D))) for _ in range(2)]
    layers = [fusion.DMRN(D, blocks=blocks, swapped=swapped) for swapped in (False, True)]
    outputs = []
    for layer in layers:
        functional(layer, pair)
        randomize(layer)
        outputs.append(keras.ops.convert_to_numpy(layer(*pair)))
    assert np.array_equal(*outputs) == (blocks == 1)


def test_dmrn_projects_only_where_widths_differ():
    layer = fusion.DMRN()
    layer.build((None, 10, 256), (None, 10, 256))
    assert layer.count_params() == 2 * 2 * (256 * 256 + 256)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: fusion.Additive(0), "Additive.*'units'.*1 or more.*found 0"),
        (lambda: fusion.Bilinear(4, rank=0), "Bilinear.*'rank'.*1 or more"),
        (lambda: fusion.DMRN(blocks=0), "DMRN.*'blocks'.*1 or more.*found 0"),
        (lambda: fusion.MRN(blocks=0), "MRN.*'blocks'"),
        (lambda: fusion.Gated(gate="sound"), r"Gated.*'gate'.*\('audio', 'visual'\).*'sound'"),
        (lambda: fusion.GatedBilinear(gate=None), "GatedBilinear.*'gate'"),
        (lambda: fusion.MRN(residual="text"), "MRN.*'residual'.*'text'"),
    ],
)
def test_invalid_arguments(build, message):
    with pytest.raises(AVEError, match=message):
        build()


@pytest.mark.parametrize("cls", [getattr(fusion, n) for n in fusion.__all__], ids=fusion.__all__)
def test_invalid_shapes(cls):
    with pytest.raises(AVEError, match=rf"{cls.__name__} cannot fuse.*expected audio.*found audio \(2, 3, 4\)"):
        cls().build((2, 3, 4), (2, 5, 4))
