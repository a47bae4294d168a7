"""Every fusion of the paper in NumPy float64, `f(weights, audio, visual)`, with weights in order of creation."""

import numpy as np

from tests.reference import sigmoid


def outer(x, y):
    return np.einsum("...i,...j->...ij", x, y).reshape(*x.shape[:-1], -1)


def additive(w, a, v):
    return a @ w[0] + v @ w[1]


def max_pooling(w, a, v):
    return np.maximum(a @ w[0], v @ w[1])


def gated_by_audio(w, a, v):
    return sigmoid(a @ w[0]) * (v @ w[1])


def gated_by_visual(w, a, v):
    return (a @ w[0]) * sigmoid(v @ w[1])


def bilinear(w, a, v):
    return outer(a @ w[0], v @ w[1])


def low_rank(w, a, v):
    return ((a @ w[0]) * (v @ w[1])) @ w[2]


def bilinear_gated_by_audio(w, a, v):
    return outer(sigmoid(a @ w[0]), v @ w[1])


def bilinear_gated_by_visual(w, a, v):
    return outer(sigmoid(v @ w[1]), a @ w[0])


def low_rank_gated(w, a, v):
    return (sigmoid(a @ w[0]) * (v @ w[1])) @ w[2]


def gmu(w, a, v):
    z = sigmoid(np.concatenate([a, v], -1) @ w[2])
    return z * np.tanh(a @ w[0]) + (1 - z) * np.tanh(v @ w[1])


def mrn(w, q, c):
    return q @ w[0] + np.tanh(q @ w[1]) * np.tanh(np.tanh(c @ w[2]) @ w[3])


def mrn_by_visual(w, a, v):
    return mrn(w, v, a)


def mrn_two_blocks(w, a, v):
    return mrn(w[4:], mrn(w[:4], a, v), v)


def network(w, x):
    return np.tanh(x @ w[0] + w[1]) @ w[2] + w[3]


def dmrn(w, a, v, blocks=1, swapped=False, shared=True):
    """Weights in order of creation: both width projections, then per block two audio and two visual layers."""
    a, v = a @ w[0], v @ w[1]
    for block in range(blocks):
        own = w[2:10] if shared else w[2 + 8 * block :]
        f = (network(own[:4], a) + network(own[4:], v)) / 2
        a, v = (np.tanh(v + f), np.tanh(a + f)) if swapped else (np.tanh(a + f), np.tanh(v + f))
    return (a + v) / 2
