"""Entries at sizes where a test takes milliseconds."""

import keras
import numpy as np

import zoo
from ave_keras.data.targets import Targets

# One entry of each kind. All entries run on PyTorch, which traces nothing. On TensorFlow and JAX, where tracing and
# compiling take seconds an entry, these stand for the others: every layer by itself is tested there too, and every
# entry goes from TensorFlow to PyTorch.
KINDS = (
    "a",
    "v_att",
    "av_att",
    "w_av_att",
    "dmrn_early",
    "gmb_decision",
    "dmrfe_late",
    "ed_tcn",
    "ssn",
    "avdln",
    "dcca",
    "cpsp",
    "w_avel",
)
ENTRIES = zoo.list() if keras.backend.backend() == "torch" else KINDS

SPEC = {"num_classes": 5, "segments": 4, "audio_dim": 6, "visual_shape": (3, 2, 8)}
_RECURRENT = {"attention_units": 7, "lstm_units": 4}
_PROJECTED = {**_RECURRENT, "hidden_units": 9, "projected_units": 5, "threshold": 0.01}
_RELATIONS = {"visual_units": 10, "bottleneck_units": 7, "units": 8, "feed_forward": 9, "heads": 2}
_GATED = {**_RELATIONS, "cell_units": 5, "audio_lstm_units": 3, "visual_lstm_units": 4, "decoder_feed_forward": 11}
_GATED |= {"interaction_heads": 2, "top_k": 2}
SIZES = {
    "psp": {**_PROJECTED, "head_units": 6},
    "cpsp": _PROJECTED,
    "avsdn": _RECURRENT,
    "cmran": _RELATIONS,
    "cmbs": _GATED,
    "cace_net": _GATED,
    "avel": {**_RECURRENT, "units": 8, "feed_forward": 9, "heads": 2, "head_units": 6, "threshold": 0.01},
    "localizer": {"lstm_units": 4, "head_units": 6, "attention_units": 7},
    "ed_tcn": {"filters": (4, 6), "kernel_size": 3},
    "ssn": {},
    "avdln": {"hidden_units": 5, "embedding_units": 3},
    "dcca": {"hidden_units": (5,), "view_units": 3, "components": 3},
}


def load(name, **kwargs):
    """The entry `name`, compiled, with small layers; shapes may be given."""
    return zoo.load(name, **{**SPEC, **SIZES[zoo.entry(name).builder], **kwargs})


def call(model, x):
    """The answer, NumPy arrays: without tracing, but as a whole on JAX, which compiles each operation otherwise."""
    answer = model.predict_on_batch(x) if keras.backend.backend() == "jax" else model(x)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, answer)


def batch(name, size=3, seed=0, **spec):
    """Random `(x, y)` for an entry; every video has one event, background elsewhere; pairs are official ones."""
    entry, spec = zoo.entry(name), {**SPEC, **spec}
    rng = np.random.default_rng(seed)
    leading = (size, spec["segments"])
    shapes = {"audio": (*leading, spec["audio_dim"]), "visual": (*leading, *spec["visual_shape"])}
    x = {key: np.float32(rng.normal(size=shapes[key])) for key in entry.modalities}
    onehot = np.eye(spec["num_classes"], dtype="float32")
    labels = np.full(leading, spec["num_classes"] - 1)
    for row in labels:
        start = rng.integers(0, spec["segments"])
        row[start : rng.integers(start, spec["segments"]) + 1] = rng.integers(0, spec["num_classes"] - 1)
    segments = onehot[labels]
    event = np.float32(labels != spec["num_classes"] - 1)
    if entry.task == "matching":
        pairs = event[:, None] * np.eye(spec["segments"], dtype="float32")
        return x, {"views": event[..., None]} if entry.learns_from == "views" else {"distances": pairs}
    if entry.recipe.losses:
        return x, Targets(entry.targets)(segments, onehot[labels.min(axis=1)])
    extra = {"weak": {"video": onehot[labels.min(axis=1)]}, "proposals": {"proposals": segments}}
    return x, {"segments": segments, **extra[entry.task]} if entry.task in extra else segments
