"""Independent NumPy float64 versions of attention, feed-forward steps and normalizations."""

import numpy as np

from tests.reference import relu, sigmoid, softmax

#: The bias of the keys adds the same to all scores of a query, so that it has no gradient.
KEY_BIAS = ("key/bias",)


def normalized(x, gamma, beta, epsilon=1e-5):
    """PyTorch's layer normalization: the biased variance over the last axis."""
    centered = x - x.mean(-1, keepdims=True)
    return gamma * centered / np.sqrt((centered**2).mean(-1, keepdims=True) + epsilon) + beta


def attention(x, y, weights):
    """`softmax(Q x (K y)^T) V y` with one head and without scaling."""
    q, b_q, k, b_k, v, b_v = weights
    scores = np.einsum("...nd,...md->...nm", x @ q + b_q, y @ k + b_k)
    return softmax(scores) @ (y @ v + b_v)


def heads_attention(x, y, weights):
    """Scaled attention, head by head; kernels `(d, heads, d / heads)`, of the result `(heads, d / heads, d)`."""
    q, b_q, k, b_k, v, b_v, o, b_o = weights
    result = b_o
    for head in range(q.shape[1]):
        queries = x @ q[:, head] + b_q[head]
        keys = y @ k[:, head] + b_k[head]
        values = y @ v[:, head] + b_v[head]
        scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(q.shape[2])
        result = result + softmax(scores) @ values @ o[head]
    return result


def residual_attention(x, y, weights):
    return normalized(x + heads_attention(x, y, weights[:8]), *weights[8:])


def feed_forward(x, weights):
    w1, b1, w2, b2, gamma, beta = weights
    return normalized(x + relu(x @ w1 + b1) @ w2 + b2, gamma, beta)


def guided_pooling(guide, visual, weights):
    """Returns the pooled vectors and the weights of the cells; `visual (..., K, C)`."""
    g, b_g, v, b_v, w, b = weights
    joint = relu(visual @ v + b_v) * relu(guide @ g + b_g)[..., None, :]
    share = softmax(np.tanh((joint @ w + b)[..., 0]))
    return np.einsum("...k,...kc->...c", share, visual), share


def channel_attention(audio, visual, context, weights):
    """The amplified map `(..., K, C)`."""
    a, b_a, v, b_v, w_b, b_b, w_c, b_c = weights
    joint = (relu(audio @ a + b_a)[..., None, :] * relu(context @ v + b_v)).mean(-2)
    return visual * (1 + sigmoid(relu(joint @ w_b + b_b) @ w_c + b_c))[..., None, :]


def cells_of(visual):
    *leading, height, width, channels = visual.shape
    return visual.reshape(*leading, height * width, channels)
