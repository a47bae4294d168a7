"""The page of a localized video, as text and in a browser, which knows nothing of Keras: one backend is enough."""

import time

import keras
import numpy as np
import pytest

from ave_keras.localization.player import page
from ave_keras.localization.result import Localization
from tests.ave_keras.features.films import tone, write_film

NAMES = ("Bark", "</script><b>Violin", "Background")
SECONDS = 6
CELLS = '.event[data-line="{}"]'

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="no model here: one backend is enough")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    pytest.importorskip("av")
    return write_film(tmp_path_factory.mktemp("film") / "a dög.mp4", np.arange(60) / 10, sound=tone(6)[None])


def answer(video):
    """Six seconds; the second second differs from the first in everything."""
    rng = np.random.default_rng(0)
    shares = np.eye(3)[[2, 0, 0, 0, 1, 2]] * 0.7 + 0.1
    maps = rng.dirichlet(np.ones(6) / 3, SECONDS).reshape(SECONDS, 3, 2)
    return Localization(video, NAMES, shares, maps, ("Background", *["Bark"] * 4, "Background"), "av_att", ("a note",))


def frames():
    return np.repeat(np.uint8(np.linspace(0, 255, SECONDS))[:, None], 12 * 16 * 3, 1).reshape(SECONDS, 12, 16, 3)


def test_text(film):
    text = page(answer(film), frames())
    assert text.count("data:image/jpeg;base64,") == SECONDS and text.count("data:video/mp4;base64,") == 1
    # A name cannot end the script, and no mark of the template is left.
    assert text.count("</script>") == 2 and "{{" not in text
    assert "http" not in text.replace("http-equiv", "") and "default-src 'none'" in text


def test_what_is_too_large_is_left_out(film, monkeypatch):
    monkeypatch.setattr("ave_keras.localization.player.document.LARGEST", 100)
    text = page(answer(film), frames())
    assert "data:video" not in text and "shows one picture per second" in text


@pytest.fixture
def opened(tab, tmp_path):
    """Opens an answer."""

    def open_page(found):
        path = tmp_path / "page.html"
        path.write_text(page(found, frames()), encoding="utf-8")
        return tab(path)

    return open_page


def state(tab):
    """Time, place of the cursor, the overlay as it is drawn, and the shares in the list."""
    return tab.evaluate(
        """[time, document.getElementById("cursor").getBoundingClientRect().left, overlay.toDataURL(),
        document.getElementById("bars").innerText]"""
    )


def until(tab, condition, seconds=10):
    """Waits from outside: the page's policy forbids the script that Playwright would wait with."""
    end = time.monotonic() + seconds
    while not tab.evaluate(condition):
        assert time.monotonic() < end, condition
        time.sleep(0.05)


def test_the_timeline_has_a_cell_a_second(opened, film):
    tab = opened(answer(film))
    for line in ("Model", "Truth"):
        assert tab.locator(CELLS.format(line)).count() == SECONDS
    assert (
        tab.locator(CELLS.format("Model")).nth(4).get_attribute("aria-label").startswith(f"Model, second 4: {NAMES[1]}")
    )
    assert "Bark 1–4 s" in tab.inner_text("#summary") and "a note" in tab.inner_text("footer")
    assert tab.title() == "a dög.mp4 · av_att"


def test_seeking_moves_cursor_overlay_and_film(opened, film):
    tab = opened(answer(film))
    until(tab, "filmed")
    before = state(tab)
    tab.locator(CELLS.format("Model")).nth(3).click()
    after = state(tab)
    assert after[0] == 3 and all(a != b for a, b in zip(before, after, strict=True))
    until(tab, "video.currentTime === 3 && !video.seeking")
    cell = tab.locator(CELLS.format("Model")).nth(3).bounding_box()
    assert after[1] == pytest.approx(cell["x"], abs=3)
    assert "Second 3: Bark, 80 %" in tab.inner_text("#answer")
    tab.keyboard.press("ArrowLeft")
    assert state(tab)[0] == 2
    tab.locator("#slider").fill("4.5")
    assert state(tab)[0] == 4.5 and "truth: Bark" in tab.inner_text("#answer")
    tab.keyboard.press("a")
    assert tab.evaluate("overlay.getContext('2d').getImageData(0, 0, 448, 300).data.every((v) => v === 0)")


def test_it_plays(opened, film):
    tab = opened(answer(film))
    until(tab, "filmed")
    tab.get_by_role("button", name="Play").click()
    until(tab, "time > 1.1")
    tab.get_by_role("button", name="Pause").click()
    found = state(tab)
    assert found[0] == pytest.approx(tab.evaluate("video.currentTime"), abs=0.3)


def test_without_a_film_there_is_a_picture_a_second(opened, film, monkeypatch):
    monkeypatch.setattr("ave_keras.localization.player.document.LARGEST", 100)
    tab = opened(answer(film))
    before = state(tab), tab.evaluate("still.src")
    assert tab.locator("#still").is_visible() and not tab.locator("#video").is_visible()
    tab.locator("body").press(" ")
    until(tab, "time > 1.1")
    tab.locator("body").press(" ")
    tab.locator("#slider").fill("3")
    assert all(a != b for a, b in zip(before[0], state(tab), strict=True)) and tab.evaluate("still.src") != before[1]


@pytest.mark.parametrize("kind", [".mp4", ".avi"])
def test_a_file_that_no_browser_plays_is_no_error(opened, film, kind):
    broken = film.with_name(f"broken{kind}")
    broken.write_bytes(b"RIFF nothing that plays" * 50)
    tab = opened(answer(broken))
    until(tab, "video.error !== null")
    assert tab.locator("#still").is_visible()
    tab.keyboard.press("End")
    assert state(tab)[0] == SECONDS - 1
