// How results are shown: a list, the four dimensions, the components. Only text is ever put in, never markup.
"use strict";
(function (openaudit) {
  const { el, svg, mark, chip, levelShape, size, root } = openaudit;
  const SHORT = ["W", "C", "D", "T"], LONG = ["Weights", "Code", "Data", "Documentation"];
  const GRANTS = { open: "any use", restricted: "limited use", "research-only": "research only", unlicensed: "no license", undetermined: "cannot be told" };
  const spoken = (name) => name.replace(/[_-]/g, " ");

  const levelChip = (row) => chip(levelShape(row.level), row.name, levelShape(row.level), "level-chip");
  const link = (row) => el("a", { class: "model", href: root + "models/" + encodeURIComponent(row.page) + ".html" }, row.id);

  function picker(row, picked) {
    const box = el("input", { type: "checkbox", "data-pick": row.page, "aria-label": "Compare " + row.id });
    box.checked = picked.includes(row.page);
    box.disabled = !box.checked && picked.length >= 4;
    return box;
  }
  function heading(row, picked) {
    return el("th", { role: "rowheader", scope: "row", class: "has-pick" }, el("span", { class: "pick" }, picker(row, picked)), link(row),
      row.subject === "dataset" && el("span", { class: "aside" }, " dataset"),
      row.family && el("span", { class: "aside family" }, row.family),
      row.contradictions > 0 && el("span", { class: "aside family tone-absent" }, row.contradictions + (row.contradictions === 1 ? " contradiction" : " contradictions")));
  }
  const cell = (label, content, more) => el("td", { role: "cell", "data-label": label, class: more || null }, el("div", null, content));
  const head = (name, more) => el("th", { role: "columnheader", scope: "col", class: (more && more.class) || null, "aria-sort": (more && more.sort) || null }, name);

  function table(caption, kind, heads, body) {
    return el("table", { class: "stack models " + kind, role: "table" }, el("caption", null, caption),
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads)), el("tbody", { role: "rowgroup" }, body));
  }
  function marks(row) {
    return el("ul", { class: "sides-small", "aria-label": "Dimensions" }, row.sides.map((status, i) =>
      el("li", { class: "tone-" + status }, el("span", { class: "side-name" }, SHORT[i]), " ", mark(status), el("span", { class: "hear" }, " " + status))));
  }
  function license(row) {
    if (!row.license) return el("span", { class: "aside" }, GRANTS[row.grant] || "");
    return el("button", { type: "button", class: "id as-link", "data-set": "license", "data-value": row.license, title: row.licenseName || null },
      row.license.replace(/LicenseRef-(openaudit|scancode)-/g, ""));
  }
  // A header that sorts says so, and which way it goes now.
  function sorter(name, up, down, state, more) {
    const sort = state.get("sort") || "";
    const now = sort === up ? "ascending" : sort === down ? "descending" : null;
    const next = sort === down ? up : down;
    const button = el("button", { type: "button", class: "as-link", "data-set": "sort", "data-value": next }, name, now === "ascending" ? " ↑" : now === "descending" ? " ↓" : "");
    return head(button, { class: more, sort: now });
  }

  function list(rows, caption, state, picked) {
    const heads = [sorter("Model", "name", "name", state), head("Level", { sort: state.get("sort") ? null : "descending" }), sorter("Score", "-score", "score", state, "number"),
      head("Dimensions"), sorter("License", "license", "license", state), sorter("Parameters", "size", "-size", state, "number"), sorter("Audited", "day", "-day", state)];
    return table(caption, "", heads, rows.map((row) => el("tr", { role: "row" }, heading(row, picked), cell("Level", levelChip(row)),
      cell("Score", row.points < 0 ? "–" : row.points, "number"), cell("Dimensions", marks(row)), cell("License", license(row)),
      cell("Parameters", size(row.size, row.guessed), "number"), cell("Audited", row.day || "–", "day"))));
  }

  function bar(points, status, label) {
    const seen = points >= 0;
    return svg("svg", { class: "bar tone-" + (seen ? status : "unknown"), viewBox: "0 0 100 6", preserveAspectRatio: "none", role: "img", "aria-label": label + (seen ? ": " + points + " of 100" : ": could not be seen") },
      svg("rect", { class: "track", width: 100, height: 6 }), seen && svg("rect", { class: "fill", width: points, height: 6 }));
  }
  function sides(rows, caption, state, picked) {
    const heads = [sorter("Model", "name", "name", state), head("Level"), ...LONG.map((name) => head(name))];
    return table(caption, "sides-grid", heads, rows.map((row) => el("tr", { role: "row" }, heading(row, picked), cell("Level", levelChip(row)),
      row.sides.map((status, i) => cell(LONG[i], [chip(status, status, status), bar(row.sidePoints ? row.sidePoints[i] : -1, status, LONG[i])])))));
  }

  function components(rows, caption, state, picked) {
    const names = openaudit.components;
    const heads = [sorter("Model", "name", "name", state), ...names.map((name) => head(el("span", null, spoken(name)), { class: "turned" }))];
    const grid = el("table", { class: "models grid", role: "table" }, el("caption", { class: "hear" }, caption),
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads)),
      el("tbody", { role: "rowgroup" }, rows.map((row) => el("tr", { role: "row" }, heading(row, picked), names.map((name) => {
        const status = row.statuses ? row.statuses.get(name) || "" : "";
        return el("td", { role: "cell", class: status ? "tone-" + status : null, title: spoken(name) + ": " + (status || "not judged") },
          status ? [mark(status), el("span", { class: "hear" }, status)] : el("span", { class: "aside" }, "–"));
      })))));
    return [el("p", { class: "aside" }, caption + "; scrolls sideways"), el("div", { class: "sideways", role: "region", tabindex: "0", "aria-label": "Components of each model, scrolls sideways" }, grid)];
  }

  openaudit.shown = { list, sides, components, table, cell, head, heading, levelChip, link, spoken };
})(window.openaudit);
