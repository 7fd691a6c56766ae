// What every script of the site uses: elements without markup, the state in the address, data files on demand.
"use strict";
window.openaudit = (function () {
  const root = document.documentElement.dataset.root || "";
  const SVG = "http://www.w3.org/2000/svg";
  const STATUSES = ["open", "restricted", "unlicensed", "described", "absent", "unknown"];
  const SHAPES = {
    "fully-open": "open", "open-toolchain": "open", "open-data": "open", "open-weight": "described",
    "restricted-weight": "restricted", "restricted-data": "restricted", "research-only": "restricted",
    "research-only-data": "restricted", "unlicensed": "unlicensed", "unlicensed-data": "unlicensed", "closed": "absent",
  };

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === false || value === null || value === undefined || /^on/i.test(name)) continue;
      node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return node;
  }
  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  function mark(shape) {
    return svg("svg", { class: "mark", "aria-hidden": "true", focusable: "false" }, svg("use", { href: "#m-" + shape }));
  }
  const chip = (shape, word, tone, more) => el("span", { class: "chip tone-" + tone + (more ? " " + more : "") }, mark(shape), word);
  const levelShape = (level) => SHAPES[level] || "unknown";

  function size(millions, guessed) {
    if (!millions) return "–";
    const [figure, unit] = millions >= 1e6 ? [millions / 1e6, "T"] : millions >= 1e3 ? [millions / 1e3, "B"]
      : millions >= 1 ? [millions, "M"] : [Math.round(millions * 1e6), ""];
    return (guessed ? "~" : "") + (unit ? Number(figure.toPrecision(3)) + unit : figure.toLocaleString("en"));
  }

  // Only files of the site's own data folder are ever loaded, each once.
  const loading = new Map();
  function load(file) {
    if (!/^data\/(models\/)?[a-z0-9._-]+\.js$/.test(file) || file.includes("..")) return Promise.reject(new Error(file));
    if (!loading.has(file)) {
      loading.set(file, new Promise((resolve, reject) => {
        const script = el("script", { src: root + file });
        script.addEventListener("load", () => resolve());
        script.addEventListener("error", () => { loading.delete(file); reject(new Error(file)); });
        document.head.append(script);
      }));
    }
    return loading.get(file);
  }

  const readState = () => new URLSearchParams(location.search);
  function writeState(parameters, replace) {
    const text = parameters.toString();
    const address = location.pathname + (text ? "?" + text : "");
    if (address === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", address);
  }

  return { root, STATUSES, el, svg, mark, chip, levelShape, size, load, readState, writeState };
})();
