import pytest

from ave_keras import AVEError
from ave_keras.features.extraction.videos import find_videos


def test_videos_in_folders(tmp_path):
    for name in ("clips/b.mp4", "clips/a b.MKV", "clips/notes.txt", "clips/frames/1.png", "c.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = find_videos([tmp_path / "c.mp4", tmp_path / "clips", tmp_path / "gone.mp4"])
    assert list(found) == ["c", "a b", "b", "frames", "gone"]
    (tmp_path / "c.mkv").touch()
    with pytest.raises(AVEError, match="two videos have the same name"):
        find_videos([tmp_path / "c.mp4", tmp_path / "c.mkv"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(AVEError, match="no videos in the folder"):
        find_videos([tmp_path / "empty"])
