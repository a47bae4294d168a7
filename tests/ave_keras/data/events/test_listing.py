import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data.events.listing import covered, read_listing


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
    ("name", "text"),
    [
        ("dcase.tsv", "filename\tonset\toffset\tevent_label\na.wav\t1.4\t4.7\tDog bark\n"),
        ("dcase.txt", "filename\tonset\toffset\tevent_label\r\n\r\na.wav\t1.4\t4.7\tDog bark\r\n"),
        ("avvp.csv", "filename\tonset\toffset\tevent_labels\na.wav\t1.4\t4.7\tDog bark\n"),
        ("own.csv", "Label, Filename, Onset, Offset\nDog bark,a.wav,0:01.4,0:0:04.7\n"),
    ],
)
def test_tables_as_people_write_them(tmp_path, name, text):
    (tmp_path / name).write_text(text, newline="")
    listing = read_listing(tmp_path / name)
    assert [tuple(a) for a in listing.annotations] == [("Dog bark", "a.wav", "good", 1, 5)]
    assert listing.splits is None


@pytest.mark.parametrize("overlap", [0.1, 0.25, 0.5, 0.75, 1.0])
def test_covered_seconds(overlap):
    """Against counting tenths of seconds."""
    for start in range(40):
        for end in range(start + 1, 41):
            tenths = np.zeros(50)
            tenths[start:end] = 1
            expected = np.flatnonzero(tenths.reshape(5, 10).sum(1) >= 10 * overlap)
            first, last = covered(start / 10, end / 10, overlap)
            assert list(range(first, last)) == list(expected), (start, end)


def test_short_and_overlapping_events(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("video,class,start,end,split\na,b,0.8,1.2,train\na,c,0,2.5,val\na,d,1.5,3,test\nz,c,0,1,val\n")
    with pytest.warns(UserWarning) as warned:
        listing = read_listing(path)
    assert [(a.class_name, a.start, a.end) for a in listing.annotations] == [("c", 0, 3), ("d", 1, 3), ("c", 0, 1)]
    assert listing.splits == ["val", "test", "val"]
    short, overlapping, several = (str(w.message) for w in warned)
    assert several.endswith("events.csv: videos in several splits: 1. First, a")
    assert short.endswith("events.csv:2: b from 0.8 to 1.2 is left out: it fills no second by 0.5")
    assert overlapping.endswith(
        "pairs of events that overlap: 1. Each event stays a row of its own. First, a: c 0-3 and d 1-3"
    )
    with pytest.raises(AVEError, match=r"key 'overlap'\): expected 0 < overlap <= 1, found 0"):
        read_listing(path, 0)
    path.write_text("video,class,start,end\na,b,0.8,1.2\n")
    with pytest.warns(UserWarning), pytest.raises(AVEError, match=r"no event fills enough .*events\.csv"):
        read_listing(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,class,start\na,b,0\n", r"not an event list .*found no end in \['video', 'class', 'start'\]"),
        ("video,class,start,end\n", "no rows after the header"),
        ('video,class,start,end\na,b,0,"1,5"\n', r"events.csv:2\): expected such as 3, 1.4 or 0:01.4, found '1,5'"),
        ("video,class,start,end\na,b,0,1\nc,d,3,2\n", r"events.csv:3\): expected 0 <= start <= end, found 3, 2"),
        ("video,class,start,end\na,b,0,nan\n", r"seconds .*found 'nan'"),
        ("video,class,start,end\na,b,0,1e400\n", r"seconds .*found '1e400'"),
        ("video,class,start,end\na,b,0:61,99\n", r"seconds .*found '0:61'"),
        ("video,class,start,end\na,b,-1,2\n", r"expected 0 <= start <= end, found -1, 2"),
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
    (tmp_path / "commas.tsv").write_text("video,class,start,end\na,b,0,1\n")
    with pytest.raises(AVEError, match=r"not an event list .*commas\.tsv\): expected columns video,class,start,end"):
        read_listing(tmp_path / "commas.tsv")
    (tmp_path / "latin.csv").write_bytes("video,class,start,end\nö,b,0,1\n".encode("latin-1"))
    with pytest.raises(AVEError, match="not a table"):
        read_listing(tmp_path / "latin.csv")
