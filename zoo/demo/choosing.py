"""Chooses the films of a demonstration."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ave_keras.data import layout
from ave_keras.films.composing import SCENES


@dataclass(frozen=True)
class Shown:
    """A film to show.

    Attributes:
        film: The file.
        label: The class of its event.
        start: The first second of the event.
        end: The second after its last.
        about: What is difficult about it, as a sentence.
    """

    film: Path
    label: str
    start: int
    end: int
    about: str


# What to show, each with its condition on the number of seconds seen, heard and of the event, and the silent objects.
KINDS: dict[str, Callable[[int, int, int, str], bool]] = {
    "The {label} is also heard without being seen: sound alone is not an event.": (
        lambda seen, heard, event, others: seen == event < heard
    ),
    "The {label} is also seen without being heard: sight alone is not an event.": (
        lambda seen, heard, event, others: heard == event < seen
    ),
    "Beside the {label}, there is a silent {others}.": lambda seen, heard, event, others: bool(others),
}


def choose_films(films: Path, split: str = "test") -> list[Shown]:
    """One film of a split for each of `KINDS`, whose event does not fill the film; kinds without one are left out.

    Args:
        films: A folder that `ave_keras.films.compose` has written.
        split: The split.
    """
    with (films / SCENES).open(encoding="utf-8", newline="") as file:
        scenes = [row for row in csv.DictReader(file) if row["split"] == split]
    chosen: dict[Path, Shown] = {}
    for about, fits in KINDS.items():
        for row in scenes:
            start, end, others = int(row["start"]), int(row["end"]), row["silent objects"]
            seen, heard = row["seen"].count("1"), row["heard"].count("1")
            path = films / layout.VIDEOS / f"{row['video']}.mp4"
            partial = end - start < len(row["seen"])
            if partial and path not in chosen and fits(seen, heard, end - start, others):
                text = about.format(label=row["class"].lower(), others=others.lower())
                chosen[path] = Shown(path, row["class"], start, end, text)
                break
    return list(chosen.values())
