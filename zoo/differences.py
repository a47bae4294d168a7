"""`python -m zoo.differences FILE`: writes the page on how paper and released code differ."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from zoo.registry import PROTOCOLS, entry

if TYPE_CHECKING:
    from zoo.entry import Entry

TABLE = Path(__file__).parent / "differences.yaml"
INTRO = """\
# Paper and released code

The paper (Tian et al., ECCV 2018) and the code that its authors released differ in places. `--protocol paper`, the
default, follows the paper where it is explicit and the code where it is silent; `--protocol official` trains as the
code does. Weights under the released names (`AV_att.pt`, `AV_att_weak.pt`, `DMRN.pt`) are loaded into the official
form. The last rows are of the networks that came after, whose papers and code differ, too.

This page is made by `python -m zoo.differences docs/paper-and-code.md` from `zoo/differences.yaml`; the two protocol
columns are read from the entries themselves.
"""


def rows() -> list[dict[str, Any]]:
    """The rows of `differences.yaml`."""
    return yaml.safe_load(TABLE.read_text())


def value(row: dict[str, Any], protocol: str) -> str:
    """What a protocol does in a row, as text."""
    if "keys" not in row:
        return row["both"]
    if "shown" in row:
        return row["shown"][protocol]
    chosen = settings(entry(row.get("entry", "av_att"), protocol))
    return ", ".join(f"`{key.partition('.')[2]}: {_plain(chosen[key])}`" for key in row["keys"])


def settings(chosen: Entry) -> dict[str, Any]:
    """The model and recipe values of an entry, `{"model.pooling": …, "recipe.loss": …}`."""
    model = {"init": "keras", **chosen.model}
    return {
        f"{part}.{key}": v for part, d in (("model", model), ("recipe", asdict(chosen.recipe))) for key, v in d.items()
    }


def page() -> str:
    """The page as Markdown."""
    head = ("", "paper", "released code", *(f"`--protocol {protocol}`" for protocol in PROTOCOLS))
    lines = [INTRO, _line(head), "|" + "---|" * len(head)]
    lines += [_line((r["topic"], r["paper"], r["code"], *(value(r, p) for p in PROTOCOLS))) for r in rows()]
    for row in rows():
        lines += ["", f"## {row['topic']}", "", textwrap.fill(row["effect"], 120)]
    return "\n".join(lines) + "\n"


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def _plain(found):
    """The value as YAML writes it."""
    return f"{found:g}" if isinstance(found, float) else yaml.safe_dump(found).splitlines()[0]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
