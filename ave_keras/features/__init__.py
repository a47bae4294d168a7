"""From video files to features: decoding, encoders, extraction. Needs the `video` extra, PyAV."""

from ave_keras.features.decode import Video, probe, read_audio, read_frames, segments_of
from ave_keras.features.encoders import AudioEncoder, VisualEncoder, audio_encoder, encode, visual_encoder

__all__ = [
    "AudioEncoder",
    "Video",
    "VisualEncoder",
    "audio_encoder",
    "encode",
    "probe",
    "read_audio",
    "read_frames",
    "segments_of",
    "visual_encoder",
]
