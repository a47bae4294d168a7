"""Writes small films with PyAV, with a number on every frame and a known sound."""

from fractions import Fraction

import numpy as np

TICKS = 1000
BITS, CELL = 8, 8


def number_picture(number, height=48):
    """`(height, 64, 3)` uint8: the bits of `number` as white and black columns, its upper half reddish."""
    bits = (number >> np.arange(BITS)) & 1
    picture = np.repeat(np.repeat(np.uint8(bits * 255)[None, :], height, 0), CELL, 1)[..., None].repeat(3, 2)
    picture[: height // 4] = (255, 0, 0)
    return picture


def number_of(picture):
    """Reads the number from an upright picture of any size."""
    height, width = picture.shape[:2]
    row = picture[height * 3 // 4, :, 1]
    bits = row[np.int64((np.arange(BITS) + 0.5) * width / BITS)] > 127
    return int((bits << np.arange(BITS)).sum())


def write_film(
    path, times=(), *, sound=None, rate=16000, start=0.0, rotation=0, mirrored=False, options=None, height=48
):
    """Writes a film.

    Args:
        path: The file to write; its suffix selects the container.
        times: The start of frames 0, 1, … in seconds; no times write a file with sound only.
        sound: `(channels, n)` float32, or None.
        rate: The sample rate of the sound.
        start: The start of the sound in seconds.
        rotation: The rotation by players, in degrees counterclockwise.
        mirrored: Whether players swap left and right after the rotation.
        options: The options of the container.
        height: The height of the picture.
    """
    import av

    wav = path.suffix == ".wav"
    with av.open(str(path), "w", options=options or {}) as container:
        streams = {}
        if len(times):
            video = container.add_stream("libx264", rate=25, options={"crf": "10", "preset": "ultrafast", "bf": "0"})
            video.width, video.height, video.pix_fmt = BITS * CELL, height, "yuv420p"
            video.time_base = video.codec_context.time_base = Fraction(1, TICKS)
            if rotation or mirrored:
                video.set_display_rotation(rotation, hflip=mirrored)
            streams["video"] = video
        if sound is not None:
            layout = "mono" if len(sound) == 1 else "stereo"
            codec = "pcm_f32le" if wav else "flac" if path.suffix == ".flac" else "aac"
            streams["audio"] = container.add_stream(codec, rate=rate, layout=layout)
        packets = []
        if "video" in streams:
            packets += _pictures(streams["video"], times, height)
        if sound is not None:
            packets += _sound(streams["audio"], sound, rate, start)
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
            container.mux(packet)
    return path


def _pictures(stream, times, height):
    import av

    packets = []
    for number, time in enumerate(times):
        frame = av.VideoFrame.from_ndarray(number_picture(number, height), format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = round(time * TICKS), Fraction(1, TICKS)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _sound(stream, sound, rate, start):
    import av

    layout = "mono" if len(sound) == 1 else "stereo"
    packets, step = [], stream.codec_context.frame_size or 1024
    resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
    for offset in range(0, sound.shape[1], step):
        part = np.ascontiguousarray(sound[:, offset : offset + step], "float32")
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, round(start * rate) + offset, Fraction(1, rate)
        for converted in resampler.resample(frame):
            packets += stream.encode(converted)
    return packets + stream.encode(None)


def tone(seconds, rate=16000, frequency=440.0):
    """`(seconds · rate,)` float32, a sine of half amplitude."""
    return np.float32(0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate))
