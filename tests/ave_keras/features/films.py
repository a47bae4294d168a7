"""Writes small films with PyAV, with a number on every frame and a known sound."""

from fractions import Fraction

import numpy as np

TICKS = 1000
BITS, CELL = 8, 8
# Frames per second of `write_seconds`, and the number on frames that no player shows.
FPS, HIDDEN = 25, 255
# The band of `signal`, in Hz, which a sound of 8 kHz can hold.
LOW, HIGH = 300, 3000


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
            packets += _pictures(streams["video"], enumerate(times), height)
        if sound is not None:
            packets += _sound(streams["audio"], sound, rate, start)
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
            container.mux(packet)
    return path


def signal(seconds, rate):
    """`(seconds · rate,)` float32: noise that differs in each second and is the same at any rate, at full energy."""
    parts = []
    for second in range(-1, int(np.ceil(seconds))):
        spectrum = np.zeros(rate // 2 + 1, "complex128")
        phases = np.random.default_rng(100 + second).random(HIGH - LOW)
        spectrum[LOW:HIGH] = np.exp(2j * np.pi * phases)
        part = np.fft.irfft(spectrum, rate)
        parts.append(np.float32(0.12 * part / part.std()))
    return np.concatenate(parts)[: round((seconds + 1) * rate)]


def write_seconds(
    path,
    seconds=4,
    *,
    codecs=("libx264", "aac"),
    rate=48000,
    starts=(0.0, 0.0),
    channels=(1.0,),
    gap=(0, 0),
    decoys=0,
    options=None,
    b_frames=0,
):
    """Writes a film of which picture and sound tell the time: frame n is shown at n / `FPS`, the sound is `signal`.

    Args:
        path: The file to write.
        seconds: The end of picture and sound.
        codecs: Those of picture and sound, or None.
        rate: The sample rate of the sound.
        starts: The second in which picture and sound start, -1 or later; what is before 0 is cut by an edit list.
        channels: The gain of each channel.
        gap: Start and end of missing sound.
        decoys: The number of tracks with other pictures and sounds before those, which are marked as default.
        options: The options of the container.
        b_frames: The number of B-frames in a row.
    """
    import av

    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(channels)]
    sound = np.float32(channels)[:, None] * signal(seconds, rate)[round((starts[1] + 1) * rate) :]
    numbers = range(round(starts[0] * FPS), round(seconds * FPS))
    packets = []
    with av.open(str(path), "w", options=options or {}) as container:
        for track in range(-decoys, 1):
            if codecs[0]:
                settings = {"g": "12", "bf": str(b_frames)}
                if codecs[0] == "libx264":
                    settings |= {"crf": "10", "preset": "ultrafast"}
                video = container.add_stream(codecs[0], rate=FPS, options=settings)
                video.width, video.height, video.pix_fmt = BITS * CELL, 48, "yuv420p"
                video.time_base = video.codec_context.time_base = Fraction(1, FPS)
                video.disposition = 0 if track else video.disposition.default
                timed = [(n if n >= 0 and not track else HIDDEN, n / FPS) for n in numbers]
                packets += _pictures(video, [(number, time) for number, time in timed], 48)
            if codecs[1]:
                audio = container.add_stream(codecs[1], rate=rate, layout=layout)
                audio.disposition = 0 if track else audio.disposition.default
                heard = _sound(audio, sound[:, ::-1] if track else sound, rate, starts[1])
                packets += [p for p in heard if not gap[0] <= p.pts * p.time_base < gap[1]]
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
            container.mux(packet)
    return path


def damage(path, kind, numbers, at=None):
    """Flips 20 bytes of packets of a track: in the middle, or from byte `at` on."""
    import av

    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(**{kind: 0}) if packet.size]
        for number in numbers:
            packet = bytes(packets[number])
            start = len(packet) // 2 - 10 if at is None else at
            flipped = bytes(255 - byte for byte in packet[start : start + 20])
            place = content.index(packet, packets[number].pos or 0) + start
            content[place : place + len(flipped)] = flipped
    path.write_bytes(content)
    return path


def _pictures(stream, numbered, height):
    import av

    packets = []
    for number, time in numbered:
        frame = av.VideoFrame.from_ndarray(number_picture(number, height), format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = round(time * TICKS), Fraction(1, TICKS)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _sound(stream, sound, rate, start):
    import av

    layout = stream.codec_context.layout.name
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
