import pytest

from ave_keras import AVEError
from ave_keras.features.extraction.listing import find_videos, read_listing


def test_csv(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text('\ufeffsplit,video, class,start,end\ntrain,a.mp4,Dog bark,0,3\ntest,ö b,"Cat, small",2,2\n')
    listing = read_listing(path)
    assert [tuple(a) for a in listing.annotations] == [
        ("Dog bark", "a.mp4", "good", 0, 3),
        ("Cat, small", "ö b", "good", 2, 2),
    ]
    assert listing.splits == ["train", "test"]


def test_the_official_format_with_long_videos(tmp_path):
    path = tmp_path / "Annotations.txt"
    path.write_text("Dog bark&abc&good&3&57\n")
    assert read_listing(path).annotations[0].end == 57 and read_listing(path).splits is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,class,start\na,b,0\n", r"not an event list .*found no end in \['video', 'class', 'start'\]"),
        ("video,class,start,end\n", "no rows after the header"),
        ("video,class,start,end\na,b,0,1.5\n", r"events.csv:2\): expected integers"),
        ("video,class,start,end\na,b,0,1\nc,d,3,2\n", r"events.csv:3\): expected 0 <= start <= end, found 3, 2"),
        ("video,class,start,end\na&b,c,0,1\n", r"invalid name .*key 'video'"),
        ("video,class,start,end\na,,0,1\n", r"invalid name .*key 'class'"),
        ("video,class,start,end,split\na,b,0,1,dev\n", r"unknown split .*found 'dev'"),
    ],
)
def test_invalid_lists(tmp_path, text, message):
    path = tmp_path / "events.csv"
    path.write_text(text)
    with pytest.raises(AVEError, match=message):
        read_listing(path)


def test_unreadable_lists(tmp_path):
    with pytest.raises(AVEError, match=r"file not found .*columns video,class,start,end"):
        read_listing(tmp_path / "events.csv")
    (tmp_path / "latin.csv").write_bytes("video,class,start,end\nö,b,0,1\n".encode("latin-1"))
    with pytest.raises(AVEError, match="not a CSV file"):
        read_listing(tmp_path / "latin.csv")


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
