import io
from concurrent.futures import ThreadPoolExecutor

import h5py
import pytest
from rich.console import Console

import zoo
from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.synthetic import SyntheticAVE
from benchmarks.grid import data

OPTIONS = {"videos": 20, "classes": 2, "segments": 4, "audio_dim": 6, "visual_shape": [2, 2, 4], "seed": 0}


@pytest.fixture
def console():
    return Console(file=io.StringIO())


def test_only_one_process_writes_the_synthetic_data(tmp_path, monkeypatch, console):
    written = []
    write = SyntheticAVE.write
    monkeypatch.setattr(SyntheticAVE, "write", lambda *a, **k: (written.append(1), write(*a, **k)))
    monkeypatch.setitem(data.PROFILES, "quick", {"synthetic": OPTIONS, "recipe": {}})
    with ThreadPoolExecutor(8) as threads:
        opened = list(
            threads.map(lambda _: data.open_data(None, "quick", tmp_path, False, console, check=False), range(8))
        )
    assert len(written) == 1
    assert len({(str(folder), identity["sha256"]) for folder, identity in opened}) == 1


def test_partial_synthetic_data_are_written_again(tmp_path, monkeypatch, console):
    monkeypatch.setitem(data.PROFILES, "quick", {"synthetic": OPTIONS, "recipe": {}})
    folder, identity = data.open_data(None, "quick", tmp_path, False, console)
    # Files are renamed one by one at the end, Annotations.txt last.
    (folder / "Annotations.txt").rename(folder / "Annotations.txt.partial")
    assert data.open_data(None, "quick", tmp_path, False, console) == (folder, identity)


def test_entries_with_attention_need_maps(tmp_path, console):
    SyntheticAVE(**{**OPTIONS, "visual_shape": (2, 2, 4)}).write(tmp_path / "flat")
    for name in ("visual_feature.h5", "visual_feature_noisy.h5"):
        with h5py.File(tmp_path / "flat" / name, "r+") as file:
            flat = file["avadataset"][:].mean(axis=(2, 3))
            del file["avadataset"]
            file["avadataset"] = flat
    (tmp_path / "flat" / "source_mask.h5").unlink()
    assert AVE.from_directory(tmp_path / "flat").spec["visual_shape"] == (4,)

    def open_for(*names):
        entries = [zoo.entry(name) for name in names]
        return data.open_data(tmp_path / "flat", "quick", tmp_path, False, console, entries=entries)

    with pytest.raises(AVEError, match=r"need maps: v_att, av_att .*visual_feature.h5.*\(N, T, H, W, d\).*\(N, 4, 4\)"):
        open_for("a", "v_att", "av_att")
    open_for("a", "v", "av")


def test_a_bad_background_clip_is_found_before_any_cell(tmp_path, console):
    SyntheticAVE(30, classes=2, segments=4, audio_dim=6, visual_shape=(2, 2, 4), background_videos=3).write(
        tmp_path / "d"
    )
    with h5py.File(tmp_path / "d" / "audio_feature_noisy.h5", "r+") as file:
        file["avadataset"][2, 0, 0] = float("nan")
    with pytest.raises(AVEError, match=r"NaN or Inf in a feature .*audio_feature_noisy\.h5.*row 32"):
        data.open_data(tmp_path / "d", "quick", tmp_path, False, console)
