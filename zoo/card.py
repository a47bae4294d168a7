"""The card of an entry: its parts, size and recipe, the paper's figures and ours."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.registry import entry
from zoo.weights import weights

if TYPE_CHECKING:
    from zoo.entry import Entry

RESULTS, COMPARISONS = (Path(__file__).parent / f"{name}.csv" for name in ("results", "comparisons"))


def card(name: str, protocol: str = "paper") -> None:
    """Prints the card of an entry.

    Raises:
        AVEError: An unknown name.
    """
    print(render(entry(name, protocol)))


def render(chosen: Entry) -> str:
    """The card as text."""
    lines = [f"{chosen.name} · {chosen.title}", chosen.summary, ""]
    lines += _block(
        "model",
        {
            "task": chosen.task,
            "inputs": ", ".join(chosen.modalities),
            "parameters": f"{chosen.parameters:,} at the released sizes",
            **chosen.model,
        },
    )
    recipe = {key: value for key, value in asdict(chosen.recipe).items() if value is not None}
    if terms := recipe.pop("losses", None):
        recipe["loss"] = "; ".join(f"{output}: {_term(term)}" for output, term in terms.items())
    lines += _block(f"recipe ({chosen.protocol} protocol)", recipe)
    lines += _block("paper", chosen.paper or {"": "not in the paper"})
    lines += ["measured", *(_measured(row) for row in results(chosen.name)[:8])]
    if lines[-1] == "measured":
        hint = "it is a candidate of a study" if chosen.candidate else "run: python -m benchmarks run --tables all"
        lines.append(f"  nothing yet; {hint}")
    lines += [_tagged(tag) for tag in weights(chosen.name).values()]
    lines += [_compared(row) for row in comparisons() if row["second"] == chosen.name]
    return "\n".join(lines)


def results(name: str) -> list[dict[str, str]]:
    """The rows of `results.csv` for an entry; `python -m benchmarks report --publish` writes them."""
    return [row for row in _read(RESULTS) if row["entry"] == name]


def comparisons() -> list[dict[str, str]]:
    """The rows of `comparisons.csv`, each a run minus a second one; `python -m benchmarks compare --publish` writes it.

    Without runs whose epoch was chosen on the test split.
    """
    return [row for row in _read(COMPARISONS) if "select test" not in row["title"]]


def _read(path):
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def difference(row: dict[str, str]) -> str:
    """The second run minus the first with its 95 % interval, such as `+3.3 (+2.0 … +4.8)`."""
    middle, high, low = (-float(row[key]) for key in ("difference", "low", "high"))
    return f"{middle:+.1f} ({low:+.1f} … {high:+.1f})"


def probability(p: float) -> str:
    """A p-value as text; small ones are not rounded to zero."""
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}"


def _compared(row):
    p = probability(float(row["p"]))
    p = f"p {p}" if p.startswith("<") else f"p = {p}"
    return f"  minus {row['first']}: {difference(row)}, {p}, {row['seeds']} seeds, on {row['title']}"


def _tagged(tag):
    scores = ", ".join(f"{metric} {100 * value:.1f} %" for metric, value in tag.scores.items())
    return f"  pretrained weights {tag.tag!r}: {scores} on the test split of {tag.data}"


def _measured(row):
    chosen = ", epoch CHOSEN ON THE TEST SPLIT" if row["select"] == "test" else ""
    return (
        f"  {row['metric']} {row['mean']} ± {row['std'] or '–'} ({row['seeds']} seeds) on {row['data']}, "
        f"{row['protocol']} protocol, {row['epochs']} epochs{chosen}, {row['backend']}, {row['date']}"
    )


def _block(title, values):
    width = max(map(len, values), default=0)
    return [title, *(f"  {key:<{width}}  {_as_text(value)}" for key, value in values.items()), ""]


def _term(term):
    """A loss with its target, such as `100 × pair_similarity of similarity`."""
    options = ", ".join(f"{key} {value}" for key, value in term.get("options", {}).items())
    weight, late = (f"{term['weight']} × " if "weight" in term else ""), ", late" * bool(term.get("late"))
    return f"{weight}{term['loss']} of {term['target']}" + (f" ({options})" if options else "") + late


def _as_text(value):
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
