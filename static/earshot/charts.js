// Fetches each chart's Plotly figure, draws it in the page's theme, and again when its data or the theme changes.
"use strict";

// Dark variants of the server's colours (webapp/charts/style.py).
const DARK = {
  "#0072B2": "#56B4E9", "#E69F00": "#F0B73A", "#009E73": "#2FC79A", "#D55E00": "#FF8A47", "#CC79A7": "#E29CC4", "#7A8691": "#A3B0BC",
};
const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false };
const figures = new WeakMap();

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

function themed(figure) {
  const { data, layout } = structuredClone(isDark() ? recoloured(figure) : figure);
  const line = variable("--line");
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis/.test(key))) {
    Object.assign(layout[name], { gridcolor: line, linecolor: line });
  }
  layout.font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: variable("--muted") };
  layout.hoverlabel = { bgcolor: variable("--card"), bordercolor: variable("--line-strong"), font: { color: variable("--text"), size: 12 }, align: "left" };
  return { data, layout };
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
    Plotly.purge(place);
    note(place, place.dataset.empty || "There is nothing to show.");
    return;
  }
  place.querySelector(".chart-note")?.remove();
  const { data, layout } = themed(figure);
  const isNew = !place.classList.contains("js-plotly-plot");
  await Plotly.react(place, data, layout, CONFIG);
  if (isNew) {
    place.on("plotly_click", (event) => {
      const link = event.points[0]?.customdata;
      if (typeof link === "string") window.location.assign(link);
    });
  }
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
  try {
    const response = await fetch(place.dataset.chart, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`status ${response.status}`);
    figures.set(place, await response.json());
    await draw(place);
  } catch (error) {
    if (!figures.has(place)) note(place, `This chart could not be loaded (${error.message}).`);
  }
}

const places = [...document.querySelectorAll("[data-chart], [data-figure]")];
for (const place of places) {
  note(place, "Loading …");
  load(place);
  if (place.dataset.refresh) document.body.addEventListener(place.dataset.refresh, () => load(place));
}
function redrawAll() {
  places.forEach(draw);
}
const inline = places.filter((place) => place.dataset.figure);
document.addEventListener("htmx:oobAfterSwap", (event) => { if (event.target.id === "space-facts") inline.forEach(load); });
document.addEventListener("theme-changed", redrawAll);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
