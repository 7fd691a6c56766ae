// A field above long tables that leaves the rows which hold all of its words. Without scripts the whole table is there.
"use strict";
for (const table of document.querySelectorAll("table.filtered")) {
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));
  const label = document.createElement("label");
  const field = document.createElement("input");
  const count = document.createElement("output");
  field.type = "search";
  field.autocomplete = "off";
  label.append(`Filter ${table.dataset.label}: `, field);
  const bar = document.createElement("div");
  bar.className = "filter";
  bar.append(label, count);
  table.parentElement.before(bar);
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text } of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${rows.length}`;
  };
  field.addEventListener("input", show);
  field.value = new URLSearchParams(location.search).get("filter") ?? "";
  show();
}
