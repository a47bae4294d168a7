"""The HTML of a report: its style, its script, and tables that sort by a click on the head of a column."""

from html import escape

# Nothing is asked for, whatever a name of an entry or a class may hold.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
STYLE = """
:root { color-scheme: light dark; --line: #8884 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
td, th { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap }
td + td + td, th + th + th { text-align: right } .trivial { opacity: .65 } .scroll { overflow-x: auto }
figure { margin: 1rem 0; background: #fff; padding: .5rem; border-radius: .5rem } svg { width: 100%; height: auto }
footer, li { font-size: .85rem; opacity: .8 } summary { cursor: pointer; padding: .15rem 0 }
th button { all: unset; cursor: pointer; white-space: nowrap } th button:focus-visible { outline: 2px solid }
th button::after { content: "↕"; opacity: .35; padding-left: .2em }
[aria-sort=ascending] button::after { content: "↑"; opacity: 1 }
[aria-sort=descending] button::after { content: "↓"; opacity: 1 }
.heat { font-size: .75rem; line-height: 1.2; font-variant-numeric: tabular-nums }
.heat td, .heat th { padding: .1rem .25rem; min-width: 1.4em; border: 1px solid var(--line) }
.heat td { text-align: center } .heat th { text-align: left }
.heat td[style] { background: rgb(68 119 170 / calc(var(--p) * .8%)) }
.heat tr:first-child th + th { writing-mode: vertical-rl; transform: rotate(180deg); padding: .3rem .1rem }
.side { display: flex; flex-wrap: wrap; gap: 0 1.5rem } .side > * { max-width: 100% }
.heat caption { text-align: left; font-size: .85rem; padding: .3rem 0 }
"""
# The words of a head become a button, so that keys reach it; without a script there is nothing that looks like one.
SCRIPT = """
const number = (text) => /^[+-]?[\\d,]*\\.?\\d+( ?[±%].*)?$/.test(text) ? parseFloat(text.replaceAll(",", "")) : NaN;
const next = { none: "ascending", ascending: "descending", descending: "none" };
function sort(head, rows) {
  const order = next[head.ariaSort || "none"];
  for (const other of head.parentNode.cells) other.ariaSort = other === head ? order : "none";
  const text = (row) => row.cells[head.cellIndex].textContent;
  const known = rows.filter((row) => !["", "–"].includes(text(row)));
  const numeric = known.every((row) => !isNaN(number(text(row))));
  const compare = (a, b) => numeric ? number(text(a)) - number(text(b)) : text(a).localeCompare(text(b));
  known.sort((a, b) => order === "descending" ? compare(b, a) : compare(a, b));
  const sorted = order === "none" ? rows : [...known, ...rows.filter((row) => !known.includes(row))];
  head.parentNode.parentNode.append(...sorted);
}
for (const table of document.querySelectorAll("table.sortable")) {
  const rows = [...table.rows].slice(1);
  for (const head of table.rows[0].cells) {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.onclick = () => sort(head, rows);
  }
}
"""


def document(title, body):
    """A whole page; `title` is text, `body` HTML."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}<script>{SCRIPT}</script></body></html>\n"
    )


def table(head, body):
    """A table that sorts.

    Args:
        head: names of the columns.
        body: `(cells, class)` per line; a cell is text, or `(text, bold)`.
    """

    def cell(content):
        content, bold = content if isinstance(content, tuple) else (content, False)
        return f"<td><b>{escape(content)}</b></td>" if bold else f"<td>{escape(str(content))}</td>"

    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    parts = (f'<tr class="{kind}">{"".join(map(cell, cells))}</tr>' for cells, kind in body)
    return f'<div class="scroll"><table class="sortable"><tr>{top}</tr>{"".join(parts)}</table></div>'


def heat(head, body, caption="", sortable=False):
    """A table of percentages, each on a ground as deep as it is high.

    Args:
        head: names of the columns.
        body: `(name, cells)` per line; a cell is text, or a percentage.
        caption: text above it.
        sortable: by a click on a head.
    """

    # Closing tags of cells and lines may be left out, which halves the page.
    def cell(value):
        return f"<td>{escape(value)}" if isinstance(value, str) else f'<td style="--p:{value:.0f}">{value:.0f}'

    top = "".join(f"<th>{escape(name)}" for name in head)
    parts = (f"<tr><th>{escape(name)}{''.join(map(cell, cells))}" for name, cells in body)
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    kind = "heat sortable" if sortable else "heat"
    return f'<div class="scroll"><table class="{kind}">{above}<tr>{top}{"".join(parts)}</table></div>'


def bullets(notes):
    """A list, or nothing."""
    return "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>" if notes else ""
