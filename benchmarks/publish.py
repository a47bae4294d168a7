"""Writes reports into the results folder, and measured rows for the cards of the zoo."""

import contextlib
import csv
import hashlib
import json
import re

import zoo
from benchmarks import report, summary
from benchmarks.page import page
from benchmarks.store import CannotWrite, atomic, lock
from benchmarks.summary import METRICS, Row, groups, metrics, trivial
from benchmarks.tables import tables as all_tables

FORMATS = {"md": report.markdown, "csv": report.comma_separated, "tex": report.latex}
BEGIN, END = "<!-- results -->", "<!-- /results -->"
FIELDS = [
    "entry",
    "data",
    "protocol",
    "epochs",
    "batch_size",
    "seeds",
    "metric",
    "mean",
    "std",
    "backend",
    "keras",
    "date",
    "config",
]


def write_reports(store, tables, group, records, console):
    """Prints the tables and writes `reports/<name>/report.{md,csv,tex,html}`; returns whether it can."""
    order = zoo.list()
    records = sorted(records, key=lambda record: (order.index(record["entry"]["name"]), record["cell"]["seed"]))
    ran = {record["entry"]["name"] for record in records}
    tables = [table for table in tables if any(zoo.entry(name).name in ran for name in table.entries)]
    for table in tables:
        for printed in report.terminal(table, group, records):
            console.print(printed)
    texts = {suffix: "\n".join(make(table, group, records) for table in tables) for suffix, make in FORMATS.items()}
    texts["html"] = page(tables, group, records)
    folder = store.folder / "reports" / slug(group)
    try:
        _write(folder, texts)
    except (CannotWrite, OSError) as error:
        console.print(f"no report: {error}", markup=False)
        return False
    console.print(f"report: {folder / 'report.html'}")
    return True


def _write(folder, texts):
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in texts.items():
        with atomic(folder / f"report.{suffix}") as temporary:
            temporary.write_text(text)


def write_all(store, tables, records, console):
    """Prints and writes the reports of the records that `records()` gives, one per group.

    Processes that share a store take turns, so that the last report is of all cells. Returns whether all are written.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(CannotWrite):
            stack.enter_context(lock(store.folder / "reports.lock", wait=True))
        written = [write_reports(store, tables, group, members, console) for group, members in groups(records())]
    return all(written)


def slug(group):
    """A folder name for a group, unique by its hash."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{group['title']} {group['protocol']} {group['profile']}".lower()).strip("-")
    return f"{words}-{group['backend']}-{hashlib.sha256(json.dumps(group, sort_keys=True).encode()).hexdigest()[:6]}"


def publish(records, path):
    """Writes one CSV line per entry, main metric and group: what the cards print as measured.

    Lines that are in the file and of other entries or runs stay: not every results folder holds every table.
    """
    new = [line for group, members in groups(records) for line in _lines(group, members)]
    replaced = {_identity(line) for line in new}
    kept = [line for line in _read(path) if _identity(line) not in replaced] if path.exists() else []
    with atomic(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*kept, *new])


def _lines(group, members):
    matching = []
    for name in zoo.list():
        own = [r for r in members if r["entry"]["name"] == name]
        keys = [key for key in METRICS if own and key in metrics(own[0])]
        matching += own if keys != ["accuracy"] else []
        yield from (_line(name, group, own, key) for key in keys)
    # A figure of matching says little without what constant answers score.
    for key in METRICS:
        for answer, percent in trivial(matching, key).items() if matching else ():
            yield {**_line("", group, matching, key), "entry": answer, "seeds": "", "mean": f"{percent:.1f}", "std": ""}


def _read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _identity(line):
    return tuple(str(line[key]) for key in ("entry", "data", "protocol", "epochs", "batch_size", "metric", "backend"))


def readme(path, results):
    """Puts the table of `results` between the marks of a README."""
    text = path.read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    with atomic(path) as temporary:
        temporary.write_text(text[:start] + "\n" + readme_table(results) + text[end:])


def readme_table(results):
    """A table per task from the CSV that `publish` writes: a line per entry, a column per run and metric."""
    lines = _read(results)
    keys = {label: key for key, label in METRICS.items()}
    localizing = [line for line in lines if keys[line["metric"]] == "accuracy"]
    matching = [line for line in lines if keys[line["metric"]] != "accuracy"]
    return "\n".join(_readme_table(part, keys) for part in (localizing, matching) if part)


def _readme_table(lines, keys):
    metrics = dict.fromkeys(line["metric"] for line in lines)
    runs = list(dict.fromkeys((_run(line), line["metric"]) for line in lines))
    found = {(line["entry"], _run(line), line["metric"]): _figure(line) for line in lines}
    body = []
    for name in _in_order(line["entry"] for line in lines):
        entry = zoo.entry(name) if name in zoo.list() else None
        papers = [summary.number(entry and entry.paper.get(keys[metric])) for metric in metrics]
        ours = [found.get((name, *run), "–") for run in runs]
        body.append((f"`{name}`" if entry else "", entry.title if entry else name, *papers, *ours))
    several = len(metrics) > 1
    head = [f"paper, on AVE: {metric}" if several else "paper, on AVE" for metric in metrics]
    head += [f"{metric.split()[0]}: {run}" if several else run for run, metric in runs]
    return "\n".join(report.markdown_lines(("entry", "model", *head), body)) + "\n"


def _in_order(names):
    """Entries in the order of the paper's tables, then the answers of no model, each once."""
    order = {
        name: place for place, name in enumerate(name for table in all_tables().values() for name in table.entries)
    }
    return sorted(dict.fromkeys(names), key=lambda name: order.get(name, len(order)))


def _figure(line):
    return f"{line['mean']} ± {line['std'] or '–'} ({line['seeds']})" if line["seeds"] else line["mean"]


def _run(line):
    training = f"{line['epochs']} epochs of batches of {line['batch_size']}"
    return f"{line['data']}, {line['protocol']} protocol, {training}, {line['backend']}"


def _line(name, group, own, metric):
    row = Row(name, "", None, tuple(metrics(r)[metric] for r in own))
    recipe = own[0]["entry"]["recipe"]
    return {
        "entry": name,
        "data": report.data_name(group),
        "protocol": group["protocol"],
        "epochs": recipe["epochs"],
        "batch_size": recipe["batch_size"],
        "seeds": len(own),
        "metric": METRICS[metric],
        "mean": f"{row.mean:.1f}",
        "std": "" if row.std is None else f"{row.std:.1f}",
        "backend": group["backend"],
        "keras": own[0]["versions"]["keras"],
        "date": max(r["finished"] for r in own)[:10],
        "config": config_hash(zoo.entry(name, group["protocol"])) if name else "",
    }


def config_hash(entry):
    """12 hexadecimal digits of what an entry is made of: a card's figure is stale when they differ."""
    parts = {"builder": entry.builder, "model": entry.model}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
