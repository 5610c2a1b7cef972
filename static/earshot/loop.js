// The always-on loop from int8 outputs to detections, as nas_engine/streaming/loop.py has it; thresholds change here alone.
"use strict";

const NO_EVIDENCE = -1;

// Per window and class, in steps of the output: the Nth largest of the last M sums of n outputs; -1 before there are enough.
function evidenceOf(outputs, settings) {
  const { smoothing_windows: n, needed, among, zero_point: zero } = settings;
  const classes = settings.classes.length;
  const sums = [];
  return outputs.map((_, window) => {
    const sum = new Array(classes).fill(NO_EVIDENCE);
    if (window >= n - 1) {
      for (let c = 0; c < classes; c += 1) {
        sum[c] = 0;
        for (let back = 0; back < n; back += 1) sum[c] += outputs[window - back][c] - zero;
      }
    }
    sums.push(sum);
    return sum.map((_value, c) => {
      const recent = [];
      for (let back = 0; back < among; back += 1) recent.push(window >= back ? sums[window - back][c] : NO_EVIDENCE);
      return recent.sort((a, b) => b - a)[needed - 1];
    });
  });
}

// Score 0..1 of evidence; null before there is any.
function scoreOf(evidence, settings) {
  return evidence === NO_EVIDENCE ? null : (evidence * settings.scale) / settings.smoothing_windows;
}

// Detections {timeMs, label, score} by time; those of one moment in the order of the classes.
function detectionsOf(evidence, timesMs, settings) {
  const refractoryMs = Math.round(1000 * settings.refractory_s);
  const last = new Map();
  const found = [];
  evidence.forEach((row, window) => {
    settings.classes.forEach((label, c) => {
      if (!settings.detected.includes(label)) return;
      const score = scoreOf(row[c], settings);
      if (score === null || !(score > settings.thresholds[label])) return;
      if (last.has(label) && timesMs[window] < last.get(label) + refractoryMs) return;
      last.set(label, timesMs[window]);
      found.push({ timeMs: timesMs[window], label, score });
    });
  });
  return found;
}

// Scores of every window as a table: seconds, then one column a class.
function scoresCsv(outputs, timesMs, settings) {
  const names = settings.classes.map((label) => `"${label.replaceAll('"', '""')}"`);
  const rows = evidenceOf(outputs, settings).map((row, i) => [timesMs[i] / 1000, ...row.map((one) => scoreOf(one, settings) ?? "")]);
  return [["time_s", ...names], ...rows].map((row) => `${row.join(",")}\n`).join("");
}
