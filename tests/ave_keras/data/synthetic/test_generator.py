import numpy as np
import pytest

from ave_keras.data import AVE
from ave_keras.data.synthetic import SyntheticAVE, scenario, signals
from ave_keras.errors import AVEError
from tests.ave_keras.data.conftest import TINY

SMALL_MAP = {"visual_shape": (7, 7, 8)}


def features(ave, modality):
    return ave.features.main[modality][0].astype("float32")


@pytest.fixture(scope="module")
def ave():
    return AVE.synthetic(1000, **SMALL_MAP)


def test_audio_has_the_statistics_of_the_released_features(ave):
    audio = features(ave, "audio")
    assert audio.shape == (1000, 10, 128) and audio.min() == 0
    assert (audio == 0).mean() == pytest.approx(0.65, abs=0.005)
    assert audio.mean() == pytest.approx(0.122, abs=0.002)
    assert audio.std() == pytest.approx(0.262, abs=0.005)
    assert np.linalg.norm(audio, axis=-1).mean() == pytest.approx(3.22, abs=0.06)
    assert audio.max() == pytest.approx(4.5, abs=0.7)
    assert not audio[..., 65].any() and audio[..., 64].any()


def test_statistics_do_not_depend_on_the_size():
    audio = features(AVE.synthetic(300, audio_dim=40, segments=4, **SMALL_MAP), "audio")
    assert (audio == 0).mean() == pytest.approx(0.65, abs=0.01)
    assert audio.mean() == pytest.approx(0.122, abs=0.005)
    assert audio[..., 39].any()


def test_visual_features_are_sparse_and_not_negative(ave):
    visual = features(ave, "visual")
    assert visual.min() == 0 and (visual == 0).mean() == pytest.approx(0.65, abs=0.02)


def test_event_lengths_are_those_of_ave(ave):
    lengths = np.array([a.length for a in ave.annotations])
    total = sum(scenario.AVE_LENGTHS.values())
    for length, videos in scenario.AVE_LENGTHS.items():
        share = videos / total
        # Four standard errors of a share of 1000 draws.
        assert (lengths == length).mean() == pytest.approx(share, abs=4 * (share * (1 - share) / 1000) ** 0.5)
    assert set(lengths) <= set(scenario.AVE_LENGTHS)


def test_splits_are_stratified_and_in_proportion():
    splits = SyntheticAVE(4143).splits
    assert {s: len(rows) for s, rows in splits.items()} == {"train": 3339, "val": 402, "test": 402}
    assert sorted(np.concatenate(list(splits.values()))) == list(range(4143))
    for s in ("val", "test"):
        counts = np.bincount(splits[s] % 28, minlength=28)
        assert counts.min() >= 13 and counts.max() <= 16


def test_matching_splits_hold_short_events(ave):
    rows = ave.match_splits
    lengths = np.array([a.length for a in ave.annotations])
    assert (lengths[rows["val"]] < 10).all() and (lengths[rows["test"]] < 10).all()
    assert sorted(np.concatenate(list(rows.values()))) == list(range(1000))


def test_an_event_is_heard_and_seen(ave):
    made = SyntheticAVE(200, **SMALL_MAP)
    outside = []
    for row in range(200):
        drawn = made._scenario(row)
        event = (np.arange(10) >= drawn.start) & (np.arange(10) < drawn.end)
        seen = drawn.source.any((1, 2))
        np.testing.assert_array_equal(drawn.sounds & seen, event)
        outside.append(((drawn.sounds & ~event).sum(), (seen & ~event).sum()))
        for _, cells in drawn.distractors:
            assert not (cells & drawn.source).any()
    heard_only, seen_only = np.array(outside).T
    # Background of every kind: heard only, seen only, shifted by a segment against each other.
    assert (heard_only > 1).any() and (seen_only > 1).any() and ((heard_only == 1) & (seen_only == 1)).any()


def test_the_mask_is_the_source_while_the_event_lasts(ave):
    assert ave.source_mask.shape == (1000, 10, 7, 7) and ave.source_mask.dtype == "uint8"
    cells = ave.source_mask.sum((2, 3))
    event = ave.labels[..., -1] == 0
    assert not cells[~event].any() and set(np.unique(cells[event])) == {4, 6, 9}
    moves = np.abs(
        np.diff(
            [
                [np.argwhere(m)[0] for m in ave.source_mask[row, a.start : a.end]]
                for row, a in enumerate(ave.annotations)
                if a.length == 10
            ],
            axis=1,
        )
    )
    assert moves.max() == 1 and moves.mean() > 0.2


@pytest.mark.parametrize(("kind", "pair"), [("sound", (0, 1)), ("look", (2, 3))])
def test_twins(kind, pair):
    vectors = signals.prototypes(np.random.default_rng(0), 28, 512, kind)
    alike = np.corrcoef(vectors)
    assert pair in signals.similar_classes(28, kind)
    assert alike[pair] > 0.9
    others = [p for k in ("sound", "look") for p in [(0, 1), (2, 3), (4, 5)] if p != pair]
    assert all(alike[p] < 0.6 for p in others)
    np.testing.assert_allclose(vectors.std(-1), 1, rtol=1e-4)


def test_the_map_has_the_moments_it_is_made_for():
    """The constants, derived again by numeric integration over the normal density."""
    z = np.linspace(-9, 9, 400_001)
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    x = signals.activate(z.astype("float32")).astype("float64")
    dead = 127 / 128
    assert 1 - dead * weight[z > signals.CUT].sum() == pytest.approx(0.65, abs=1e-4)
    assert dead * (weight * x).sum() == pytest.approx(0.122, abs=1e-4)
    assert dead * (weight * x**2).sum() == pytest.approx(0.262**2 + 0.122**2, abs=1e-4)


def test_the_same_seed_makes_the_same_data():
    one, same, other = (AVE.synthetic(12, **{**TINY, "seed": seed}) for seed in (1, 1, 2))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()
    for modality in ("audio", "visual"):
        np.testing.assert_array_equal(features(one, modality), features(same, modality))


def test_blocks_make_the_whole(made):
    whole = made.block(0, 10)
    for part, again in zip(whole, made.block(3, 5), strict=True):
        np.testing.assert_array_equal(part[3:5], again)


def test_disk_and_memory_agree(folder, made):
    disk, memory = AVE.from_directory(folder), AVE(**made.in_memory())
    assert disk.title == memory.title == "synthetic AVE"
    assert disk.spec == memory.spec and disk.class_names == memory.class_names
    assert disk.annotations == memory.annotations
    for modality in ("audio", "visual"):
        for part in ("main", "background"):
            on_disk, in_memory = (getattr(ave.features, part)[modality][0] for ave in (disk, memory))
            assert on_disk.dtype == in_memory.dtype == "float16"
            np.testing.assert_array_equal(on_disk, in_memory)
    np.testing.assert_array_equal(disk.source_mask, memory.source_mask)
    for name in ("labels", "video_labels"):
        np.testing.assert_array_equal(getattr(disk, name), getattr(memory, name))
    for name in ("splits", "match_splits"):
        for one, other in zip(getattr(disk, name).items(), getattr(memory, name).items(), strict=True):
            assert one[0] == other[0]
            np.testing.assert_array_equal(one[1], other[1])
    x, y = disk.dataset("val", task="weak", background=True)[0]
    z, w = memory.dataset("val", task="weak", background=True)[0]
    np.testing.assert_array_equal(x["visual"], z["visual"])
    np.testing.assert_array_equal(y["video"], w["video"])


def test_other_sizes():
    ave = AVE.synthetic(9, classes=3, segments=20, audio_dim=768, visual_shape=(14, 14, 16), background_videos=0)
    assert ave.spec == {"num_classes": 4, "segments": 20, "audio_dim": 768, "visual_shape": (14, 14, 16)}
    assert not ave.background_rows.size
    assert max(a.length for a in ave.annotations) == 20
    tiny = AVE.synthetic(3, classes=1, segments=1, audio_dim=1, visual_shape=(1, 1, 1))
    assert len(tiny.dataset("test")) == 1


@pytest.mark.parametrize(
    "options",
    [{"videos": 2}, {"classes": 0}, {"segments": 0}, {"visual_shape": (7, 512)}, {"audio_dim": 0}, {"seed": -1}],
)
def test_sizes_that_are_none(options):
    with pytest.raises(AVEError, match=next(iter(options))):
        SyntheticAVE(**{"videos": 10, **options})


def test_class_names_say_what_they_are():
    assert all(name.startswith("synthetic") for name in SyntheticAVE(10).class_names)
