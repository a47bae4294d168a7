"""The page that shows the films of a demonstration and links to their own pages."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE
    from ave_keras.localization import Localization
    from zoo.demo.choosing import Shown
    from zoo.evaluation.attention import AttentionScore
    from zoo.evaluation.segments import Score

TEMPLATE = Path(__file__).with_name("index.html")


def index_page(
    folder: Path,
    ave: AVE,
    score: Score,
    attention: AttentionScore | None,
    films: Iterable[tuple[Shown, Localization]],
    commands: Sequence[str],
) -> str:
    """The page as HTML, to be written to a folder with the files of `ave-keras localize`.

    Args:
        folder: The folder; its pictures go into the page, and its pages are linked.
        ave: The data set.
        score: The score of the segments of the test split.
        attention: That of the attention there, or None.
        films: The films and what was found in them.
        commands: The commands that were run.
    """
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        title=ave.title,
        films=len(ave.annotations),
        trained=len(ave.split("train")),
        tested=len(ave.split("test")),
        scores=[_score(_right(score), score.accuracy, score.references), *_attention(attention)],
        shown=[_film(folder, *film) for film in films],
        commands=commands,
    )


def _right(score):
    low, high = score.interval
    return f"of the seconds right (95 % interval over the films: {100 * low:.1f} … {100 * high:.1f} %)"


def _attention(attention):
    if attention is None:
        return []
    texts = {
        "pointing_game": "of event seconds with the largest attention on the source",
        "attention_mass": "of the attention inside the source",
    }
    return [
        _score(text, attention.metrics[key], {name: found[key] for name, found in attention.references.items()})
        for key, text in texts.items()
    ]


def _score(name, share, references):
    beside = "; ".join(f"{reference} {100 * value:.1f} %" for reference, value in references.items())
    return {"name": name, "value": f"{100 * share:.1f}", "beside": f"without a model: {beside}"}


def _film(folder, shown, found):
    name = shown.film.stem
    strip = base64.b64encode((folder / f"{name}.png").read_bytes()).decode()
    right = sum(a == b for a, b in zip(found.classes, found.truth, strict=True))
    return {
        "name": name,
        "label": shown.label,
        "start": shown.start,
        "end": shown.end,
        "about": shown.about,
        "right": right,
        "seconds": len(found.classes),
        "page": f"{name}.html",
        "strip": f"data:image/png;base64,{strip}",
    }
