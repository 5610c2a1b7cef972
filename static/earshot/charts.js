// Fetches each chart's Plotly figure, draws it in the page's theme, and again when its data or the theme changes. A user's
// zoom and choice of traces stay, and the chart as it is shown can be saved as a file.
"use strict";

// Dark variants of the server's colours (webapp/charts/style.py).
const DARK = {
  "#0072B2": "#56B4E9", "#E69F00": "#F0B73A", "#009E73": "#2FC79A", "#D55E00": "#FF8A47", "#CC79A7": "#E29CC4", "#7A8691": "#A3B0BC",
};
const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false };
const PAPER = { card: "#ffffff", text: "#1b2229", muted: "#55606b", line: "#d9dee4", strong: "#87919c" };
const FILE_PIXELS = { width: 1000, height: 560 };
const figures = new WeakMap();
const PLOTLY = document.currentScript.dataset.plotly;
let library = null;

// Plotly, 4.8 MB to read: loaded once, behind what a person can read already.
function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("Plotly did not come")));
    script.src = PLOTLY;
    document.head.append(script);
  });
  return library;
}

function whenIdle(task) {
  if (window.requestIdleCallback) window.requestIdleCallback(task, { timeout: 500 });
  else window.setTimeout(task, 50);
}
const steps = new WeakMap(); // of the ticks on each chart's logarithmic axis

function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function isDark() {
  const theme = document.documentElement.dataset.theme;
  return theme === "dark" || (theme === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
}

function recoloured(value) {
  if (typeof value === "string") return DARK[value] || value;
  if (Array.isArray(value)) return value.length && typeof value[0] === "object" ? value.map(recoloured) : value;
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, recoloured(inner)]));
  return value;
}

function pageColours() {
  const [card, text, muted, line, strong] = ["--card", "--text", "--muted", "--line", "--line-strong"].map(variable);
  return { card, text, muted, line, strong };
}

function axisNames(layout) {
  return Object.keys(layout).filter((key) => /^[xyz]axis/.test(key));
}

function coloured(figure, colours) {
  const { data, layout } = structuredClone(figure);
  const inSpace = layout.scene || {};
  for (const name of axisNames(layout)) Object.assign(layout[name], { gridcolor: colours.line, linecolor: colours.line });
  for (const name of axisNames(inSpace)) Object.assign(inSpace[name], { gridcolor: colours.strong, linecolor: colours.strong, zeroline: false });
  layout.font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: colours.muted };
  layout.hoverlabel = { bgcolor: colours.card, bordercolor: colours.strong, font: { color: colours.text, size: 12 }, align: "left", namelength: -1 };
  return { data, layout };
}

function themed(figure) {
  return coloured(isDark() ? recoloured(figure) : figure, pageColours());
}

function hasPoints(figure) {
  return figure.data.some((trace) => (trace.x || []).length > 0);
}

function note(place, text) {
  let element = place.querySelector(".chart-note");
  if (!element) {
    element = document.createElement("p");
    element.className = "chart-note";
    place.append(element);
  }
  element.textContent = text;
}

async function draw(place) {
  const figure = figures.get(place);
  if (!figure) return;
  if (!hasPoints(figure)) {
    if (place.classList.contains("js-plotly-plot")) Plotly.purge(place);
    filesOf(place)?.replaceChildren();
    note(place, place.dataset.empty || "There is nothing to show.");
    return;
  }
  await plotly();
  place.querySelector(".chart-note")?.remove();
  const { data, layout } = themed(figure);
  if (place.dataset.dragmode) layout.dragmode = place.dataset.dragmode;
  layout.uirevision ??= "kept"; // Plotly keeps zoom and legend from one drawing to the next that has the same
  const isNew = !place.classList.contains("js-plotly-plot");
  await Plotly.react(place, data, layout, CONFIG);
  steps.delete(place);
  await fitTicks(place);
  place.querySelector(".drawn")?.remove();
  place.setAttribute("role", "img");
  if (!filesOf(place)?.querySelector("button:not([data-mode])")) offerFiles(place);
  if (isNew) {
    place.on("plotly_click", (event) => {
      const link = event.points[0]?.customdata;
      if (!isChoosing(event.event) && typeof link === "string") window.location.assign(link);
    });
    place.on("plotly_relayout", () => fitTicks(place));
  }
  place.dispatchEvent(new Event("chart-drawn", { bubbles: true }));
}

// A click with one of these keys chooses a point (static/earshot/selection.js); others follow its link.
function isChoosing(event) {
  return Boolean(event && (event.shiftKey || event.ctrlKey || event.metaKey));
}

// Ticks of a logarithmic axis at 1, 2 and 5; where these would cover each other or be too few, Plotly's own choice.
async function fitTicks(place) {
  const axis = place._fullLayout.xaxis;
  if (axis?.type !== "log") return; // in space there is none
  const decades = Math.abs(axis.range[1] - axis.range[0]);
  const step = decades > 3 ? 1 : decades > 0.7 ? "D2" : null;
  if (steps.get(place) === step) return;
  steps.set(place, step);
  await Plotly.relayout(place, { "xaxis.dtick": step });
}

function filesOf(place) {
  return place.nextElementSibling?.matches(".chart-files") ? place.nextElementSibling : null;
}

function offerFiles(place) {
  if (place.classList.contains("tiny")) return;
  const bar = filesOf(place) || document.createElement("p");
  bar.className = "chart-files";
  for (const format of ["png", "svg"]) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "quiet", textContent: format.toUpperCase() });
    button.setAttribute("aria-label", `${format.toUpperCase()} of: ${place.getAttribute("aria-label")}`);
    button.addEventListener("click", () => save(place, format));
    bar.append(button);
  }
  if (!bar.isConnected) place.after(bar);
}

// Text of an element without the notes of its terms.
function wordsOf(element) {
  const copy = element?.cloneNode(true);
  copy?.querySelectorAll(".term, .term-note").forEach((one) => one.remove());
  return copy?.textContent.trim() || "";
}

// On white paper whatever the theme, with the part that is zoomed into and the traces that are switched on.
function save(place, format) {
  const { data, layout } = coloured(figures.get(place), PAPER);
  layout.paper_bgcolor = layout.plot_bgcolor = PAPER.card;
  for (const name of axisNames(layout)) {
    const shown = place.layout[name];
    if (shown.autorange === false) Object.assign(layout[name], { range: shown.range, autorange: false });
  }
  data.forEach((trace, index) => { trace.visible = place.data[index]?.visible ?? true; });
  const caption = wordsOf(place.closest("figure")?.querySelector("figcaption"));
  const filename = `${document.title.split(" · ")[0]} ${caption}`.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return Plotly.downloadImage({ data, layout, config: CONFIG }, { format, filename, ...FILE_PIXELS, scale: format === "png" ? 2 : 1 });
}

// Figure stored in the page next to its place, which a refresh may have replaced.
function inlineFigure(place) {
  const all = JSON.parse(document.getElementById(place.dataset.figures).textContent);
  return all[place.dataset.figure] || { data: [], layout: {} };
}

async function load(place) {
  if (place.dataset.figure) {
    figures.set(place, inlineFigure(place));
    await draw(place);
    return;
  }
  const address = place.dataset.chart;
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const figure = await response.json();
    if (address !== place.dataset.chart) return; // another one is wanted meanwhile
    figures.set(place, figure);
    await draw(place);
  } catch (error) {
    if (!figures.has(place) && !place.querySelector(".drawn")) note(place, `This chart could not be loaded (${error.message}).`);
  }
}

const known = new WeakSet();
const places = () => [...document.querySelectorAll("[data-chart], [data-figure]")];
const isReadable = (place) => place.querySelector(".drawn, .chart-note") !== null;
function begin(place) {
  known.add(place);
  if (isReadable(place)) whenIdle(() => load(place));
  else {
    note(place, "Loading …");
    load(place);
  }
  const again = () => {
    if (place.isConnected) load(place);
    else document.body.removeEventListener(place.dataset.refresh, again);
  };
  if (place.dataset.refresh) document.body.addEventListener(place.dataset.refresh, again);
}
function beginNew() {
  places().filter((place) => !known.has(place)).forEach(begin);
}
function redrawAll() {
  places().forEach(draw);
}
beginNew();
document.addEventListener("htmx:afterSwap", beginNew); // a part of the page may bring a chart
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.target.id === "space-facts") places().filter((place) => place.dataset.figure).forEach(load);
});
document.addEventListener("theme-changed", redrawAll);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
