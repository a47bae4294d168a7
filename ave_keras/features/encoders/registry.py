"""Creates encoders by name, or your own by `module:attribute`."""

import functools
import importlib
import inspect
from typing import Any

from ave_keras.errors import AVEError
from ave_keras.features.encoders.protocols import AudioEncoder, VisualEncoder

PACKAGE = "ave_keras.features.encoders"
AUDIO = {
    "vggish": f"{PACKAGE}.vggish:VGGish",
    "yamnet": f"{PACKAGE}.pretrained.yamnet:YAMNet",
    "logmel": f"{PACKAGE}.untrained.log_mel_statistics:LogMelStatistics",
}
VISUAL = {
    "vgg19": f"{PACKAGE}.vgg19:VGG19",
    "c3d": f"{PACKAGE}.c3d:C3D",
    "efficientnet_lite0": f"{PACKAGE}.pretrained.efficientnet_lite0:EfficientNetLite0",
    "patches": f"{PACKAGE}.untrained.patch_histograms:PatchHistograms",
}
# Encoders with a name of their own behind a colon, such as `applications:ConvNeXtTiny`.
FAMILIES = {
    "applications": f"{PACKAGE}.pretrained.applications:Application",
    "hub": f"{PACKAGE}.pretrained.hub:HubBackbone",
}


def audio_encoder(name: str, **options: Any) -> AudioEncoder:
    """Creates an audio encoder.

    Args:
        name: "vggish", "yamnet", "logmel", which needs no weights, or the `module:attribute` of your own encoder, or of
            a callable that returns one for `options`.
        options: Options such as `weights="vggish-10086976.pth"` or `weights="random"`.

    Raises:
        AVEError: The encoder or an option is unknown, or an attribute of `AudioEncoder` is missing.

    Example:

    >>> audio_encoder("vggish", weights="vggish-10086976.pth").dim
    128
    """
    return _create(name, AUDIO, AudioEncoder, options)


def visual_encoder(name: str, **options: Any) -> VisualEncoder:
    """Creates a visual encoder.

    Args:
        name: "vgg19", "c3d", "efficientnet_lite0", "patches", which needs no weights, `applications:NAME` for a network
            of `keras.applications`, `hub:PRESET` for an image backbone of keras-hub, or your own as `module:attribute`;
            see `audio_encoder`.
        options: Options such as `weights="imagenet"`.

    Raises:
        AVEError: The encoder or an option is unknown, or an attribute of `VisualEncoder` is missing.

    Example:

    >>> visual_encoder("applications:ConvNeXtTiny", weights="random").shape
    (7, 7, 768)
    """
    return _create(name, VISUAL, VisualEncoder, options)


def is_plugin(name: str) -> bool:
    """Whether `name` is the `module:attribute` of an encoder outside of this package."""
    return ":" in name and name.partition(":")[0] not in FAMILIES


def with_weights(name: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name and options of an encoder, with the file of its default weights, so that a recipe records its checksum."""
    from ave_keras.features.encoders import vggish
    from ave_keras.features.encoders.weights import downloaded

    path = downloaded(vggish.FILE) if name == "vggish" and options.get("weights") is None else None
    return name, {**options, "weights": path} if path else options


def _create(name, builtin, protocol, options):
    family, _, member = name.partition(":")
    if family in FAMILIES and builtin is VISUAL:
        encoder = functools.partial(_import(FAMILIES[family], name, builtin), member)
    else:
        encoder = _import(builtin.get(name, name), name, builtin)
    if inspect.isclass(encoder) or not isinstance(encoder, protocol):
        try:
            inspect.signature(encoder).bind(**options)
        except TypeError as error:
            raise AVEError(f"cannot create encoder {name!r}", found=f"{error}, options {options}") from error
        encoder = encoder(**options)
    elif options:
        raise AVEError(f"encoder {name!r} is already an instance", expected="no options", found=options)
    missing = [key for key in protocol.__annotations__ if not hasattr(encoder, key)]
    if missing or not callable(encoder):
        raise AVEError(f"not an encoder: {name!r}", expected=protocol.__name__, found=f"no {', '.join(missing)}")
    return encoder


def _import(target, name, builtin):
    module, _, attribute = target.partition(":")
    if not attribute or module in FAMILIES:
        families = "applications:NAME, hub:PRESET, " if builtin is VISUAL else ""
        raise AVEError(
            "unknown encoder",
            expected=f"one of {list(builtin)}, {families}or your own as module:attribute",
            found=repr(name),
        )
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise AVEError(
            f"encoder {name!r} not found",
            found=str(error),
            fix="Run the command in the folder of the module, or set PYTHONPATH",
        ) from error
    except AttributeError as error:
        raise AVEError(f"encoder {name!r} not found", found=str(error)) from error
