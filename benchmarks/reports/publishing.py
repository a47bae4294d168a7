"""Publishes measured figures in a CSV file for the model cards, and in the README."""

import hashlib
import json

import zoo
from benchmarks.grid.tables import tables as all_tables
from benchmarks.reports.markdown import markdown_lines
from benchmarks.results.files import atomic, read_csv, update_csv
from benchmarks.results.summary import METRICS, Row, data_name, groups, metrics, number, trivial
from zoo.card import comparisons, difference, probability

BEGIN, END = "<!-- results -->", "<!-- /results -->"
# What a published line is about; the other columns say what was measured.
IDENTITY = ("entry", "data", "protocol", "epochs", "batch_size", "select", "metric", "backend")


def publish(records, path):
    """Writes one CSV line per entry, main metric and group; the cards show them as measured figures.

    Existing lines of other entries or settings stay, since a results folder may not contain every table.

    Args:
        records: The records of the finished cells.
        path: The CSV file to write or update.
    """
    lines = [line for group, members in groups(records) for line in _lines(group, members)]
    update_csv(path, lines, IDENTITY)


def _lines(group, members):
    matching = []
    for name in zoo.list():
        cells = [r for r in members if r["entry"]["name"] == name]
        keys = [key for key in METRICS if cells and key in metrics(cells[0])]
        matching += cells if keys != ["accuracy"] else []
        yield from (_line(name, group, cells, key) for key in keys)
    # Figures of the matching task need the scores of constant predictions for comparison.
    for key in METRICS:
        for prediction, percent in trivial(matching, key).items() if matching else ():
            yield {
                **_line("", group, matching, key),
                "entry": prediction,
                "seeds": "",
                "mean": f"{percent:.1f}",
                "std": "",
            }


def readme(path, results):
    """Replaces the table between the markers in a README.

    Args:
        path: The README.
        results: The CSV file that `publish` has written.
    """
    text = path.read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    with atomic(path) as temporary:
        temporary.write_text(text[:start] + "\n" + readme_table(results) + text[end:])


def readme_table(results):
    """A Markdown table per task from the CSV file of `publish`: a line per entry, a column per run and metric.

    Figures of an epoch that was chosen on the test split are left out.
    """
    lines = [line for line in read_csv(results) if line["select"] != "test"]
    keys = {label: key for key, label in METRICS.items()}
    localizing = [line for line in lines if keys[line["metric"]] == "accuracy"]
    matching = [line for line in lines if keys[line["metric"]] != "accuracy"]
    return "\n".join([*(_readme_table(part, keys) for part in (localizing, matching) if part), *_comparisons()])


def _comparisons():
    """A table of the published comparisons, if there are some."""
    found = comparisons()
    if found:
        rows = [(f"`{r['second']}`", f"`{r['first']}`", difference(r), probability(float(r["p"]))) for r in found]
        title = f"Differences with 95 % intervals, paired over the test videos, on {found[0]['title']}:\n"
        yield "\n".join([title, *markdown_lines(("entry", "minus", "points", "p"), rows)]) + "\n"


def _readme_table(lines, keys):
    metrics = dict.fromkeys(line["metric"] for line in lines)
    runs = list(dict.fromkeys((_run(line), line["metric"]) for line in lines))
    figures = {(line["entry"], _run(line), line["metric"]): _figure(line) for line in lines}
    body = []
    for name in _in_order(line["entry"] for line in lines):
        entry = zoo.entry(name) if name in zoo.list() else None
        papers = [number(entry and entry.paper.get(keys[metric])) for metric in metrics]
        ours = [figures.get((name, *run), "–") for run in runs]
        body.append((f"`{name}`" if entry else "", entry.title if entry else name, *papers, *ours))
    several = len(metrics) > 1
    head = [f"paper, on AVE: {metric}" if several else "paper, on AVE" for metric in metrics]
    head += [f"{metric.split()[0]}: {run}" if several else run for run, metric in runs]
    return "\n".join(markdown_lines(("entry", "model", *head), body)) + "\n"


def _in_order(names):
    """Unique names: entries in the order of the paper's tables, then predictions without a model."""
    listed = dict.fromkeys(name for table in all_tables().values() for name in table.entries)
    order = {name: position for position, name in enumerate(listed)}
    return sorted(dict.fromkeys(names), key=lambda name: order.get(name, len(order)))


def _figure(line):
    return f"{line['mean']} ± {line['std'] or '–'} ({line['seeds']})" if line["seeds"] else line["mean"]


def _run(line):
    training = f"{line['epochs']} epochs of batches of {line['batch_size']}"
    return f"{line['data']}, {line['protocol']} protocol, {training}, {line['backend']}"


def _line(name, group, records, metric):
    row = Row(name, "", None, tuple(metrics(r)[metric] for r in records))
    recipe = records[0]["entry"]["recipe"]
    return {
        "entry": name,
        "data": data_name(group),
        "protocol": group["protocol"],
        "epochs": recipe["epochs"],
        "batch_size": recipe["batch_size"],
        "select": recipe.get("select") or "val",
        "seeds": len(records),
        "metric": METRICS[metric],
        "mean": f"{row.mean:.1f}",
        "std": "" if row.std is None else f"{row.std:.1f}",
        "backend": group["backend"],
        "keras": records[0]["versions"]["keras"],
        "date": max(r["finished"] for r in records)[:10],
        "config": config_hash(zoo.entry(name, group["protocol"])) if name else "",
    }


def config_hash(entry):
    """A hash of an entry's builder and model, 12 hexadecimal digits; a figure with another hash is stale."""
    parts = {"builder": entry.builder, "model": entry.model}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
