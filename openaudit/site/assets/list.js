// The list of all models: columns of fixed width from data/index-N.js, turned into rows.
"use strict";
(function (openaudit) {
  const rows = [];
  const components = [];
  let chunks = 0;

  function column(data) {
    const { width, cells } = data;
    return (row) => {
      const cell = cells.substr(row * width, width);
      return cell[0] === "-" ? -1 : parseInt(cell, 36);
    };
  }
  function dictionary(data) {
    const place = column(data.rows);
    return (row) => data.values[place(row)];
  }
  function names(text) {
    let before = "";
    return text.split("\n").map((line) => {
      before = before.slice(0, parseInt(line[0], 36)) + line.slice(1);
      return before;
    });
  }
  function sides(packed) {
    const found = [];
    for (let i = 0; i < 4; i++) { found.unshift(openaudit.STATUSES[packed % 6]); packed = Math.floor(packed / 6); }
    return found;
  }
  function day(days) {
    return days < 0 ? "" : new Date(Date.UTC(2000, 0, 1 + days)).toISOString().slice(0, 10);
  }

  openaudit.index = function (data) {
    if (!data.count) { chunks = data.of; return; }
    const ids = names(data.ids);
    const kind = dictionary(data.kinds), points = column(data.points), side = column(data.sides);
    const verdict = dictionary(data.verdicts), license = dictionary(data.licenses), family = dictionary(data.families);
    const gate = dictionary(data.gates), contradictions = column(data.contradictions), days = column(data.days);
    const sizes = data.sizes.split(",");
    const found = ids.map((id, i) => {
      const [level, name, band, subject, grant] = kind(i);
      const [licenseId, licenseName] = license(i);
      const verdicts = {};
      verdict(i).forEach((group, n) => { if (group) verdicts[data.frameworks[n]] = group; });
      return {
        id, level, name, band, subject, grant, verdicts, points: points(i),
        page: data.pages[i] || (subject === "dataset" ? "datasets/" + id : id).toLowerCase().replaceAll("/", "--"),
        org: id.includes("/") ? id.split("/")[0] : "", sides: sides(side(i)), license: licenseId, licenseName,
        family: family(i), gate: gate(i), contradictions: contradictions(i), day: day(days(i)),
        size: parseFloat(sizes[i].replace("~", "")) || 0, guessed: sizes[i][0] === "~",
        words: (id + " " + licenseId + " " + licenseName + " " + family(i)).toLowerCase(),
        chunk: data.number, place: i, sidePoints: null, statuses: null,
      };
    });
    rows.push(...found);
    chunks = data.of;
  };

  openaudit.grid = function (data) {
    const points = column(data.sides);
    const width = data.components.length;
    data.components.forEach((name) => { if (!components.includes(name)) components.push(name); });
    for (const row of rows) {
      if (row.chunk !== data.number) continue;
      row.sidePoints = [0, 1, 2, 3].map((i) => points(row.place * 4 + i));
      row.statuses = new Map(data.components.map((name, i) => {
        const status = data.statuses[row.place * width + i];
        return [name, status === "-" ? "" : openaudit.STATUSES[status]];
      }));
    }
  };

  openaudit.rows = rows;
  openaudit.components = components;
  openaudit.whenListed = function (step) {
    return openaudit.load("data/index-0.js").then(() => {
      if (step) step();
      const rest = [];
      for (let i = 1; i < chunks; i++) rest.push(openaudit.load("data/index-" + i + ".js").then(step));
      return Promise.all(rest);
    });
  };
  openaudit.whenGridded = () => Promise.all(Array.from({ length: chunks }, (_, i) => openaudit.load("data/grid-" + i + ".js")));
})(window.openaudit);
