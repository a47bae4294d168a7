"""From a video to an answer: what happens in each second, and where the model looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ave_keras.errors import AVEError
from ave_keras.localization.attention import attends, attention_maps
from ave_keras.localization.result import BACKGROUND, Localization
from ave_keras.localization.windows import windows_of
from ave_keras.models.files import read_metadata, read_model

if TYPE_CHECKING:
    import keras

    from ave_keras.features.encoders.protocols import AudioEncoder, VisualEncoder

# The paper's own encoders, where neither the caller nor the model's file names others.
ENCODERS = {"audio": "vggish", "visual": "vgg19"}


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
) -> Localization:
    """Asks a trained model which event happens in each second of a video, and where it looks.

    A model takes the T seconds that it was built for. A longer video is asked about in windows of T, the last of which
    ends with the video; a shorter one is filled up with its last second, and the answers of these are dropped.

    Args:
        video: a file, or a folder of pictures and a sound file.
        model: a `.keras` file or a `keras.Model` that localizes, with inputs `audio`, `visual` or both.
        audio_encoder: an encoder of `ave_keras.features`, or its name; that of the model's file, else VGGish.
        visual_encoder: likewise, else VGG-19. They must be what the model was trained with.
        class_names: C names in the order of the columns, background left out; those of the model's file, else numbers.
        truth: `[(class name, start, end)]`, events that fill the seconds `start <= t < end`, where they are known.
        segments: seconds to look at; all, if not given.
        silent: takes silence where the video has no sound, instead of an error.

    Returns:
        A `Localization`.

    Raises:
        AVEError: a video that cannot be read; a model that is none, matches pairs, or was made for other features than
            the encoders give; as many class names as the model has not.

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
    facts = read_metadata(model) if isinstance(model, str | Path) else {}
    model = read_model(model, compile=False) if isinstance(model, str | Path) else model
    columns, length, names = _check(model)
    class_names = class_names or facts.get("class_names")
    labels = _labels(class_names, columns)
    given = {"audio": audio_encoder, "visual": visual_encoder}
    encoders: dict[str, Any] = {"audio": None, "visual": None}
    for key in names:
        make = {"audio": features.audio_encoder, "visual": features.visual_encoder}[key]
        encoder, options = (given[key], {}) if given[key] else _recorded(key, facts)
        encoders[key] = make(encoder, **options) if isinstance(encoder, str) else encoder
        _check_fit(model, key, encoders[key])
    found = features.encode(video, encoders["audio"], encoders["visual"], segments=seconds, silent=silent)
    windows = windows_of(seconds, length or seconds)
    x = {key: found[key][windows.rows] for key in names}
    return Localization(
        video=video,
        class_names=labels,
        probabilities=windows.join(_segments(model.predict(x, verbose=0))),
        attention=windows.join(attention_maps(model, x)) if attends(model) else None,
        truth=truth,
        model=model.name,
        notes=(
            *(f"{key} features: {encoders[key].name}, {_weights(encoders[key])}" for key in names),
            *(() if class_names else ("the model's file does not name its classes: they have numbers",)),
        ),
        seen=_seen(encoders["visual"]),
    )


def _check(model):
    """`(columns, T or None, input names)` of a model that localizes."""
    segments = model.output["segments"] if isinstance(model.output, dict) and "segments" in model.output else None
    segments = model.outputs[0] if segments is None else segments
    names = [symbol.name for symbol in model.inputs]
    distances = isinstance(model.output, dict) and "distances" in model.output
    if distances or len(segments.shape) != 3 or not set(names) <= {"audio", "visual"}:
        raise AVEError(
            f"model {model.name!r} does not localize events",
            expected="inputs of audio (B, T, d), visual (B, T, H, W, d) or both, output (B, T, classes)",
            found=f"inputs {names}, output {tuple(segments.shape)}",
            fix="Entries of Table 1 and 2 do; models that match sound and picture answer to `ave-keras match`",
        )
    return segments.shape[-1], model.inputs[0].shape[1], names


def _recorded(key, facts):
    """`(name, options)` of the encoder that a model's file names, or of the paper's."""
    said = facts.get("encoders", {}).get(key, {"encoder": ENCODERS[key], "options": {}})
    name, options = said["encoder"], said["options"]
    if ":" in name:
        # Whoever made the file must not choose what is imported and called here.
        wanted = " ".join([f"--{key}-encoder {name}", *(f"--{key}-option {k}={v}" for k, v in options.items())])
        raise AVEError(
            f"the model's {key} features are of an encoder that is not AVE-Keras' own",
            found=name,
            fix=f"If you trust it, name it yourself: {wanted}",
        )
    return name, options


def _check_fit(model, key, encoder):
    wanted = tuple(next(symbol for symbol in model.inputs if symbol.name == key).shape[2:])
    given = (encoder.dim,) if key == "audio" else tuple(encoder.shape)
    if wanted != given:
        raise AVEError(
            f"model {model.name!r} was made for other {key} features than encoder {encoder.name!r} gives",
            key=key,
            expected=f"{wanted}, what the model takes",
            found=f"{given} of {encoder.name}",
            fix="Name the encoder of the model's training data, or train on this one's: ave-keras extract, then train",
        )


def _labels(class_names, columns):
    if class_names is None:
        return (*(f"class {c}" for c in range(columns - 1)), BACKGROUND)
    if len(class_names) != columns - 1:
        raise AVEError(
            "the class names are not the model's",
            key="classes",
            expected=f"{columns - 1} names, background left out",
            found=len(class_names),
        )
    return (*map(str, class_names), BACKGROUND)


def _truth(events, seconds):
    found = [BACKGROUND] * seconds
    for name, start, end in events:
        if not 0 <= start <= end:
            raise AVEError("not an event", key="truth", expected="0 <= start <= end", found=f"{start} to {end}")
        for second in range(int(start), min(int(end), seconds)):
            found[second] = str(name)
    return tuple(found)


def _seen(encoder):
    """The mean of the times 0, 1/n, … at which an encoder takes its n pictures of a second."""
    return 0.5 if encoder is None else (encoder.frames_per_second - 1) / (2 * encoder.frames_per_second)


def _weights(encoder):
    """Where they come from; of a file its name alone, since pages are passed on."""
    return Path(encoder.weights).name if Path(encoder.weights).is_file() else encoder.weights


def _segments(answer):
    return answer["segments"] if isinstance(answer, dict) else answer
