// Openness against size, as a drawing with the table beside it: nothing is told by the drawing alone.
"use strict";
(function (openaudit) {
  const { el, svg, size, root } = openaudit;
  const WIDTH = 900, HEIGHT = 460, LEFT = 52, RIGHT = 16, TOP = 16, BOTTOM = 48;
  const TICKS = [0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6];
  const KINDS = [
    ["open", "circle", "tone-open", "open source"], ["described", "triangle", "tone-described", "open-weight, any use"],
    ["restricted", "diamond", "tone-restricted", "restricted or research only"], ["absent", "cross", "tone-absent", "closed or unlicensed"],
    ["unknown", "square", "tone-unknown", "undetermined"],
  ];
  const KIND_OF = { unlicensed: "absent" };
  function kindOf(row) {
    const name = openaudit.levelShape(row.level);
    return KINDS.find((kind) => kind[0] === (KIND_OF[name] || name)) || KINDS[4];
  }

  function shape(kind, x, y, guessed) {
    const at = { class: kind[2] + " dot" + (guessed ? " hollow" : "") };
    if (kind[1] === "circle") return svg("circle", { ...at, cx: x, cy: y, r: 4 });
    if (kind[1] === "diamond") return svg("path", { ...at, d: `M${x} ${y - 5}l5 5l-5 5l-5 -5z` });
    if (kind[1] === "triangle") return svg("path", { ...at, d: `M${x} ${y - 5}l5 9h-10z` });
    if (kind[1] === "square") return svg("path", { ...at, d: `M${x - 3.5} ${y - 3.5}h7v7h-7z` });
    return svg("path", { ...at, class: at.class + " stroke", d: `M${x - 4} ${y - 4}l8 8M${x + 4} ${y - 4}l-8 8` });
  }

  function axes(low, high, x, y) {
    const parts = [];
    for (let points = 0; points <= 100; points += 20) {
      parts.push(svg("path", { class: "gridline", d: `M${LEFT} ${y(points)}H${WIDTH - RIGHT}` }),
        svg("text", { x: LEFT - 8, y: y(points) + 4, "text-anchor": "end" }, points));
    }
    for (const tick of TICKS.filter((tick) => tick >= low && tick <= high)) {
      parts.push(svg("path", { class: "gridline", d: `M${x(tick)} ${TOP}V${HEIGHT - BOTTOM}` }),
        svg("text", { x: x(tick), y: HEIGHT - BOTTOM + 18, "text-anchor": "middle" }, size(tick, false)));
    }
    parts.push(svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, "parameters, by tens"),
      svg("text", { x: 14, y: HEIGHT / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${HEIGHT / 2})` }, "score of 100"));
    return parts;
  }

  openaudit.plot = function (rows) {
    const told = rows.filter((row) => row.size > 0 && row.points >= 0);
    if (!told.length) return el("p", null, "None of these tells how many parameters it has.");
    const sizes = told.map((row) => row.size);
    const low = Math.max(1e-6, sizes.reduce((a, b) => Math.min(a, b)) / 1.5), high = sizes.reduce((a, b) => Math.max(a, b)) * 1.5;
    const span = Math.log10(high) - Math.log10(low) || 1;
    const x = (millions) => Math.round((LEFT + (WIDTH - LEFT - RIGHT) * (Math.log10(millions) - Math.log10(low)) / span) * 10) / 10;
    const y = (points) => Math.round((HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * points / 100) * 10) / 10;
    const dots = told.map((row) => {
      const dot = shape(kindOf(row), x(row.size), y(row.points), row.guessed);
      dot.append(svg("title", null, `${row.id}: ${row.name}, score ${row.points}, ${size(row.size, row.guessed)} parameters`));
      dot.addEventListener("click", () => { location.href = root + "models/" + encodeURIComponent(row.page) + ".html"; });
      return dot;
    });
    const left = rows.length - told.length;
    const label = `Score against parameters of ${told.length} models, from ${size(low * 1.5, false)} to ${size(high / 1.5, false)}; the table below holds the same.`;
    const shown = KINDS.filter((kind) => told.some((row) => kindOf(row) === kind));
    return el("figure", { class: "plot" },
      svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, axes(low, high, x, y), dots),
      el("figcaption", null, shown.map((kind) => el("span", { class: "key" }, svg("svg", { viewBox: "0 0 14 14", class: "mark", "aria-hidden": "true", focusable: "false" }, shape(kind, 7, 7, false)), kind[3])),
        el("span", { class: "key" }, "hollow: size by the name alone"),
        left > 0 && el("span", { class: "key" }, left.toLocaleString("en") + " without a size or a score are not drawn")));
  };
})(window.openaudit);
