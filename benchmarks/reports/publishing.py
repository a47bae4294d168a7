"""Publishes measured figures in a CSV file for the model cards, and in the README and other pages."""

import fnmatch
import hashlib
import json
import re

import zoo
from ave_keras.errors import AVEError
from benchmarks.grid.tables import tables as all_tables
from benchmarks.reports.markdown import markdown_lines
from benchmarks.results.files import atomic, read_csv, update_csv
from benchmarks.results.summary import METRICS, Row, data_name, groups, metrics, number, trivial
from zoo.card import comparisons, difference, probability

MARKER = re.compile(r"(<!-- results of ([^:>]+?)(?:: ([\w *]+?))? -->)(.*?)(<!-- /results -->)", re.S)
# What a published line is about; the other columns say what was measured.
IDENTITY = ("entry", "data", "protocol", "epochs", "batch_size", "select", "metric", "backend")


def publish(records, path):
    """Writes one CSV line per entry, main metric and group; the cards show them as measured figures.

    Existing lines of other entries or settings stay, since a results folder may not contain every table. Runs with
    class weights are left out, because a line does not say so.

    Args:
        records: The records of the finished cells.
        path: The CSV file to write or update.
    """
    plain = [(group, members) for group, members in groups(records) if not group["recipe"].get("class_weight")]
    lines = [line for group, members in plain for line in _lines(group, members)]
    update_csv(path, lines, IDENTITY)


def _lines(group, members):
    for name in zoo.list():
        cells = [r for r in members if r["entry"]["name"] == name]
        keys = [key for key in METRICS if cells and key in metrics(cells[0])]
        yield from (_line(name, group, cells, key) for key in keys)
    # A figure says little without the scores of constant predictions.
    for key in METRICS:
        cells = [r for r in members if key in metrics(r)]
        for prediction, percent in trivial(cells, key).items():
            yield {
                **_line("", group, cells, key),
                "entry": prediction,
                "seeds": "",
                "mean": f"{percent:.1f}",
                "std": "",
            }


def fill(path, results):
    """Replaces the tables between the markers of a page, such as `<!-- results of AV-mini -->`.

    A marker names the beginning of a data set's name, and after a colon the entries, all if there are none:
    `<!-- results of made films: av_att dmrn_* -->`.

    Args:
        path: The README, or another page.
        results: The CSV file that `publish` has written.

    Raises:
        AVEError: The page has no marker.
    """
    text = path.read_text(encoding="utf-8")
    if not MARKER.search(text):
        raise AVEError("no place for the table", file=path, expected="<!-- results of DATA SET --> … <!-- /results -->")
    with atomic(path) as temporary:
        filled = MARKER.sub(lambda found: f"{found[1]}\n{published(results, *_wanted(found))}{found[5]}", text)
        temporary.write_text(filled, encoding="utf-8")


def _wanted(found):
    """`(data set, entries)` of a match of `MARKER`."""
    return found[2], (found[3] or "*").split()


def published(results, data="", entries=("*",)):
    """A Markdown table per task from the CSV file of `publish`: a line per entry, a column per run and metric.

    Figures of an epoch that was chosen on the test split are left out.

    Args:
        results: The CSV file.
        data: The beginning of the data set's name.
        entries: Patterns of names of entries; predictions without a model belong to those of their task.
    """
    lines = [line for line in read_csv(results) if line["select"] != "test" and line["data"].startswith(data)]
    chosen = {name for pattern in entries for name in fnmatch.filter(zoo.list(), pattern)}
    keys = {label: key for key, label in METRICS.items()}
    lines = [line for line in lines if line["entry"] in chosen or line["entry"] not in zoo.list()]
    localizing = [line for line in lines if keys[line["metric"]] == "accuracy"]
    matching = [line for line in lines if keys[line["metric"]] != "accuracy"]
    compared = [r for r in comparisons() if r["title"].startswith(data) and r["second"] in chosen]
    tables = [_table(part, keys) for part in (localizing, matching) if chosen & {line["entry"] for line in part}]
    return "\n".join([*tables, *_comparisons(compared)])


def _comparisons(found):
    """A table of comparisons, if there are some."""
    if found:
        rows = [(f"`{r['second']}`", f"`{r['first']}`", difference(r), probability(float(r["p"]))) for r in found]
        title = f"Differences with 95 % intervals, paired over the test videos, on {found[0]['title']}:\n"
        yield "\n".join([title, *markdown_lines(("entry", "minus", "points", "p"), rows)]) + "\n"


def _table(lines, keys):
    metrics = dict.fromkeys(line["metric"] for line in lines)
    runs = list(dict.fromkeys((_run(line), line["metric"]) for line in lines))
    figures = {(line["entry"], _run(line), line["metric"]): _figure(line) for line in lines}
    body = []
    for name in _in_order(line["entry"] for line in lines):
        entry = zoo.entry(name) if name in zoo.list() else None
        papers = [number(entry and entry.paper.get(keys[metric])) for metric in metrics]
        ours = [figures.get((name, *run), "–") for run in runs]
        label = (f"`{name}`", entry.title, entry.needs) if entry else ("", name, "–")
        body.append((*label, *papers, *ours))
    several = len(metrics) > 1
    head = [f"paper, on AVE: {metric}" if several else "paper, on AVE" for metric in metrics]
    head += [f"{metric.split()[0]}: {run}" if several else run for run, metric in runs]
    return "\n".join(markdown_lines(("entry", "model", "needs", *head), body)) + "\n"


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
