// Turn column heads into buttons, so that they are accessible by keyboard; without scripts they stay plain text.
const number = (text) => /^[+-]?[\d,]*\.?\d+( ?[±%].*)?$/.test(text) ? parseFloat(text.replaceAll(",", "")) : NaN;
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
  head.closest("table").tBodies[0].append(...sorted);
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
