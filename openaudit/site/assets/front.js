// The front page: search, filters, sorting and views, whose state is the address of the page.
"use strict";
(function (openaudit) {
  const { el, readState, writeState } = openaudit;
  const ROWS = 50;
  const FILTERS = ["q", "level", "license", "family", "org", "verdict", "side"];
  const KEYS = [...FILTERS, "sort", "view", "page"];
  const VIEWS = ["", "sides", "components", "plot"];
  const BANDS = { "open-source": "open source (both)", "open-weight": "open-weight (all three)", closed: "closed or unlicensed" };
  const FRAMEWORKS = { mof: "Model Openness Framework", osaid: "Open Source AI Definition", osai_index: "Open Source AI Index", eu_ai_act: "EU AI Act, Art. 53(2)", fmti: "Transparency Index" };
  const LADDER = ["fully-open", "open-toolchain", "open-weight", "restricted-weight", "research-only", "unlicensed", "closed"];
  const DATA_LADDER = ["open-data", "restricted-data", "research-only-data", "unlicensed-data"];
  const SIDES = ["weights", "code", "data", "docs"];
  const byId = (id) => document.getElementById(id);
  const form = byId("filters"), status = byId("status"), results = byId("results"), pager = byId("pager");
  let picked = [], listed = false, failed = false;

  const compareText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const lower = (row) => row.lower || (row.lower = row.id.toLowerCase());
  function rank(row) {
    const step = LADDER.indexOf(row.level), data = DATA_LADDER.indexOf(row.level);
    return step >= 0 ? step : data >= 0 ? 2 + data : 9;
  }
  const byName = (a, b) => compareText(lower(a), lower(b));
  const last = (value, worst) => (value === worst ? 1 : 0);  // what is not told stands at the end, whichever way it goes
  const ORDERS = {
    "": (a, b) => rank(a) - rank(b) || b.points - a.points || byName(a, b),
    score: (a, b) => b.points - a.points || byName(a, b),
    "-score": (a, b) => last(a.points, -1) - last(b.points, -1) || a.points - b.points || byName(a, b),
    name: byName,
    org: (a, b) => compareText(a.org.toLowerCase(), b.org.toLowerCase()) || byName(a, b),
    license: (a, b) => last(a.license, "") - last(b.license, "") || compareText(a.license, b.license) || byName(a, b),
    size: (a, b) => last(a.size, 0) - last(b.size, 0) || a.size - b.size || byName(a, b),
    "-size": (a, b) => b.size - a.size || byName(a, b),
    day: (a, b) => last(a.day, "") - last(b.day, "") || compareText(a.day, b.day) || byName(a, b),
    "-day": (a, b) => compareText(b.day, a.day) || byName(a, b),
  };
  const TESTS = {
    q: (text) => {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      return (row) => words.every((word) => row.words.includes(word));
    },
    level: (value) => (value.startsWith("band:") ? (row) => row.band === value.slice(5) : (row) => row.level === value),
    license: (value) => (row) => (value === "-" ? !row.license : row.license === value),
    family: (value) => (row) => (value === "-" ? !row.family : row.family === value),
    org: (value) => (row) => row.org === value,
    verdict: (value) => {
      const [name, group] = [value.slice(0, value.indexOf(":")), value.slice(value.indexOf(":") + 1)];
      return (row) => row.verdicts[name] === group;
    },
    side: (value) => {
      const [name, wanted] = value.split(":");
      const place = SIDES.indexOf(name);
      return (row) => row.sides[place] === wanted;
    },
  };
  function found(state) {
    const tests = FILTERS.filter((key) => state.get(key)).map((key) => TESTS[key](state.get(key)));
    const order = ORDERS[state.get("sort") || ""] || ORDERS[""];
    return openaudit.rows.filter((row) => tests.every((test) => test(row))).sort(order);
  }

  // ---- what can be chosen, with how many there are of each

  function tally(values) {
    const counts = new Map();
    for (const value of values) if (value) counts.set(value, (counts.get(value) || 0) + 1);
    return counts;
  }
  const option = (value, words, many) => el("option", { value }, many === undefined ? words : `${words} (${many.toLocaleString("en")})`);
  const group = (label, options) => (options.length ? el("optgroup", { label }, options) : null);
  function choices(id, first, rest) {
    const select = byId(id);
    select.replaceChildren(option("", first), ...rest.flat().filter(Boolean));
  }
  const most = (counts) => [...counts].sort((a, b) => b[1] - a[1] || compareText(a[0].toLowerCase(), b[0].toLowerCase()));
  const short = (license) => license.replace(/LicenseRef-(openaudit|scancode)-/g, "");

  function fillChoices() {
    const rows = openaudit.rows;
    const levels = tally(rows.map((row) => row.level)), bands = tally(rows.map((row) => row.band));
    const names = new Map(rows.map((row) => [row.level, row.name]));
    const known = [...LADDER, ...DATA_LADDER].filter((level) => levels.has(level));
    choices("level", "any", [[...known, ...[...levels.keys()].filter((level) => !known.includes(level)).sort()].map((level) => option(level, names.get(level), levels.get(level))),
      group("together", Object.keys(BANDS).filter((band) => bands.has(band)).map((band) => option("band:" + band, BANDS[band], bands.get(band))))]);
    choices("license", "any", [most(tally(rows.map((row) => row.license))).map(([id, many]) => option(id, short(id), many)),
      option("-", "none that binds", rows.filter((row) => !row.license).length)]);
    choices("family", "any", [most(tally(rows.map((row) => row.family))).map(([id, many]) => option(id, id, many)),
      option("-", "not known", rows.filter((row) => !row.family).length)]);
    choices("org", "any", most(tally(rows.map((row) => row.org))).map(([id, many]) => option(id, id, many)));
    const frameworks = [...new Set(rows.flatMap((row) => Object.keys(row.verdicts)))].filter((name) => name !== "spectrum").sort();
    choices("verdict", "anything", frameworks.map((name) => group(FRAMEWORKS[name] || openaudit.shown.spoken(name),
      most(tally(rows.map((row) => row.verdicts[name]))).map(([value, many]) => option(name + ":" + value, openaudit.shown.spoken(value), many)))));
    choices("side", "anything", SIDES.map((side, i) => group(side === "docs" ? "documentation" : side,
      openaudit.STATUSES.map((word) => [word, rows.filter((row) => row.sides[i] === word).length]).filter(([, many]) => many)
        .map(([word, many]) => option(side + ":" + word, word, many)))));
  }

  // ---- the page as the address says

  function showControls(state) {
    for (const key of [...FILTERS, "sort"]) {
      const control = byId(key), value = state.get(key) || "";
      if (control !== document.activeElement || control.tagName === "SELECT") control.value = value;
    }
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String((state.get("view") || "") === button.dataset.view));
    }
  }
  function showPicked() {
    byId("picked").hidden = !picked.length;
    byId("picked-link").textContent = picked.length < 2 ? "1 chosen: choose another to compare" : `Compare ${picked.length} models`;
    byId("picked-link").href = "compare.html?" + new URLSearchParams(picked.map((page) => ["m", page])).toString();
    for (const box of results.querySelectorAll("[data-pick]")) {
      box.checked = picked.includes(box.dataset.pick);
      box.disabled = !box.checked && picked.length >= 4;
    }
  }
  function showPager(state, page, pages) {
    if (pages < 2) { pager.replaceChildren(); return; }
    const step = (to, words) => el("button", { type: "button", "data-page": to, disabled: to < 1 || to > pages }, words);
    pager.replaceChildren(step(page - 1, "Previous"), el("span", null, ` Page ${page} of ${pages} `), step(page + 1, "Next"));
  }
  function show() {
    if (!listed) return;
    const state = readState();
    const rows = found(state), view = VIEWS.includes(state.get("view")) ? state.get("view") || "" : "";
    const pages = Math.max(1, Math.ceil(rows.length / ROWS));
    const page = Math.min(pages, Math.max(1, parseInt(state.get("page"), 10) || 1));
    const part = rows.slice((page - 1) * ROWS, page * ROWS);
    const filtered = FILTERS.some((key) => state.get(key));
    const all = openaudit.rows.length.toLocaleString("en");
    status.textContent = rows.length ? (filtered ? `${rows.length.toLocaleString("en")} of ${all}` : `All ${all}`) + (pages > 1 ? `, page ${page} of ${pages}` : "") : `None of ${all}: take a filter away.`;
    showControls(state);
    const caption = "W weights, C code, D data, T documentation";
    const draw = () => {
      if (!rows.length) { results.replaceChildren(el("p", { class: "nothing" }, "Nothing here is like that.")); return; }
      const shown = openaudit.shown;
      if (view === "sides") results.replaceChildren(shown.sides(part, "What was found of each dimension, and its points", state, picked));
      else if (view === "components") results.replaceChildren(...shown.components(part, "The components of the Model Openness Framework", state, picked));
      else if (view === "plot") results.replaceChildren(openaudit.plot(rows), shown.list(part, "The same as a table; " + caption, state, picked));
      else results.replaceChildren(shown.list(part, caption, state, picked));
      keepFocus();
    };
    if (view === "sides" || view === "components") openaudit.whenGridded().then(draw, complain);
    else draw();
    showPager(state, page, pages);
    showPicked();
  }
  // A button that was pressed inside the results is drawn anew: the focus goes on to its successor.
  let focused = null;
  function keepFocus() {
    if (focused) { const next = document.querySelector(focused); if (next) next.focus({ preventScroll: true }); focused = null; }
  }
  function complain() {
    failed = true;
    status.textContent = "The list of models could not be loaded. All models are on plain pages too.";
    pager.replaceChildren(el("a", { href: "all.html" }, "All models on plain pages"));
  }

  // ---- what people do

  function change(changes, replace) {
    const state = new URLSearchParams();
    const now = readState();
    for (const key of KEYS) {
      const value = key in changes ? changes[key] : key === "page" ? "" : now.get(key);
      if (value) state.set(key, value);
    }
    writeState(state, replace);
    show();
  }
  let typing = 0;
  form.addEventListener("input", (event) => {
    if (event.target.id !== "q") return;
    clearTimeout(typing);
    const first = !readState().get("q");
    typing = setTimeout(() => change({ q: event.target.value.trim() }, !first), 120);
  });
  form.addEventListener("change", (event) => { if (event.target.id !== "q") change({ [event.target.name]: event.target.value }); });
  form.addEventListener("submit", (event) => { event.preventDefault(); change({ q: byId("q").value.trim() }); });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    byId("q").value = "";
    change(Object.fromEntries([...FILTERS, "sort"].map((key) => [key, ""])));
    byId("q").focus();
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-view],[data-page],[data-set],[data-level],#picked-clear,.skip");
    if (!target) return;
    if (target.matches(".skip")) { event.preventDefault(); byId("content").focus(); return; }
    if (target.id === "picked-clear") { picked = []; showPicked(); byId("q").focus(); return; }
    if (failed || !listed) return;
    const data = target.dataset;
    if ("view" in data) change({ view: data.view });
    else if ("page" in data) { change({ page: data.page === "1" ? "" : data.page }); status.scrollIntoView({ block: "nearest" }); status.focus(); }
    else if ("level" in data) { event.preventDefault(); change({ level: data.level }); }
    else { focused = `[data-set="${data.set}"]`; change({ [data.set]: data.value }); }
  });
  results.addEventListener("change", (event) => {
    const page = event.target.dataset.pick;
    if (!page) return;
    picked = event.target.checked ? [...picked, page].slice(0, 4) : picked.filter((other) => other !== page);
    showPicked();
  });
  addEventListener("popstate", show);
  const wide = matchMedia("(min-width: 44.01rem)");
  const unfold = () => { byId("more").open = wide.matches || FILTERS.slice(1).some((key) => readState().get(key)); };
  wide.addEventListener("change", unfold);
  unfold();

  status.tabIndex = -1;
  form.hidden = false;
  byId("results-head").hidden = false;
  openaudit.whenListed(() => { listed = true; }).then(() => { fillChoices(); show(); document.documentElement.dataset.ready = "yes"; }, complain);
})(window.openaudit);
