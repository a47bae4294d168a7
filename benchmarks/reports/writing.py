"""Writes the reports of a results folder in every format."""

import contextlib
import hashlib
import json
import re

import zoo
from benchmarks.reports.comma_separated import comma_separated
from benchmarks.reports.html import page
from benchmarks.reports.latex import latex
from benchmarks.reports.markdown import markdown
from benchmarks.reports.terminal import terminal
from benchmarks.results.files import CannotWrite, atomic, lock
from benchmarks.results.summary import groups

FORMATS = {"md": markdown, "csv": comma_separated, "tex": latex}


def write_reports(store, tables, group, records, console):
    """Prints the tables and writes `reports/<name>/report.{md,csv,tex,html}`; returns whether it could write them."""
    order = zoo.list()
    records = sorted(records, key=lambda record: (order.index(record["entry"]["name"]), record["cell"]["seed"]))
    ran = {record["entry"]["name"] for record in records}
    tables = [table for table in tables if any(zoo.entry(name).name in ran for name in table.entries)]
    for table in tables:
        for printed in terminal(table, group, records):
            console.print(printed)
    texts = {suffix: "\n".join(make(table, group, records) for table in tables) for suffix, make in FORMATS.items()}
    texts["html"] = page(tables, group, records)
    folder = store.folder / "reports" / slug(group)
    try:
        _write(folder, texts)
    except (CannotWrite, OSError) as error:
        console.print(f"cannot write the report: {error}", markup=False)
        return False
    console.print(f"report: {folder / 'report.html'}")
    return True


def _write(folder, texts):
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in texts.items():
        with atomic(folder / f"report.{suffix}") as temporary:
            temporary.write_text(text)


def write_all(store, tables, records, console):
    """Prints and writes one report per group of records; returns whether all could be written.

    Processes that share a store take turns, so that the last report contains all cells.

    Args:
        store: The `Store`.
        tables: The `grid.tables.Table`s to report.
        records: A function that returns the records; it is called when it is this process' turn.
        console: The Rich console for the tables.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(CannotWrite):
            stack.enter_context(lock(store.folder / "reports.lock", wait=True))
        written = [write_reports(store, tables, group, members, console) for group, members in groups(records())]
    return all(written)


def slug(group):
    """The folder name of a group, made unique by a hash."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{group['title']} {group['protocol']} {group['profile']}".lower()).strip("-")
    return f"{words}-{group['backend']}-{hashlib.sha256(json.dumps(group, sort_keys=True).encode()).hexdigest()[:6]}"
