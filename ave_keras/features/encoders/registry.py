"""Encoders by name, and any other one as `module:attribute`."""

import importlib
import inspect

from ave_keras.errors import AVEError
from ave_keras.features.encoders.protocols import AudioEncoder, VisualEncoder

PACKAGE = "ave_keras.features.encoders"
AUDIO = {"vggish": f"{PACKAGE}.vggish:VGGish"}
VISUAL = {"vgg19": f"{PACKAGE}.vgg19:VGG19", "c3d": f"{PACKAGE}.c3d:C3D"}


def audio_encoder(name, **options):
    """An audio encoder.

    Args:
        name: "vggish", or `module:attribute` of your own: an encoder, or what makes one when called with `options`.
        options: such as `weights="vggish-10086976.pth"`, or `weights="random"`.

    Raises:
        AVEError: no such encoder or option, or it lacks an attribute of `AudioEncoder`.

    Example:

    >>> audio_encoder("vggish", weights="vggish-10086976.pth").dim
    128
    """
    return _made(name, AUDIO, AudioEncoder, options)


def visual_encoder(name, **options):
    """A visual encoder: "vgg19", "c3d", or `module:attribute` of your own; see `audio_encoder`."""
    return _made(name, VISUAL, VisualEncoder, options)


def _made(name, known, protocol, options):
    attribute = _attribute(known.get(name, name), name, known)
    if inspect.isclass(attribute) or not isinstance(attribute, protocol):
        try:
            inspect.signature(attribute).bind(**options)
        except TypeError as error:
            raise AVEError(f"encoder {name!r} cannot be made", found=f"{error}, of {options}") from error
        attribute = attribute(**options)
    elif options:
        raise AVEError(f"encoder {name!r} is made already", expected="no options", found=options)
    lacking = [key for key in protocol.__annotations__ if not hasattr(attribute, key)]
    if lacking or not callable(attribute):
        raise AVEError(f"not an encoder: {name!r}", expected=protocol.__name__, found=f"no {', '.join(lacking)}")
    return attribute


def _attribute(target, name, known):
    module, _, attribute = target.partition(":")
    if not attribute:
        raise AVEError(
            "unknown encoder", expected=f"one of {list(known)}, or module:attribute of your own", found=repr(name)
        )
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise AVEError(
            f"encoder {name!r} not found", found=str(error), fix="Run where Python finds the module, or set PYTHONPATH"
        ) from error
    except AttributeError as error:
        raise AVEError(f"encoder {name!r} not found", found=str(error)) from error
