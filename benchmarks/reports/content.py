"""What the reports say: titles, heads and lines of tables, in plain text."""

from statistics import fmean
from typing import NamedTuple

from benchmarks.results.summary import (
    Row,
    best,
    data_name,
    difference,
    expand,
    measured,
    metrics,
    number,
    rows,
    trivial,
)


class Detail(NamedTuple):
    """A further table of ours alone: `title`, `head`, and `lines` of `(cells, kind)`."""

    title: str
    head: tuple
    lines: list


def head(table):
    """The columns of a table: each of its metrics as the paper has it, as we do, and the difference."""
    columns = (f"{label} {column}".strip() for label in table.metrics.values() for column in ("paper", "ours", "Δ"))
    return ("entry", "model", *columns)


def title(table, group):
    """What a table says above itself; where the data are not the AVE data set, it says so."""
    return f"Table {table.table} · {table.title} · {data_title(group)}"


def data_title(group):
    """What was run on what."""
    return f"{data_name(group)}, {protocol(group)}"


def protocol(group):
    """`paper protocol, quick profile (epochs 20, batch_size 32)`."""
    recipe = ", ".join(f"{key} {value}" for key, value in group["recipe"].items())
    return f"{group['protocol']} protocol, {group['profile']} profile" + (f" ({recipe})" if recipe else "")


def notes(group, records):
    """The lines below a table."""
    lines = ["ours: mean ± sample standard deviation over seeds (number of seeds), epoch chosen on validation only"]
    if group["title"] != "AVE":
        lines.append("the paper's figures, and so Δ, are of the AVE data set: nothing here reproduces them")
    if group["bad_rows"]:
        lines.append(f"{len(group['bad_rows'])} videos dropped for NaN or Inf: rows {group['bad_rows']}")
    versions = sorted({f"keras {r['versions']['keras']}" for r in records})
    commits = sorted({r["commit"] for r in records if r["commit"]})
    ran = sorted({f"{r['device']} with {r['threads']} threads" for r in records})
    lines.append(f"{group['backend']}, {', '.join(versions)}, {', '.join(ran)}; commit {', '.join(commits) or '–'}")
    lines.append(f"data sha256 {group['sha256'][:16]}")
    return lines


def lines(table, records):
    """`(cells of head, kind)` per line: models, then answers without a model; kind is "model" or "trivial"."""
    return _lines(
        table,
        records,
        table.metrics,
        lambda row: (number(row.paper), measured(row), difference(row)),
        lambda percent: ("–", number(percent), "–"),
    )


def details(table, records):
    """The further tables of `table` for which the records have figures, as `Detail`s."""
    for title, keys in detail_keys(table, records):
        found = _lines(table, records, keys, lambda row: (measured(row),), lambda percent: (number(percent),))
        known = [(cells, kind) for cells, kind in found if set(cells[2:]) != {"–"}]
        yield Detail(title, ("entry", "model", *keys.values()), known)


def detail_keys(table, records):
    """`(title, {key: label})` of the details of which some record has a figure."""
    present = {key for record in records for key in metrics(record)}
    for detail in table.details:
        keys = expand(detail["metrics"], records)
        if present & set(keys):
            yield detail["title"], keys


def _lines(table, records, keys, of_model, of_answer):
    by_metric = [rows(table, records, key) for key in keys]
    for row in zip(*by_metric, strict=True):
        yield (row[0].name, row[0].title, *(cell for figure in row for cell in of_model(figure))), "model"
    answers = [trivial(records, key) for key in keys]
    for name in dict.fromkeys(name for found in answers for name in found):
        cells = (cell for found in answers for cell in of_answer(found.get(name)))
        yield ("", name, *cells), "trivial"


def matrix_head(table):
    """The labels over the cells of `matrix`."""
    return ["", *table.columns.values(), "mean"]


def matrix(table, records):
    """The compact form of a matrix: `[(row label, [(text, bold)])]`.

    Last in a row stands its mean over the columns that all rows have, so that rows compare.
    """
    by_name = {row.name: row for row in rows(table, records)}
    result = []
    for suffix, label in table.rows.items():
        found = [by_name.get(table.cell(prefix, suffix)) for prefix in table.columns]
        top = best([row.mean if row else None for row in found], table.highlight)
        texts = [_pair(row) if row else "–" for row in found]
        whole = [by_name.get(table.cell(column, suffix)) for column in table.columns if _in_all_rows(table, column)]
        cells = [(text, i in top) for i, text in enumerate(texts)]
        result.append((label, [*cells, (_pair(_mean(whole)), False)]))
    return result


def _in_all_rows(table, column):
    return all(table.cell(column, suffix) for suffix in table.rows)


def _mean(rows):
    """A `Row` of the means over models, seed by seed; without values where a cell is missing."""
    same = len({len(row.values) for row in rows}) == 1
    return Row("", "", None, tuple(map(fmean, zip(*(row.values for row in rows), strict=True))) if same else ())


def _pair(row):
    return "–" if not row.values else f"{number(row.mean)}±{number(row.std)}"
