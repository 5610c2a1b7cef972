// Power trace: fetches the range shown at full resolution; windows can be dragged or typed.
"use strict";

const TRACE_CONFIG = { ...CONFIG, edits: { shapePosition: true } };
const WAIT_MS = 120;

class TracePlot {
  constructor(place) {
    this.place = place;
    this.windows = place.dataset.windows ? document.getElementById(place.dataset.windows) : null;
    this.requested = 0;
    this.range = null;
  }

  async begin() {
    note(this.place, "Loading …");
    if (!(await this.load(null))) return;
    this.place.on("plotly_relayout", (event) => this.moved(event));
    this.place.on("plotly_doubleclick", () => this.show(null));
    if (!this.windows) return;
    this.windows.addEventListener("input", () => this.drawWindows());
    this.windows.addEventListener("click", (event) => this.clicked(event));
  }

  // Fetches the samples in `range` (seconds, or null for all); drops a response that a later request has overtaken.
  async load(range) {
    const turn = ++this.requested;
    const query = range ? `?start=${range[0]}&end=${range[1]}` : "";
    try {
      const response = await fetch(this.place.dataset.trace + query, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const figure = await response.json();
      if (turn !== this.requested) return true;
      if (range) figure.layout.xaxis.range = range;
      figures.set(this.place, figure);
      this.place.querySelector(".chart-note")?.remove();
      await this.draw();
      return true;
    } catch (error) {
      if (!figures.has(this.place)) note(this.place, `The trace could not be loaded (${error.message}).`);
      return false;
    }
  }

  async draw() {
    await plotly();
    const { data, layout } = themed(figures.get(this.place));
    layout.shapes = this.shapes();
    layout.dragmode = "zoom";
    await Plotly.react(this.place, data, layout, TRACE_CONFIG);
    if (!filesOf(this.place)) offerFiles(this.place);
  }

  drawWindows() {
    if (figures.has(this.place)) this.draw();
  }

  rows() {
    return this.windows ? [...this.windows.querySelectorAll(".span-row")] : [];
  }

  values(row) {
    const [start, end] = [...row.querySelectorAll("input")].map((input) => Number.parseFloat(input.value.replace(",", ".")));
    return start < end ? [start, end] : null;
  }

  shapes() {
    const colour = variable("--orange");
    return this.rows().filter((row) => this.values(row)).map((row) => {
      const [x0, x1] = this.values(row);
      return { type: "rect", x0, x1, y0: 0, y1: 1, yref: "paper", fillcolor: colour, opacity: 0.22, line: { width: 2, color: colour } };
    });
  }

  moved(event) {
    const dragged = Object.keys(event).map((key) => /^shapes\[(\d+)\]\.x[01]$/.exec(key)).find(Boolean);
    if (dragged) this.dragged(Number(dragged[1]));
    const low = event["xaxis.range[0]"] ?? event["xaxis.range"]?.[0];
    const high = event["xaxis.range[1]"] ?? event["xaxis.range"]?.[1];
    if (low !== undefined && high !== undefined) this.show([low, high]);
    else if (event["xaxis.autorange"]) this.show(null);
  }

  show(range) {
    this.range = range;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(range), WAIT_MS);
  }

  // A window was dragged: its row gets the new ends, and the choice becomes "the windows below".
  dragged(index) {
    const row = this.rows().filter((one) => this.values(one))[index];
    const shape = this.place.layout.shapes[index];
    if (!row || !shape) return;
    this.write(row, Math.min(shape.x0, shape.x1), Math.max(shape.x0, shape.x1));
    this.drawWindows();
  }

  write(row, start, end) {
    const inputs = row.querySelectorAll("input");
    inputs[0].value = start.toFixed(4);
    inputs[1].value = end.toFixed(4);
    document.getElementById("id_window").value = "manual";
  }

  clicked(event) {
    const row = event.target.closest(".span-row");
    if (event.target.closest("[data-take-shown]")) this.takeShown(row);
    if (event.target.closest("[data-remove-window]")) {
      row.remove();
      this.drawWindows();
    }
  }

  // The part that is shown becomes a window; a new empty row follows it.
  takeShown(row) {
    const [low, high] = this.place.layout.xaxis.range;
    const next = row.cloneNode(true);
    const full = figures.get(this.place).layout.meta;
    this.write(row, Math.max(0, low), Math.min(full.duration_s, high));
    row.querySelector("[data-take-shown]").remove();
    row.after(next);
    this.drawWindows();
  }
}

for (const place of document.querySelectorAll("[data-trace]")) {
  const plot = new TracePlot(place);
  plot.begin();
  const redraw = () => { if (figures.has(place)) plot.draw(); };
  document.addEventListener("theme-changed", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
