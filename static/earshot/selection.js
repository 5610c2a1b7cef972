// One selection of trials everywhere on a study's page: ticked rows, points of charts, and what the buttons above the
// table act on. Rows without JavaScript are ticked and sent by the browser alone.
"use strict";

const chosen = new Set(); // numbers of trials, as text
const MODES = [["zoom", "Zoom"], ["select", "Box"], ["lasso", "Lasso"]];
const MOST_SENT = 100; // chosen trials in an address
const linked = new Set(); // charts that take part

function choosing() {
  return document.getElementById("chosen-trials");
}

// The number of the trial of this study to which a point leads; baselines are trials of another one.
function trialOf(link) {
  const start = choosing()?.dataset.trials;
  return start && typeof link === "string" && link.startsWith(start) ? link.slice(start.length).replace("/", "") : null;
}

function show() {
  const form = choosing();
  if (!form) return;
  const there = new Set();
  for (const box of document.querySelectorAll("input[data-trial]")) {
    box.checked = chosen.has(box.value);
    box.closest("tr").classList.toggle("chosen", box.checked);
    there.add(box.value);
  }
  for (const input of form.querySelectorAll("input[data-elsewhere]")) input.remove();
  for (const number of chosen) if (!there.has(number)) addElsewhere(form, number);
  form.querySelector("[data-chosen-count]").textContent = chosen.size ? `${chosen.size} chosen` : "";
  form.querySelector("[data-choose-none]").hidden = !chosen.size;
  for (const place of linked) {
    if (place.isConnected) mark(place);
    else linked.delete(place);
  }
}

// A chosen trial that is on no row of this page of the table.
function addElsewhere(form, number) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name: "number", value: number });
  input.dataset.elsewhere = "";
  form.append(input);
}

// A chart that draws the chosen trials itself, as lines or in space: fetched again where these have changed.
function follow(place) {
  const [start] = place.dataset.chart.split("?");
  const numbers = [...chosen].slice(0, MOST_SENT).map((number) => `number=${number}`);
  const address = numbers.length ? `${start}?${numbers.join("&")}` : start;
  if (address === place.dataset.chart) return;
  place.dataset.chart = address;
  load(place);
}

function mark(place) {
  if ("follows" in place.dataset) {
    follow(place);
    return Promise.resolve();
  }
  const points = place.data.map((trace) => {
    if (!chosen.size || !Array.isArray(trace.customdata)) return null;
    return trace.customdata.flatMap((link, index) => (chosen.has(trialOf(link)) ? [index] : []));
  });
  place.isMarked = true;
  return Plotly.restyle(place, { selectedpoints: points }).finally(() => { place.isMarked = false; });
}

function choose(links, isMore) {
  if (!isMore) chosen.clear();
  for (const link of links) if (trialOf(link)) chosen.add(trialOf(link));
  show();
}

function toggle(number) {
  if (!chosen.delete(number)) chosen.add(number);
  show();
}

function offerModes(place) {
  const bar = filesOf(place);
  if (!bar || bar.querySelector("[data-mode]") || place.data.some((trace) => trace.type === "scatter3d")) return;
  const buttons = MODES.map(([mode, name]) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "quiet", textContent: name });
    button.dataset.mode = mode;
    button.setAttribute("aria-pressed", String(mode === (place.dataset.dragmode || "zoom")));
    button.setAttribute("aria-label", `${name}: ${mode === "zoom" ? "drag to zoom into" : "drag to choose trials in"} ${place.getAttribute("aria-label")}`);
    button.addEventListener("click", () => {
      place.dataset.dragmode = mode;
      for (const other of bar.querySelectorAll("[data-mode]")) other.setAttribute("aria-pressed", String(other === button));
      Plotly.relayout(place, { dragmode: mode });
    });
    return button;
  });
  bar.prepend(...buttons);
}

function link(place) {
  offerModes(place);
  if (!linked.has(place)) {
    linked.add(place);
    place.on("plotly_selected", (event) => {
      if (event?.points) choose(event.points.map((point) => point.customdata), false);
    });
    place.on("plotly_deselect", () => { if (!place.isMarked) choose([], false); });
    place.on("plotly_click", (event) => {
      const number = trialOf(event.points[0]?.customdata);
      if (number && isChoosing(event.event)) toggle(number);
    });
  }
  if (chosen.size) mark(place);
}

document.addEventListener("chart-drawn", (event) => link(event.target));
document.addEventListener("change", (event) => {
  if (!event.target.matches("input[data-trial]")) return;
  if (event.target.checked) chosen.add(event.target.value);
  else chosen.delete(event.target.value);
  show();
});
document.addEventListener("click", (event) => { if (event.target.matches("[data-choose-none]")) choose([], false); });
document.addEventListener("htmx:afterSwap", show);
for (const box of document.querySelectorAll("input[data-trial]:checked")) chosen.add(box.value); // kept by the browser
show();
