"""Writes reports into the results folder, and measured rows for the cards of the zoo."""

import csv
import hashlib
import json
import re

import zoo
from benchmarks import report, summary
from benchmarks.page import page
from benchmarks.store import atomic
from benchmarks.summary import Row, groups

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
    """Prints the tables and writes `reports/<name>/report.{md,csv,tex,html}`; returns the folder."""
    order = zoo.list()
    records = sorted(records, key=lambda record: (order.index(record["entry"]["name"]), record["cell"]["seed"]))
    ran = {record["entry"]["name"] for record in records}
    tables = [table for table in tables if any(zoo.entry(name).name in ran for name in table.entries)]
    folder = store.folder / "reports" / slug(group)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {suffix: "\n".join(make(table, group, records) for table in tables) for suffix, make in FORMATS.items()}
    texts["html"] = page(tables, group, records)
    for suffix, text in texts.items():
        with atomic(folder / f"report.{suffix}") as temporary:
            temporary.write_text(text)
    for table in tables:
        for printed in report.terminal(table, group, records):
            console.print(printed)
    console.print(f"report: {folder / 'report.html'}")
    return folder


def slug(group):
    """A folder name for a group, unique by its hash."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{group['title']} {group['protocol']} {group['profile']}".lower()).strip("-")
    return f"{words}-{group['backend']}-{hashlib.sha256(json.dumps(group, sort_keys=True).encode()).hexdigest()[:6]}"


def publish(records, path):
    """Writes one CSV line per entry and group: what the cards print as measured."""
    with atomic(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for group, members in groups(records):
            for name in zoo.list():
                own = [r for r in members if r["entry"]["name"] == name]
                if own:
                    writer.writerow(_line(name, group, own))


def readme(path, results):
    """Puts the table of `results` between the marks of a README."""
    text = path.read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    with atomic(path) as temporary:
        temporary.write_text(text[:start] + "\n" + readme_table(results) + text[end:])


def readme_table(results):
    """One line per entry, one column per run, from the CSV that `publish` writes."""
    with results.open(newline="") as file:
        lines = list(csv.DictReader(file))
    runs = list(dict.fromkeys(_run(line) for line in lines))
    found = {(line["entry"], _run(line)): f"{line['mean']} ± {line['std'] or '–'} ({line['seeds']})" for line in lines}
    names = dict.fromkeys(line["entry"] for line in lines)
    body = []
    for name in names:
        entry = zoo.entry(name)
        paper = summary.number(entry.paper.get("accuracy"))
        body.append((f"`{name}`", entry.title, paper, *(found.get((name, run), "–") for run in runs)))
    return "\n".join(report.markdown_lines(("entry", "model", "paper, on AVE", *runs), body)) + "\n"


def _run(line):
    return f"{line['data']}, {line['protocol']} protocol, {line['epochs']} epochs, {line['backend']}"


def _line(name, group, own):
    row = Row(name, "", None, tuple(100 * r["test_accuracy"] for r in own))
    recipe = own[0]["entry"]["recipe"]
    return {
        "entry": name,
        "data": report.data_name(group),
        "protocol": group["protocol"],
        "epochs": recipe["epochs"],
        "batch_size": recipe["batch_size"],
        "seeds": len(own),
        "metric": "segment accuracy %",
        "mean": f"{row.mean:.1f}",
        "std": "" if row.std is None else f"{row.std:.1f}",
        "backend": group["backend"],
        "keras": own[0]["versions"]["keras"],
        "date": max(r["finished"] for r in own)[:10],
        "config": config_hash(zoo.entry(name, group["protocol"])),
    }


def config_hash(entry):
    """12 hexadecimal digits of what an entry is made of: a card's figure is stale when they differ."""
    parts = {"builder": entry.builder, "model": entry.model}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
