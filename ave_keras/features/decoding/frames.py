"""Decodes the frames of a track with their times, skips damaged packets, and says how much they lose."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.decoding import tracks
from ave_keras.runtime.packages import require

# Seconds by which a track may be shorter than stated; muxers round, and edit lists cut.
SLACK = 0.5
# The largest share of a track that may be lost: of the 10 s of an AVE clip, one second with its label.
MOST = 0.1
# A frame belongs to a packet if their timestamps differ by at most this part of the packet's duration. They are equal
# but for rounding; the second field of an interlaced picture and hidden reference pictures have no frame of their own.
NEAR = 0.75
# A packet of so few bytes has no picture: it repeats the previous one.
REPEAT = 8
# The first pictures of a raw stream, which tell the order of the others; H.264 reorders at most 16.
FIRST = 16


class Frames:
    """The decoded frames of the default track of a kind; to be iterated over once.

    Args:
        container: The PyAV container, with such a track.
        kind: "video" or "audio".

    Attributes:
        stream: The PyAV stream.

    Raises:
        AVEError: FFmpeg has no decoder for the track.
    """

    def __init__(self, container: Any, kind: str):
        self.stream = tracks.tracks_of(container)[kind]
        self._container, self._path = container, Path(container.name)
        if self.stream.codec_context is None:
            raise AVEError(f"no decoder for the {kind} track", file=self._path, fix="Convert it to H.264 and AAC")
        self._step = tracks.frame_seconds(self.stream)
        # Of packets, the timestamps and durations; of undamaged frames, the timestamps; all in seconds.
        self._packets: list[tuple[float, float]] = []
        self._shown: list[float] = []
        self._end, self._key, self._complete = 0.0, None, False
        # Whether no error has occurred; of sound, the channels and the rate of the frames.
        self._intact, self._kind = True, None
        # Of numbered pictures, the number of the last one, and how many packets early its own comes at most.
        self._numbered, self._number, self._lead = tracks.is_numbered(self.stream), -1, 0

    def __iter__(self) -> Iterator[tuple[float, Any]]:
        """Yields `(seconds from the start of the container, frame)`, without the frames that cannot be decoded.

        Raises:
            AVEError: The track is shorter than stated: the file is truncated.
        """
        av = require("av", "video")
        zero, following = tracks.start_of(self._container), 0.0
        for number, packet in enumerate(self._container.demux(self.stream)):
            start = self._note(packet, number)
            if self._numbered and packet.size:
                packet.pts = round(start / self._step)
            try:
                decoded = packet.decode()
            except av.FFmpegError:
                # Some damage raises no error, so that `report` counts missing frames instead.
                self._intact = False
                continue
            if self._is_sound and packet.pts is not None:
                following = float(packet.pts * packet.time_base)
            for frame in decoded:
                time = following if frame.pts is None else float(frame.pts * frame.time_base)
                if self._numbered:
                    time = self._step * self._place(frame)
                following = time + (frame.samples / frame.sample_rate if self._is_sound else self._step)
                if self._is_sound and not self._fits(frame):
                    continue
                if not frame.is_corrupt:
                    self._shown.append(time)
                yield time - zero, frame
        self._complete = True
        stated = tracks.stated_end(self.stream)
        if stated is not None and self._end < stated - SLACK:
            raise AVEError(
                "the file is truncated",
                file=self._path,
                key=self.stream.type,
                expected=f"{stated:.1f} s",
                found=f"{self._end:.1f} s",
                fix="Download it again",
            )

    def report(self) -> None:
        """Judges what has been read, to be called after it.

        Raises:
            AVEError: More than `MOST` of it is damaged.

        Warns:
            UserWarning: Some of it is damaged or missing, or the file has several tracks of this kind.
        """
        if choice := tracks.choice_of(self._container, self.stream.type):
            warnings.warn(f"{self._path}: {choice}", stacklevel=2)
        lost, total = self._lost()
        if lost > MOST * total:
            raise AVEError(
                f"too much of the {self.stream.type} track is damaged",
                file=self._path,
                expected=f"at most {MOST:.0%} that cannot be decoded",
                found=f"{lost:.2f} s of {total:.2f} s",
                fix="Download or record it again",
            )
        found = [f"{lost:.2f} s of {total:.2f} s ({lost / total:.1%}) are damaged"] if lost else []
        if missing := self._missing():
            found.append(f"{missing:.2f} s are missing between its packets")
        if found:
            instead = "silence" if self._is_sound else "the picture before"
            warnings.warn(
                f"{self._path}: of the {self.stream.type} track, {' and '.join(found)}; as in players, {instead} "
                "takes their place",
                stacklevel=2,
            )

    @property
    def _is_sound(self):
        return self.stream.type == "audio"

    def _note(self, packet, number):
        """Keeps the times of a packet that should give a frame; returns its timestamp."""
        start, seconds = tracks.packet_time(self.stream, packet, number)
        if not packet.size or (packet.pts is None and not self._numbered):
            return start
        self._end = max(self._end, start + seconds)
        if self._key is None and packet.is_keyframe:
            self._key = start
        # Edit lists mark packets that are not shown.
        if not packet.is_discard and (self._is_sound or packet.size > REPEAT):
            self._packets.append((start, seconds))
        return start

    def _place(self, frame):
        """The number of a picture in the order of display; its timestamp is the number of its packet.

        Packets of pictures that others refer to come before their turn. The first pictures tell how much; one that is
        further ahead later on follows lost pictures. After an error, the order is confused up to the next key frame.
        """
        self._number += 1
        if frame.pts is not None:
            if self._number < FIRST and self.stream.codec_context.has_b_frames:
                self._lead = max(self._lead, frame.pts - self._number)
            at_least = frame.pts - self._lead
            self._number = frame.pts if frame.key_frame and not self._intact else max(self._number, at_least)
        return self._number

    def _fits(self, frame):
        """Whether a frame of sound is like those before; damage can tell a decoder to go on with dozens of channels."""
        kind = frame.layout.nb_channels, frame.sample_rate
        if self._intact or self._kind is None:
            self._kind = kind
        return kind == self._kind

    def _lost(self):
        """The seconds without an undamaged frame, and all seconds, of what has been read."""
        starts, seconds = np.array(self._packets, "float64").reshape(-1, 2).T
        shown = np.array([-np.inf, *sorted(self._shown), np.inf])
        first, last = (shown[1], shown[-2]) if self._shown else (np.inf, -np.inf)
        # A stream recorded from the middle starts with pictures that need an earlier one; decoders delay frames.
        counted = (starts >= (np.inf if self._key is None else self._key)) & (self._complete | (starts <= last))
        if self._is_sound:
            outside = np.maximum(first - starts, starts - last)
            counted &= (outside <= 0) | (outside > tracks.PADDING)
        after = np.searchsorted(shown[:-1], starts)
        distance = np.minimum(starts - shown[after - 1], shown[after] - starts)
        lost = counted & (distance > NEAR * np.minimum(seconds, self._step))
        return seconds[lost].sum(), seconds[counted].sum()

    def _missing(self):
        """The seconds in gaps between packets of sound; pictures may last as long as they like."""
        if not self._is_sound or not self._packets:
            return 0.0
        starts, seconds = np.array(self._packets).T
        gaps = np.diff(starts) - seconds[:-1]
        return gaps[gaps > seconds[:-1] / 2].sum()
