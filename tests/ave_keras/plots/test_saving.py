import pytest

from ave_keras import AVEError, plots


def figure():
    return plots.bars_figure(["a <b>"], [50], marks=[40])


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_the_same_figure_is_the_same_file(tmp_path, suffix):
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    for path in paths:
        plots.save(figure(), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == paths
    assert b"dc:date" not in paths[0].read_bytes() and b"CreationDate" not in paths[0].read_bytes()


def test_svg_takes_the_color_of_its_page():
    text = plots.svg(figure())
    assert text == plots.svg(figure()) and text.startswith("<svg") and "<?xml" not in text
    assert "currentColor" in text and "#22262d" not in text
    assert "a &lt;b&gt;" in text and ">segment accuracy, %<" in text  # Text, not outlines.
    assert "fill: #ffffff" not in text.split('id="axes_1"')[0]


def test_files_that_cannot_be_written(tmp_path):
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(AVEError, match=r"cannot save.*taken\.png"):
        plots.save(figure(), tmp_path / "taken.png")
    with pytest.raises(AVEError, match=r"f\.docx"):
        plots.save(figure(), tmp_path / "f.docx")
    assert [path.name for path in tmp_path.iterdir()] == ["taken.png"]
