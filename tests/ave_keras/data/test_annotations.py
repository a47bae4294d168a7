import pytest

from ave_keras.data import Annotation, read_annotations, write_annotations
from ave_keras.data.annotations import HEADER, check_spelling, class_names_of, segment_labels, video_labels
from ave_keras.errors import AVEError

GOOD = "Bark&id1&good&0&10\nCat, big&id2&good&6&8\nBark&id1&good&3&3\n"


@pytest.fixture
def write(tmp_path):
    def write(text):
        (tmp_path / "Annotations.txt").write_bytes(text.encode())
        return tmp_path / "Annotations.txt"

    return write


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD + "\n",
        GOOD.replace("\n", "\r\n"),
        GOOD.rstrip("\n"),
        GOOD.replace("\n", "\n\n"),
        f"{HEADER}\n{GOOD}",
        f"\ufeff{HEADER.lower()}\r\n{GOOD}",
        GOOD.replace("&6&8", "&6.0&8.0"),
    ],
)
def test_reads_lines(write, text):
    found = read_annotations(write(text))
    assert found == [("Bark", "id1", "good", 0, 10), ("Cat, big", "id2", "good", 6, 8), ("Bark", "id1", "good", 3, 3)]
    assert [a.length for a in found] == [10, 2, 0]


def test_labels(write):
    annotations = read_annotations(write(GOOD))
    names = class_names_of(annotations)
    assert names == ("Bark", "Cat, big")
    labels = segment_labels(annotations, names, 10)
    assert labels.shape == (3, 10, 3) and labels.dtype == "float32"
    assert labels.argmax(-1).tolist() == [[0] * 10, [2] * 6 + [1] * 2 + [2] * 2, [2] * 10]
    assert (labels.sum(-1) == 1).all()
    assert video_labels(annotations, names).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]


def test_a_byte_order_mark_is_no_part_of_a_class(write):
    assert read_annotations(write("\ufeff" + GOOD))[0].class_name == "Bark"


def test_a_misspelt_class_is_an_error(write):
    many = "".join(f"{name}&{i}&good&0&10\n" for i in range(10) for name in ("Bark", "Dog toy"))
    for good in (many, many + "Violin&x&good&0&10\n", many + 2 * "Bar&x&good&0&10\n"):
        check_spelling(write(good), read_annotations(write(good)))
    for head, line in (("", 21), (HEADER + "\n\n", 23)):
        path = write(head + many + "Bar&x&good&0&10\n")
        with pytest.raises(AVEError, match=rf"unknown class .*:{line}\): expected 'Bark', as in 10 lines, found 'Bar'"):
            check_spelling(path, read_annotations(path))


def test_round_trip(tmp_path):
    rows = [Annotation("a b", "x", "good", 0, 3), Annotation("ü", "y", "bad", 2, 2)]
    write_annotations(tmp_path / "a.txt", rows)
    assert read_annotations(tmp_path / "a.txt", segments=3) == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Bark&id&good&0&10\nBark&id&good&0\n",
            r"Annotations.txt:2\): expected five fields, class&youtube_id.*found 4 in 'Bark",
        ),
        ("Bark&id&good&0&10\n\nBark&id&good&0\n", r"Annotations.txt:3\).*found 4 in 'Bark"),
        ("Bark&id&good&0&2.5\n", r"invalid event time .*:1\).*expected whole segments"),
        ("Bark&id&good&0&inf\n", r"invalid event time .*:1\)"),
        ("VideoID&Category&Quality&StartTime&EndTime\n", r"wrong order of columns .*:1\): expected Category&VideoID"),
        (f"{HEADER}\n", "no annotations"),
        ("Bark&id&good&0&ten\n", r"invalid event time .*:1\).*expected whole segments, found 'Bark&id&good&0&ten'"),
        ("Bark&id&good&0&11\n", r"outside the clip .*:1\): expected 0 <= start <= end <= 10, found start 0, end 11"),
        ("Bark&id&good&-1&2\n", "outside the clip"),
        ("Bark&id&good&5&2\n", "outside the clip"),
        ("Dog&id&good&0&2\n", r"unknown class .*:1\): expected one of \['Bark'\], found 'Dog'"),
        ("", "no annotations"),
    ],
)
def test_bad_lines(write, text, message):
    with pytest.raises(AVEError, match=message):
        read_annotations(write(text), class_names=["Bark"])


def test_no_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AVEError, match="not a text file"):
        read_annotations(tmp_path / "a.txt")
    with pytest.raises(AVEError, match=r"file not found .*b\.txt"):
        read_annotations(tmp_path / "b.txt")
