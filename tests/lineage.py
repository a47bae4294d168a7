"""The released networks after 2018 as fixtures: weights, inputs, and the outputs of their PyTorch code."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from ave_keras import checkpoints, models
from ave_keras.checkpoints.reading import Checkpoint
from tests import small

#: Every fixture: its builder and arguments.
FIXTURES = {
    f"{name}_{short}": (builder, supervision)
    for name, builder in (("psp", "psp"), ("cpsp", "cpsp"), ("avsdn", "avsdn"), ("cmran", "cmran"), ("cmbs", "cmbs"))
    for short, supervision in (("sup", "full"), ("weak", "weak"))
} | {"cace_sup": ("cace_net", "full")}
MINI = [name for name in FIXTURES if name.startswith(("cmran", "cmbs", "cace"))]
#: Every width of the `_mini` files is a sixteenth.
SCALE = 16
WIDTHS = {
    "cmran": {"visual_units": 512, "bottleneck_units": 256, "units": 256, "feed_forward": 2048},
    "cmbs": {
        **{"visual_units": 512, "cell_units": 128, "bottleneck_units": 256, "units": 256},
        **{"audio_lstm_units": 128, "visual_lstm_units": 256, "decoder_feed_forward": 1024},
    },
}
WIDTHS["cace_net"] = {**WIDTHS["cmbs"], "feed_forward": 1024, "decoder_feed_forward": 512}
ENCODER_WIDTHS = {"full": 1024, "weak": 2048}
#: Our layers for the blocks whose outputs a fixture has, and which of their outputs.
BLOCKS = {
    "attention_0": ("attention", 0),
    "lstm_a_v_0": ("lstm_audio", None),
    "lstm_a_v_1": ("lstm_visual", None),
    "psp_0": ("propagation", 0),
    "psp_1": ("propagation", 2),
    "psp_2": ("propagation", 1),
    "spatial_channel_att_0": ("attention", 0),
    "spatial_channel_att_1": ("audio_guidance", None),
    "audio_visual_rnn_layer_0": ("lstm_audio", None),
    "audio_visual_rnn_layer_1": ("lstm_visual", None),
    "video_encoder_0": ("visual_encoder", None),
    "audio_encoder_0": ("audio_encoder", None),
    "video_decoder_0": ("visual_decoder", None),
    "audio_decoder_0": ("audio_decoder", None),
    "AVInter_0": ("visual_interaction", None),
    "VAInter_0": ("audio_interaction", None),
}
#: The attention of CMBS and CACE-Net is followed by another layer in the released module.
SUPPRESSED = {"spatial_channel_att_0": ("suppression", None)}
#: Our outputs by the name of the released one, which may differ between networks.
OUTPUTS = {
    "is_event_TB1": "event_logits",
    "is_event": "event_logits",
    "raw_logits": "category_logits",
    "class_logits": "category_logits",
    "category_logits": "category_logits",
    "event_prob": "video",
    "video_prob": "video",
    "video_prob29": "video",
    "av_gate_TB1": "gate",
    "av_gate": "gate",
    "av_score": "score_logits",
    "cos_av": "similarity",
    "fusion": "fusion",
    "q": "query",
}


@dataclass
class Fixture:
    """One fixture: its builder, its arrays under released names, the inputs, and what the released code computes."""

    name: str
    builder: str
    supervision: str
    mini: bool
    arrays: dict
    inputs: dict
    stored: dict

    def checkpoint(self, **changes):
        """The arrays as `read` returns them."""
        return Checkpoint({**self.arrays, **changes}, None, Path(f"{self.name}.pth.tar"))

    def build(self, **kwargs):
        """Our network of the same sizes, with random weights."""
        sizes = {}
        if self.mini:
            widths = dict(WIDTHS[self.builder])
            if self.builder == "cmbs":
                widths["feed_forward"] = ENCODER_WIDTHS[self.supervision]
            sizes = {key: value // SCALE for key, value in widths.items()}
            sizes |= {"audio_dim": 128 // SCALE, "visual_shape": (7, 7, 512 // SCALE)}
        return getattr(models, self.builder)(supervision=self.supervision, **sizes, **kwargs)

    def load(self, **kwargs):
        """Our network with the weights of the fixture."""
        model = self.build(**kwargs)
        checkpoints.import_weights(model, self.checkpoint())
        return model

    def compare(self, model):
        """Runs the model once, and compares all blocks and outputs of the fixture that are ours, batch first.

        Returns:
            `({released name: (found, expected)}, segments)`, with the answer for the seconds.
        """
        layers, found = {layer.name for layer in model.layers}, {}
        blocks = BLOCKS | (SUPPRESSED if "suppression" in layers else {})
        if self.builder == "psp" and self.supervision == "full":
            found["out_logits29"] = model.get_layer("logits").output
            found["out_fusion"] = model.get_layer("propagation").output[0]
        if self.builder == "psp" and self.supervision == "weak":
            found["out_seg_logits29"] = model.get_layer("weighted_logits").output
        if self.builder == "avsdn":
            found["out_fusion"] = model.get_layer("joint_relu").output
        for key in self.stored:
            name = key.partition("_")[2]
            if key.startswith("mid_"):
                layer, index = blocks[name]
                output = model.get_layer(layer).output
                found[key] = output if index is None else output[index]
            elif key.startswith("out_") and self._output(name) in model.output:
                found[key] = model.output[self._output(name)]
        found["segments"] = model.output["segments"]
        values = small.call(keras.Model(model.inputs, found), self.inputs)
        segments = values.pop("segments")
        compared = {key: (value, batch_first(key, self.stored[key], value.shape)) for key, value in values.items()}
        return compared, segments

    def _output(self, name):
        # The class logits of CMBS and CACE-Net are called event logits in their code.
        if name == "event_logits" and self.builder in ("cmbs", "cace_net"):
            return "category_logits"
        return OUTPUTS.get(name, name)


def batch_first(key, array, shape):
    """Some blocks and outputs have the time first, and logits of events a last axis of 1."""
    if key.endswith("_TB1") or (key.startswith("mid_") and array.shape[:2] != shape[:2]):
        array = array.swapaxes(0, 1)
    return array.reshape(shape)


def recipe(name, shape):
    """The weights of the `_np` files: their names are the seeds."""
    values = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    if len(shape) >= 2:
        values /= np.sqrt(np.prod(shape[1:]))
    elif "norm" in name and name.endswith("weight"):
        values = 1 + 0.1 * values
    else:
        values *= 0.1
    return np.float32(values)


def fixture(shared, name, mini=False):
    """Reads the fixture `name`, such as `"cmbs_weak"`, from the folder of real data."""
    with np.load(shared / "lineage" / f"{name}_{'mini' if mini else 'np'}.npz") as file:
        stored = dict(file)
    meta = json.loads(str(stored.pop("meta")))
    if mini:
        arrays = {key.removeprefix("p."): stored.pop(key) for key in list(stored) if key.startswith("p.")}
        inputs = {key: stored.pop(f"in_{key}") for key in ("audio", "visual")}
    else:
        arrays = {key: recipe(key, shape) for key, shape in zip(meta["names"], meta["shapes"], strict=True)}
        audio = 0.4 * np.random.RandomState(1).standard_normal((2, 10, 128))
        visual = 0.5 * np.random.RandomState(2).standard_normal((2, 10, 7, 7, 512))
        inputs = {"audio": np.float32(np.maximum(audio, 0)), "visual": np.float32(np.maximum(visual, 0))}
    assert list(arrays) == meta["names"]
    return Fixture(name, *FIXTURES[name], mini, arrays, inputs, stored)
