"""An independent NumPy float64 version of the localizer, from the paper's equations."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def relu(x):
    return np.maximum(x, 0)


def lstm(x, kernel, recurrent, bias):
    """Eq. 1 over `x (B, T, d)`; the gates i, f, c, o are concatenated."""
    units = recurrent.shape[0]
    h = c = np.zeros((len(x), units))
    outputs = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, 1)


def bilstm(x, weights):
    """Concatenates an LSTM forward and one backward in time."""
    return np.concatenate([lstm(x, *weights[:3]), lstm(x[:, ::-1], *weights[3:])[:, ::-1]], -1)


def attention(audio, cells, weights):
    """Eq. 2-4 with row vectors; `cells (B, T, K, C)`."""
    w_f, u_a, b_a, u_v, b_v, w_a, w_v = weights
    sound = relu(audio @ u_a + b_a) @ w_a
    scores = np.tanh(relu(cells @ u_v + b_v) @ w_v + sound[..., None, :]) @ w_f
    return softmax(scores[..., 0])


def localizer(model, x, modalities, attends):
    """The logits of a Table 1 model with concatenation; reads the weights of `model` by layer name."""

    def weights(name):
        return [np.float64(w) for w in model.get_layer(name).get_weights()]

    x = {key: np.float64(value) for key, value in x.items()}
    features = dict(x)
    if "visual" in modalities:
        cells = x["visual"].reshape(*x["visual"].shape[:2], -1, x["visual"].shape[-1])
        pool = np.full(cells.shape[:3], 1 / cells.shape[2])
        w = attention(x["audio"], cells, weights("attention")) if attends else pool
        features["visual"] = np.einsum("btk,btkc->btc", w, cells)
    hidden = [bilstm(features[m], weights(f"lstm_{m}")) for m in modalities]
    joint = np.concatenate(hidden, -1)
    w1, b1 = weights("head")
    w2, b2 = weights("logits")
    return relu(relu(joint) @ w1 + b1) @ w2 + b2
