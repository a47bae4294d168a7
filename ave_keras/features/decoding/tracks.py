"""Chooses the tracks of a video or sound file, and says when they start and end."""

from typing import Any

from ave_keras.features.decoding.containers import opened

# Containers that state the duration of each track. Matroska, MPEG-TS and others state at most that of the file, which
# FFmpeg also gives to tracks that it has not met yet.
STATED = {"mov", "avi", "wav", "flac", "ogg"}
# Packets to read in search of the first of each track.
PEEK = 500
# Seconds that encoders add to both ends of a sound, and decoders remove.
PADDING = 0.1
# Frames per second of a video that states no possible rate, as FFmpeg assumes for raw streams.
RATE = 25
# Samples per packet and per second of a sound that does not state them.
SAMPLES, SAMPLE_RATE = 1024, 48000


def tracks_of(container: Any) -> dict[str, Any]:
    """The tracks to read, `{"video": stream, "audio": stream}`: the default ones, without a kind that is missing.

    A default track is the first one that the file marks as default, else the first. Cover pictures are no video.
    """
    found = {kind: _candidates(container, kind) for kind in ("video", "audio")}
    return {kind: min(streams, key=lambda s: not _is_default(s)) for kind, streams in found.items() if streams}


def choice_of(container: Any, kind: str) -> str | None:
    """One sentence on which of several tracks is read; None if there is only one."""
    streams = _candidates(container, kind)
    if len(streams) < 2:
        return None
    taken = tracks_of(container)[kind]
    number = f"number {streams.index(taken) + 1}"
    if taken.language not in (None, "und"):
        number += f" (language {taken.language})"
    reason = "the default one" if _is_default(taken) else "because none is marked as default"
    return f"the file has {len(streams)} {kind} tracks; {number} is read, {reason}"


def start_of(container: Any) -> float:
    """The container's timestamp at the start, in seconds: 1.4 in MPEG-TS, 0 in most."""
    if (container.start_time or 0) <= 0:
        return 0.0
    # FFmpeg's start of a track is too late or missing if it has met too few of its packets.
    tracks = tracks_of(container)
    first: dict[str, float] = {}
    with opened(container.name) as again:
        streams = [again.streams[track.index] for track in tracks.values()]
        for packet, _ in zip(again.demux(streams), range(PEEK), strict=False):
            if packet.pts is not None:
                first.setdefault(packet.stream.type, float(packet.pts * packet.time_base))
            if len(first) == len(streams):
                break
    if "audio" in first:
        # Only FFmpeg knows how much padding it removes from the first packet.
        padded = float((tracks["audio"].start_time or 0) * tracks["audio"].time_base)
        if first["audio"] < padded < first["audio"] + PADDING:
            first["audio"] = padded
    return max(0.0, min(first.values(), default=0.0))


def stated_end(stream: Any) -> float | None:
    """The timestamp at the end of a track in seconds, by the header; None if it does not state it."""
    formats = set(stream.container.format.name.split(","))
    # An mp4 in fragments may still be growing; its header has no frames.
    if not stream.duration or not STATED & formats or ("mov" in formats and not stream.frames):
        return None
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base)


def seconds_of(container: Any) -> float:
    """The time from the start of the container to the end of the video track, else of the sound track; 0.0 if empty.

    If the header states no end, as in files of a browser's recorder, raw streams and files that are still growing, it
    is that of the last packet.
    """
    tracks = tracks_of(container)
    stream = tracks.get("video") or tracks.get("audio")
    if stream is None:
        return 0.0
    end = stated_end(stream)
    if end is None:
        # Reading the packets of the same container would leave none to decode.
        with opened(container.name) as again:
            packets = enumerate(again.demux(again.streams[stream.index]))
            times = (packet_time(stream, packet, number) for number, packet in packets if packet.size)
            end = max((start + seconds for start, seconds in times), default=0.0)
    return max(0.0, end - start_of(container))


def is_numbered(stream: Any) -> bool:
    """Whether pictures follow each other at a constant rate, without times at which to show them.

    Raw streams have none, or those that FFmpeg makes up; AVI has only those of decoding.
    """
    return stream.type == "video" and (stream.start_time is None or stream.container.format.name == "avi")


def packet_time(stream: Any, packet: Any, number: int) -> tuple[float, float]:
    """The timestamp and the duration in seconds of packet `number` of a track."""
    step, time = frame_seconds(stream), packet.dts if is_numbered(stream) else packet.pts
    start = number * step if time is None else float(time * packet.time_base)
    return start, float((packet.duration or 0) * packet.time_base) or step


def frame_seconds(stream: Any) -> float:
    """The nominal duration of a frame or, for sound, of a packet."""
    if stream.type == "audio":
        return (stream.codec_context.frame_size or SAMPLES) / (stream.rate or SAMPLE_RATE)
    rate = stream.average_rate or stream.guessed_rate
    if stream.start_time is None:
        # FFmpeg takes 25 for a raw stream, even if the stream itself states its rate.
        rate = stream.codec_context.framerate or rate
    # Without a stated rate, FFmpeg may give the number of timestamps per second.
    return float(1 / rate) if rate and rate < 1000 else 1 / RATE


def _candidates(container, kind):
    # FFmpeg lists the cover picture of a sound file as a video stream of one frame.
    streams = getattr(container.streams, kind)
    return [s for s in streams if not s.disposition & s.disposition.attached_pic]


def _is_default(stream):
    return bool(stream.disposition & stream.disposition.default)
