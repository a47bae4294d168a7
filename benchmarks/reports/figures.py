"""The figures of a report: a bar chart against the paper, and training curves."""

import io

from matplotlib.figure import Figure

from benchmarks.results.summary import rows, score_key


def bars(table, records):
    """A bar chart of our results with standard deviations, and the paper's figures as marks."""
    # One bar per model and metric, with the metrics of a model side by side.
    labeled = [
        (f"{row.title} {label}".strip(), row)
        for by_metric in zip(*(rows(table, records, metric) for metric in table.metrics), strict=True)
        for label, row in zip(table.metrics.values(), by_metric, strict=True)
    ]
    figure = Figure(figsize=(max(7, 0.45 * len(labeled)), 3.6), layout="constrained")
    axes = figure.add_subplot()
    x = range(len(labeled))
    means, errors = [row.mean or 0 for _, row in labeled], [row.std or 0 for _, row in labeled]
    axes.bar(x, means, yerr=errors, capsize=3, color="#4477aa")
    paper = [(i, row.paper) for i, (_, row) in enumerate(labeled) if row.paper is not None]
    axes.scatter(*zip(*paper, strict=True), marker="_", s=220, color="#cc3311", zorder=3) if paper else None
    axes.set_xticks(list(x), [name for name, _ in labeled], rotation=45, ha="right")
    axes.set(ylabel=table.metric, ylim=(0, 100), title="bars: ours ± std; red: the paper, on AVE")
    return figure


def curves(records):
    """Training loss and validation score over epochs, one line per cell and one color per entry."""
    names = list(dict.fromkeys(record["entry"]["name"] for record in records))
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    keys = []
    for record in records:
        name = record["entry"]["name"]
        color = f"C{names.index(name) % 10}"
        style = ["-", "--", ":", "-."][names.index(name) // 10 % 4]
        first = record is next(r for r in records if r["entry"]["name"] == name)
        keys.append(score_key(record["history"][-1] if record["history"] else {}))
        for axes, key in ((left, "loss"), (right, keys[-1])):
            points = [(i + 1, logs[key]) for i, logs in enumerate(record["history"]) if key in logs]
            if points:
                axes.plot(*zip(*points, strict=True), color=color, ls=style, lw=1, label=name if first else None)
    # The loss of DCCA, a negated correlation, is negative and has no logarithm.
    negative = any(logs.get("loss", 1) <= 0 for record in records for logs in record["history"])
    left.set(xlabel="epoch", ylabel="training loss", yscale="linear" if negative else "log")
    kinds = {"exact match" if key.endswith("exact_match") else "segment accuracy" for key in filter(None, keys)}
    kinds = " or ".join(sorted(kinds, reverse=True)) or "segment accuracy"
    right.set(xlabel="epoch", ylabel=f"validation {kinds}")
    figure.legend(
        *right.get_legend_handles_labels(), loc="outside right upper", fontsize="small", ncols=1 + len(names) // 14
    )
    return figure


def svg(figure):
    """A figure as an SVG element for HTML."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    text = text.getvalue()
    return text[text.index("<svg") :]
