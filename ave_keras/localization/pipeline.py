"""From a video to a result: which event happens in each second, and where the model looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.encoders.registry import is_plugin
from ave_keras.localization.attention import attention_maps, has_attention
from ave_keras.localization.result import BACKGROUND, Localization
from ave_keras.localization.unknown import known_classes, stored_temperature
from ave_keras.localization.windows import windows_of
from ave_keras.metrics import with_temperature
from ave_keras.models.files import read_metadata, read_model

if TYPE_CHECKING:
    import keras

    from ave_keras.features.encoders.protocols import AudioEncoder, VisualEncoder

# The encoders of the paper, used if neither the caller nor the model's file names others.
ENCODERS = {"audio": "vggish", "visual": "vgg19"}
UNKNOWN_NOTE = "unknown?: less like the model's classes than 95 % of the known events that it finds"


def localize(
    video: str | Path,
    model: str | Path | keras.Model,
    audio_encoder: str | AudioEncoder | None = None,
    visual_encoder: str | VisualEncoder | None = None,
    *,
    class_names: Sequence[str] | None = None,
    truth: Iterable[tuple[str, int, int]] | None = None,
    segments: int | None = None,
    silent: bool = False,
    downmix: str = "mean",
    unknown: str | None = None,
) -> Localization:
    """Predicts the event in each second of a video, and where the model looks.

    A model takes T seconds. A longer video is processed in windows of T seconds, the last of which ends with the video;
    a shorter one is padded by repeating its last second, and the predictions for the padding are dropped.

    If the model's file has a temperature, the probabilities are those with it.

    Args:
        video: a video file, or a folder of pictures and a sound file.
        model: a `.keras` file or a `keras.Model` that localizes, with inputs `audio`, `visual` or both.
        audio_encoder: An encoder of `ave_keras.features`, or its name; by default that in the model's file, or VGGish.
        visual_encoder: Likewise, or VGG-19. Both encoders must be those of the training data.
        class_names: C names in the order of the columns, without background; by default those in the model's file, or
            numbers.
        truth: The true events, if known, as `[(class name, start, end)]` with seconds `start <= t < end`.
        segments: Number of seconds to process; all by default.
        silent: Whether to use silence if the video has no sound, instead of raising an error.
        downmix: How several channels of sound become one: "mean", "left", "right" or "loudest"; as in training.
        unknown: Whether to mark events that no class of the model fits: by "neighbours" or "probability", see
            `KnownClasses`, if the model is a file of `ave-keras train`.

    Returns:
        A `Localization`.

    Raises:
        AVEError: An unreadable video or model; a model that matches pairs, or takes other features than the encoders
            return; a wrong number of class names.

    Example:

    >>> found = ave_keras.localize("dog.mp4", "runs/av_att/model.keras", truth=[("Bark", 0, 10)])
    >>> found.classes[:3]
    ('Bark', 'Bark', 'Background')

    Reference:
        Tian et al., Audio-Visual Event Localization in Unconstrained Videos, ECCV 2018, Fig. 1, 5 and 6.
    """
    from ave_keras import features

    video = Path(video)
    seconds = segments or features.segments_of(features.probe(video))
    truth = None if truth is None else _truth(truth, seconds)
    metadata = read_metadata(model) if isinstance(model, str | Path) else {}
    temperature = stored_temperature(metadata, model)
    known = _known(model, unknown) if unknown else None
    model = read_model(model, compile=False) if isinstance(model, str | Path) else model
    columns, length, names = _check(model)
    class_names = class_names or metadata.get("class_names")
    labels = _labels(class_names, columns)
    given = {"audio": audio_encoder, "visual": visual_encoder}
    encoders: dict[str, Any] = {"audio": None, "visual": None}
    for key in names:
        make = {"audio": features.audio_encoder, "visual": features.visual_encoder}[key]
        encoder, options = (given[key], {}) if given[key] else recorded_encoder(key, metadata)
        encoders[key] = make(encoder, **options) if isinstance(encoder, str) else encoder
        _check_fit(model, key, encoders[key])
    found = features.encode(
        video, encoders["audio"], encoders["visual"], segments=seconds, silent=silent, downmix=downmix
    )
    windows = windows_of(seconds, length or seconds)
    x = {key: found[key][windows.rows] for key in names}
    probabilities = np.asarray(_segments(model.predict(x, verbose=0)), "float32")
    if temperature:
        probabilities = with_temperature(probabilities, temperature)
    return Localization(
        video=video,
        class_names=labels,
        probabilities=windows.join(probabilities),
        attention=windows.join(np.asarray(attention_maps(model, x), "float32")) if has_attention(model) else None,
        truth=truth,
        model=model.name,
        notes=(
            *((f"the model was trained on {metadata['data']}",) if metadata.get("data") else ()),
            *(f"{key} features: {encoders[key].name}, {_weights(encoders[key])}" for key in names),
            *((f"confidences: with temperature {temperature:.3g}, fitted after training",) if temperature else ()),
            *((f"{UNKNOWN_NOTE}, by {known.method}",) if known else ()),
            *(() if class_names else ("the model's file does not contain class names, so that classes are numbered",)),
        ),
        seen=_seen(encoders["visual"]),
        temperature=temperature,
        unknown_scores=windows.join(known.scores(model, x, probabilities)) if known else None,
        unknown_threshold=known.threshold if known else None,
    )


def _known(model, method):
    if not isinstance(model, str | Path):
        fix = "Pass the path of a file that ave-keras train has written"
        raise AVEError("a model in memory does not say how to detect unknown events", key="unknown", fix=fix)
    return known_classes(model, method)


def _check(model):
    """`(columns, T or None, input names)` of a model; raises an error if it does not localize events."""
    segments = model.output["segments"] if isinstance(model.output, dict) and "segments" in model.output else None
    segments = model.outputs[0] if segments is None else segments
    names = [symbol.name for symbol in model.inputs]
    distances = isinstance(model.output, dict) and "distances" in model.output
    if distances or len(segments.shape) != 3 or not set(names) <= {"audio", "visual"}:
        raise AVEError(
            f"model {model.name!r} does not localize events",
            expected="inputs of audio (B, T, d), visual (B, T, H, W, d) or both, output (B, T, classes)",
            found=f"inputs {names}, output {tuple(segments.shape)}",
            fix="Use an entry of Table 1 or 2, or `ave-keras match` for a model that matches sound and picture",
        )
    return segments.shape[-1], model.inputs[0].shape[1], names


def recorded_encoder(key: str, metadata: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """`(name, options)` of the encoder in the metadata of a model, or of the paper's.

    Raises:
        AVEError: It is not one of this package, or a keras-hub preset of somebody's.
    """
    recorded = metadata.get("encoders", {}).get(key, {"encoder": ENCODERS[key], "options": {}})
    name, options = recorded["encoder"], recorded["options"]
    if is_plugin(name) or (name.startswith("hub:") and "/" in name):
        # The author of a model file must not decide which code is imported and run here; a preset may name any.
        wanted = " ".join([f"--{key}-encoder {name}", *(f"--{key}-option {k}={v}" for k, v in options.items())])
        raise AVEError(
            f"the model's {key} encoder is not part of AVE-Keras",
            found=name,
            fix=f"If you trust it, pass it yourself: {wanted}",
        )
    return name, options


def _check_fit(model, key, encoder):
    wanted = tuple(next(symbol for symbol in model.inputs if symbol.name == key).shape[2:])
    given = (encoder.dim,) if key == "audio" else tuple(encoder.shape)
    if wanted != given:
        raise AVEError(
            f"model {model.name!r} takes other {key} features than encoder {encoder.name!r} returns",
            key=key,
            expected=f"{wanted}, as the model takes",
            found=f"{given} from {encoder.name}",
            fix="Use the encoder of the model's training data, or extract features with this one and train on them",
        )


def _labels(class_names, columns):
    if class_names is None:
        return (*(f"class {c}" for c in range(columns - 1)), BACKGROUND)
    if len(class_names) != columns - 1:
        raise AVEError(
            "wrong number of class names",
            key="classes",
            expected=f"{columns - 1} names, without background",
            found=len(class_names),
        )
    return (*map(str, class_names), BACKGROUND)


def _truth(events, seconds):
    found = [BACKGROUND] * seconds
    for name, start, end in events:
        if not 0 <= start <= end:
            raise AVEError("invalid event", key="truth", expected="0 <= start <= end", found=f"{start} to {end}")
        for second in range(int(start), min(int(end), seconds)):
            found[second] = str(name)
    return tuple(found)


def _seen(encoder):
    """The mean of the times 0, 1/n, … within a second at which an encoder samples its n pictures."""
    return 0.5 if encoder is None else (encoder.frames_per_second - 1) / (2 * encoder.frames_per_second)


def _weights(encoder):
    """The source of an encoder's weights; for a file only its name, because pages are shared."""
    return Path(encoder.weights).name if Path(encoder.weights).is_file() else encoder.weights


def _segments(prediction):
    return prediction["segments"] if isinstance(prediction, dict) else prediction
