"""The content of all report formats: titles, heads, lines and notes of tables, as plain text."""

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
    """An additional table with our results only; `lines` are `(cells, kind)`."""

    title: str
    head: tuple
    lines: list


def head(table):
    """The columns of a table: for each metric the paper's figure, ours, and the difference; then the size."""
    columns = (f"{label} {column}".strip() for label in table.metrics.values() for column in ("paper", "ours", "Δ"))
    return ("entry", "model", *columns, "parameters")


def title(table, group):
    """The title of a table, which names the data set and says if it is not AVE."""
    return f"Table {table.table} · {table.title} · {data_title(group)}"


def data_title(group):
    """The data set and the settings, as in titles."""
    return f"{data_name(group)}, {protocol(group)}"


def protocol(group):
    """The settings, such as `paper protocol, quick profile (epochs 20, batch_size 32)`."""
    recipe = ", ".join(f"{key} {value}" for key, value in group["recipe"].items())
    return f"{group['protocol']} protocol, {group['profile']} profile" + (f" ({recipe})" if recipe else "")


def notes(group, records):
    """The notes below a table."""
    chosen = "the epoch was CHOSEN ON THE TEST SPLIT, so that the figures are too high"
    if group["recipe"].get("select") != "test":
        chosen = "epoch chosen on validation only"
    lines = [f"ours: mean ± sample standard deviation over seeds (number of seeds), {chosen}"]
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
    """The lines of a table, `(cells, kind)`: models ("model"), then predictions without a model ("trivial")."""
    sizes = {row.name: _count(row.parameters) for row in rows(table, records)}
    for cells, kind in _lines(
        table,
        records,
        table.metrics,
        lambda row: (number(row.paper), measured(row), difference(row)),
        lambda percent: ("–", number(percent), "–"),
    ):
        yield (*cells, sizes.get(cells[0], "–")), kind


def details(table, records):
    """Yields a `Detail` for each additional table of `table` that the records have figures for."""
    for title, keys in detail_keys(table, records):
        all_lines = _lines(table, records, keys, lambda row: (measured(row),), lambda percent: (number(percent),))
        measured_lines = [(cells, kind) for cells, kind in all_lines if set(cells[2:]) != {"–"}]
        yield Detail(title, ("entry", "model", *keys.values()), measured_lines)


def detail_keys(table, records):
    """Yields `(title, {key: label})` for each additional table that a record has figures for."""
    present = {key for record in records for key in metrics(record)}
    for detail in table.details:
        keys = expand(detail["metrics"], records)
        if present & set(keys):
            yield detail["title"], keys


class Card(NamedTuple):
    """A figure of the headline: what it is, the figure, and a line that explains it."""

    label: str
    value: str
    note: str


def headline(tables, group, records):
    """The `Card`s above the tables: the best entry, the paper's figure for it, a trivial prediction, cells, data set.

    The best entry is that with the highest mean in the first metric of the first table that has a finished cell, among
    all tables with this metric.
    """
    by_metric = {}
    for table in tables:
        label = f"{table.metric} {next(iter(table.metrics.values()))}".strip()
        finished = {row.title: row for row in rows(table, records) if row.values}
        by_metric.setdefault((next(iter(table.metrics)), label), {}).update(finished)
    (metric, label), finished = next((found for found in by_metric.items() if found[1]), (("", ""), {}))
    if finished:
        top = max(finished.values(), key=lambda row: row.mean)
        what = f"Best of {len(finished)} entries" if len(finished) > 1 else "The entry"
        yield Card(what, f"{number(top.mean)} %", f"{top.title}: {_spread(top)}, {label}")
        if top.paper is not None:
            yield Card("The paper, on AVE", f"{number(top.paper)} %", f"{top.title}; ours: {difference(top)} points")
        references = [(name, f"{number(percent)} %") for name, percent in trivial(records, metric).items()]
        for name, percent in references[:1]:
            more = "; ".join([name, *(f"{name}: {percent}" for name, percent in references[1:])])
            yield Card("Without a model", percent, more)
    entries = {record["entry"]["name"] for record in records}
    seeds = {record["cell"]["seed"] for record in records}
    counts = f"{_plural(len(entries), 'entry', 'entries')}, {_plural(len(seeds), 'seed')}"
    yield Card("Finished cells", str(len(records)), counts)
    videos = max((len(record["test"]["rows"]) for record in records), default=0)
    other = [] if group["title"] == "AVE" else ["not the AVE data set"]
    yield Card("Data set", group["title"], ", ".join([*other, _plural(videos, "test video")]))


def _spread(row):
    return f"± {number(row.std)} over {len(row.values)} seeds" if row.std is not None else "one seed"


def _plural(count, one, many=""):
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _lines(table, records, keys, row_cells, trivial_cells):
    by_metric = [rows(table, records, key) for key in keys]
    for row in zip(*by_metric, strict=True):
        yield (row[0].name, row[0].title, *(cell for figure in row for cell in row_cells(figure))), "model"
    baselines = [trivial(records, key) for key in keys]
    for name in dict.fromkeys(name for scores in baselines for name in scores):
        cells = (cell for scores in baselines for cell in trivial_cells(scores.get(name)))
        yield ("", name, *cells), "trivial"


def matrix_head(table):
    """The head of `matrix`."""
    return ["", *table.columns.values(), "mean"]


def matrix(table, records):
    """The compact form of a matrix: `[(row label, [(text, bold)])]`.

    The last cell of a row is its mean over the columns that exist in all rows, so that the means are comparable.
    """
    by_name = {row.name: row for row in rows(table, records)}
    result = []
    for suffix, label in table.rows.items():
        models = [by_name.get(table.cell(prefix, suffix)) for prefix in table.columns]
        top = best([row.mean if row else None for row in models], table.highlight)
        texts = [_mean_and_std(row) if row else "–" for row in models]
        common = [by_name.get(table.cell(column, suffix)) for column in table.columns if _in_all_rows(table, column)]
        cells = [(text, i in top) for i, text in enumerate(texts)]
        result.append((label, [*cells, (_mean_and_std(_mean(common)), False)]))
    return result


def _in_all_rows(table, column):
    return all(table.cell(column, suffix) for suffix in table.rows)


def _mean(rows):
    """A `Row` of the means over models, per seed; without values if a cell is missing."""
    same = len({len(row.values) for row in rows}) == 1
    return Row("", "", None, tuple(map(fmean, zip(*(row.values for row in rows), strict=True))) if same else ())


def _count(parameters):
    return "–" if parameters is None else f"{parameters:,}"


def _mean_and_std(row):
    return "–" if not row.values else f"{number(row.mean)}±{number(row.std)}"
