"""What every fusion asks of its two inputs."""

from ave_keras.errors import AVEError


def check_pair(layer, audio_shape, visual_shape):
    """Raises `AVEError` unless `(..., d_a)` and `(..., d_v)` share their leading axes and both widths are known."""
    leading = zip(audio_shape[:-1], visual_shape[:-1], strict=False)
    fits = len(audio_shape) == len(visual_shape) and all(a is None or v is None or a == v for a, v in leading)
    if not fits or None in (audio_shape[-1], visual_shape[-1]):
        raise AVEError(
            f"{type(layer).__name__} cannot fuse these inputs",
            expected="audio (..., d_a) and visual (..., d_v) with the same leading axes",
            found=f"audio {tuple(audio_shape)}, visual {tuple(visual_shape)}",
        )
