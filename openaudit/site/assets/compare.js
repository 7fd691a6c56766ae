// Two to four models side by side; the choice is the address of the page.
"use strict";
(function (openaudit) {
  const { el, chip, levelShape, size, root, readState, writeState, STATUSES } = openaudit;
  const MOST = 4;
  const ANSWERS = { yes: ["yes", "open"], no: ["absent", "absent"], if: ["restricted", "restricted"], limit: ["limit", "restricted"], none: ["none", "plain"], note: ["note", "plain"], unknown: ["unknown", "unknown"] };
  const byId = (id) => document.getElementById(id);
  const status = byId("status"), chosen = byId("chosen"), comparison = byId("comparison"), differ = byId("differ");
  const models = new Map();
  openaudit.model = (model) => { models.set(model.page, model); };

  const pages = () => [...new Set(readState().getAll("m"))].filter((page) => /^[a-z0-9._-]+$/.test(page)).slice(0, MOST);
  function go(list, only) {
    const state = new URLSearchParams(list.map((page) => ["m", page]));
    if (only) state.set("differ", "yes");
    writeState(state, false);
    show();
  }

  const plain = (text) => ({ key: String(text), node: () => (text === "" ? el("span", { class: "aside" }, "–") : String(text)) });
  function statused(word, detail) {
    const shape = STATUSES.includes(word) ? word : "unknown";
    return { key: word, node: () => [chip(shape, word, shape), detail ? el("span", { class: "aside family" }, detail) : null] };
  }
  function answered(term) {
    if (!term) return plain("");
    const [shape, tone] = ANSWERS[term[1]] || ANSWERS.unknown;
    return { key: term[1] + term[3], node: () => [chip(shape, term[2], tone), term[3] ? el("span", { class: "aside family" }, term[3]) : null] };
  }
  const spelled = (list) => ({ key: list.join("\n"), node: () => (list.length ? el("ul", { class: "plain-list" }, list.map((item) => el("li", null, item))) : el("span", { class: "aside" }, "none")) });

  const distinct = (lists) => [...new Set(lists.flat())];
  function groups(list) {
    const pick = (rows, name, index) => rows.find((row) => row[index] === name);
    const names = (key) => distinct(list.map((model) => model[key].map((row) => row[0])));
    return [
      ["In short", [
        ["Level", list.map((m) => ({ key: m.level, node: () => chip(levelShape(m.level), m.name, levelShape(m.level), "level-chip") }))],
        ["Score", list.map((m) => plain(m.points === null ? "" : m.points))],
        ["Verdict", list.map((m) => plain(m.headline))],
        ["License", list.map((m) => plain(m.license.replace(/LicenseRef-(openaudit|scancode)-/g, "")))],
        ["Lets anyone", list.map((m) => plain(m.grant))],
        ["Access", list.map((m) => plain(m.access))],
        ["Parameters", list.map((m) => plain(m.size ? size(m.size / 1e6, m.guessed) : ""))],
        ["Made from", list.map((m) => spelled(m.lineage))],
        ["Contradictions", list.map((m) => spelled(m.contradictions))],
        ["Claims that do not hold", list.map((m) => spelled(m.claims))],
        ["Audited", list.map((m) => plain(m.day))],
      ]],
      ["Dimensions", names("sides").map((name) => [name, list.map((m) => { const side = pick(m.sides, name, 0); return side ? statused(side[1], (side[2] === null ? "" : side[2] + " of 100. ") + side[3]) : plain(""); })])],
      ["What you may do", names("permissions").map((name) => [name, list.map((m) => answered(pick(m.permissions, name, 0)))])],
      ["Terms of the license", names("terms").map((name) => [name, list.map((m) => answered(pick(m.terms, name, 0)))])],
      ["Components", names("components").map((name) => [name, list.map((m) => { const part = pick(m.components, name, 0); return part ? statused(part[1], part[2]) : plain(""); })])],
      ["Frameworks", names("frameworks").map((name) => [name, list.map((m) => { const line = pick(m.frameworks, name, 0); return plain(line ? line[1] : ""); })])],
    ];
  }

  function draw(list) {
    const only = differ.checked;
    const bodies = groups(list).map(([title, rows]) => {
      const kept = rows.filter(([, cells]) => !only || new Set(cells.map((cell) => cell.key)).size > 1);
      if (!kept.length) return null;
      return el("tbody", { role: "rowgroup" }, el("tr", { role: "row", class: "group" }, el("th", { role: "rowheader", scope: "rowgroup", colspan: list.length + 1 }, title)),
        kept.map(([name, cells]) => el("tr", { role: "row", class: new Set(cells.map((cell) => cell.key)).size > 1 ? "differs" : null },
          el("th", { role: "rowheader", scope: "row" }, name), cells.map((cell, i) => el("td", { role: "cell", "data-label": list[i].id }, el("div", null, cell.node()))))));
    });
    const head = el("tr", { role: "row" }, el("td", { role: "cell" }, el("span", { class: "hear" }, "What")), list.map((m) => el("th", { role: "columnheader", scope: "col" }, el("a", { href: root + "models/" + encodeURIComponent(m.page) + ".html" }, m.id))));
    const table = el("table", { class: "stack comparison", role: "table" }, el("caption", null, only ? "Only what differs" : "Side by side; a bar marks what differs"), el("thead", { role: "rowgroup" }, head), bodies);
    comparison.replaceChildren(el("div", { class: "sideways", role: "region", tabindex: "0", "aria-label": "Comparison, scrolls sideways" }, table));
  }

  function show() {
    const list = pages();
    differ.checked = readState().get("differ") === "yes";
    return Promise.allSettled(list.map((page) => openaudit.load("data/models/" + page + ".js"))).then(() => {
      if (list.join() !== pages().join()) return;
      const known = list.map((page) => models.get(page)).filter(Boolean);
      const missing = list.filter((page) => !models.has(page));
      chosen.replaceChildren(...known.map((m) => el("li", null, m.id, " ", el("button", { type: "button", "data-drop": m.page, "aria-label": "Take away " + m.id }, "✕"))));
      byId("add").disabled = known.length >= MOST;
      status.textContent = (missing.length ? `Not here: ${missing.join(", ")}. ` : "") + (known.length < 2 ? `${known.length ? "One is" : "None is"} chosen: ${known.length ? "add another" : "add two or more"}.` : `${known.length} models side by side.`);
      if (known.length) draw(known); else comparison.replaceChildren();
      document.documentElement.dataset.ready = "yes";
    });
  }

  function suggest(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const near = openaudit.rows.filter((row) => words.every((word) => row.words.includes(word))).slice(0, 30);
    byId("names").replaceChildren(...near.map((row) => el("option", { value: row.id })));
    return near;
  }
  byId("add").addEventListener("focus", () => openaudit.whenListed().then(() => suggest(byId("add").value)));
  byId("add").addEventListener("input", (event) => { if (openaudit.rows.length) suggest(event.target.value); });
  byId("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    openaudit.whenListed().then(() => {
      const text = byId("add").value.trim();
      const exact = openaudit.rows.find((row) => row.id.toLowerCase() === text.toLowerCase());
      const row = exact || (text ? suggest(text)[0] : null);
      if (!row) { status.textContent = text ? `No model is called "${text}".` : "Type a part of its name."; return; }
      byId("add").value = "";
      go([...new Set([...pages(), row.page])].slice(0, MOST), differ.checked);
    });
  });
  differ.addEventListener("change", () => go(pages(), differ.checked));
  chosen.addEventListener("click", (event) => {
    const page = event.target.dataset.drop;
    if (page) { go(pages().filter((other) => other !== page), differ.checked); byId("add").focus(); }
  });
  addEventListener("popstate", show);
  byId("choose").hidden = false;
  show();
})(window.openaudit);
