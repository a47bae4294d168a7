"""Writes a page for each entry of the zoo, and their index, from the registry before the site is built."""

import re
from dataclasses import asdict
from pathlib import Path

import keras
import yaml

import zoo
from ave_keras import layers, plots
from benchmarks.grid.tables import tables
from benchmarks.reports import zoo_figures
from benchmarks.results.files import read_csv
from zoo.card import results

FOUNDING = "Tian et al., ECCV 2018"
# Files of the authors that an entry reads, see `ave_keras.checkpoints`.
RELEASED = {
    "av_att": "AV_att.pt",
    "w_av_att": "AV_att_weak.pt",
    "dmrn_late": "DMRN.pt",
    "avdln": "cmm_model_weights.h5",
    "psp": "PSP_fully.pt",
    "w_psp": "PSP_weakly.pt",
    "cmbs": "Supervised_model.pth.tar",
    "w_cmbs": "WeaklySupervised_model.pth.tar",
}
PAGE = """\
# {entry.name}

**{entry.title}.** {entry.summary}

Published by {publication}. {published}

```python
import zoo

model = zoo.load("{entry.name}"{shapes})
```

{released}## The model

{entry.parameters:,} parameters at the sizes of AVE: 10 seconds, 29 columns, sound of 128 numbers a second, picture of
7×7×512. Inputs are blue, outputs orange.

![The layers of {entry.name}]({entry.name}.svg)

## Equations

{equations}

## Recipe

Built by `ave_keras.models.{entry.builder}`, and trained with these settings under the `paper` protocol:

```yaml
{settings}```

## Results

{results}

## Citation

```bibtex
{citation}
```
"""


def setup(app):
    """Writes the pages when Sphinx starts, and leaves pages alone that have not changed."""
    folder, bibliography = Path(app.srcdir, "zoo"), Path(app.srcdir, "citations.bib").read_text(encoding="utf-8")
    citations = {re.match(r"\w+\{([\w-]+)", item)[1]: f"@{item.strip()}" for item in bibliography.split("@")[1:]}
    folder.mkdir(exist_ok=True)
    figures = zoo_figures.draw(folder, read_csv(Path(app.srcdir, "speed.csv")))
    _write(folder / "index.md", index(figures))
    for name in zoo.list():
        entry = zoo.entry(name)
        model = entry.build()
        plots.save(plots.diagram_figure(model), folder / f"{name}.svg")
        _write(folder / f"{name}.md", page(entry, model, citations))
        keras.backend.clear_session()
    return {"parallel_read_safe": True}


def index(figures):
    """The index as Markdown: a table for each table of the benchmark, and accuracy against size and speed."""
    lines = ["# The zoo", "", "All models by name; `zoo.load(NAME)` builds one. Parameters are at the sizes of AVE."]
    listed: list[str] = []
    for table in tables().values():
        names = [name for name in table.entries if name not in listed]
        lines += ["", f"## {table.title}", "", "| entry | model | needs | parameters |", "|---|---|---|---|"]
        lines += [_row(zoo.entry(name)) for name in names]
        listed += names
    lines += ["", "## Accuracy against size and speed", "", "On AV-mini (composed), see [Results](../results.md).", ""]
    lines += [f"![{figure.stem}]({figure.name})\n" for figure in figures]
    return "\n".join([*lines, "", "```{toctree}", ":hidden:", "", *listed, "```", ""])


def _row(entry):
    return f"| [`{entry.name}`]({entry.name}.md) | {entry.title} | {entry.needs} | {entry.parameters:,} |"


def page(entry, model, citations):
    """The page of an entry as Markdown."""
    publication = entry.paper.get("publication", FOUNDING)
    recipe = {key: value for key, value in asdict(entry.recipe).items() if value is not None}
    settings = yaml.safe_dump({"model": entry.model, "recipe": recipe}, sort_keys=False, allow_unicode=True)
    return PAGE.format(
        entry=entry,
        publication=publication,
        published=_published(entry),
        released=_released(entry.name),
        shapes="" if entry.task == "matching" else ", **ave.spec",
        equations="\n\n".join(_equations(model)),
        settings=settings,
        results=_results(entry),
        citation=citations[publication.split()[0].lower() + publication.split()[-1]],
    )


def _published(entry):
    names = {"accuracy": "accuracy", "a2v": "A2V", "v2a": "V2A"}
    figures = [f"{label} {entry.paper[key]} %" for key, label in names.items() if key in entry.paper]
    table = entry.paper.get("table")
    source = entry.paper.get("source", f"Table {table}" if table in (1, 2, 3) else "the paper's text")
    return f"On AVE, published: {', '.join(figures)} ({source})." if figures else "No figure on AVE is known to us."


def _released(name):
    if name not in RELEASED:
        return ""
    return (
        f'Released weights: `zoo.load("{name}", weights="{RELEASED[name]}")`, see [Models by name](../models.md).\n\n'
    )


def _equations(model):
    """The documentation of each layer of this package in the model, which has the equations."""
    ours = {type(layer) for layer in model._flatten_layers()}
    names = sorted(layer.__name__ for layer in ours if layer.__module__.startswith("ave_keras."))
    for name in names:
        if name in layers.__all__:
            yield f"```{{eval-rst}}\n.. autoclass:: ave_keras.layers.{name}\n   :no-index:\n   :no-members:\n```"
    if not set(names) & set(layers.__all__):
        yield "Only layers of Keras, see the diagram."


def _results(entry):
    rows = [row for row in results(entry.name) if row["select"] != "test"]
    if not rows:
        return "None yet: `python -m benchmarks run`."
    lines = ["| mean ± std over seeds | metric | data | protocol | backend |", "|---|---|---|---|---|"]
    for row in rows:
        figure = f"{row['mean']} ± {row['std'] or '–'} ({row['seeds']})"
        lines.append(f"| {figure} | {row['metric']} | {row['data']} | {row['protocol']} | {row['backend']} |")
    return "\n".join(lines)


def _write(path, text):
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
