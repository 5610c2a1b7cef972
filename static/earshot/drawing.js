// Draws what was heard: the spectrogram, and the scores of each class over the same seconds.
"use strict";

// Viridis at nine places, as Plotly's heatmaps on other pages have it.
const VIRIDIS = [[68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140], [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37]];
const PALETTE = Array.from({ length: 256 }, (_, level) => {
  const place = (level / 255) * (VIRIDIS.length - 1);
  const [below, share] = [Math.min(Math.floor(place), VIRIDIS.length - 2), place - Math.min(Math.floor(place), VIRIDIS.length - 2)];
  return VIRIDIS[below].map((value, i) => Math.round(value + share * (VIRIDIS[below + 1][i] - value)));
});

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The canvas in pixels of the screen, cleared; null while it is not shown.
function cleared(canvas) {
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
  if (!width || !height) return null;
  Object.assign(canvas, { width, height });
  return canvas.getContext("2d");
}

// Frames [mel_bins] each, the loudest of those that fall on one column; the lowest bin at the bottom.
function drawSpectrogram(canvas, frames, melBins, frameSeconds, [from, to]) {
  const context = cleared(canvas);
  if (!context) return;
  const { width, height } = canvas;
  const image = context.createImageData(width, melBins);
  const secondsAPixel = (to - from) / width;
  for (let x = 0; x < width; x += 1) {
    const first = Math.floor((from + x * secondsAPixel) / frameSeconds + 1e-9);
    const last = Math.max(first, Math.ceil((from + (x + 1) * secondsAPixel) / frameSeconds) - 1);
    for (let bin = 0; bin < melBins; bin += 1) {
      let level = -1;
      for (let frame = first; frame <= last && frame < frames.length; frame += 1) level = Math.max(level, frames[frame][bin]);
      if (level < 0) continue;
      const at = 4 * ((melBins - 1 - bin) * width + x);
      image.data.set(PALETTE[level], at);
      image.data[at + 3] = 255;
    }
  }
  const small = new OffscreenCanvas(width, melBins);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width, height);
}

// One class: its score from each window to the next as steps, its threshold, and its detections as bars on the bottom.
function drawScores(canvas, timesMs, scores, threshold, detectedMs, hopMs, [from, to]) {
  const context = cleared(canvas);
  if (!context) return;
  const { width, height } = canvas;
  const x = (ms) => ((ms / 1000 - from) / (to - from)) * width;
  const y = (score) => (height - 2) * (1 - score) + 1;
  context.fillStyle = colour("--blue");
  context.globalAlpha = 0.55;
  timesMs.forEach((ms, window) => {
    if (scores[window] === null) return;
    context.fillRect(x(ms), y(scores[window]), Math.max(1, x(ms + hopMs) - x(ms)), height - y(scores[window]));
  });
  context.globalAlpha = 1;
  if (threshold !== null) {
    context.strokeStyle = colour("--text");
    context.setLineDash([6, 4]);
    context.beginPath();
    context.moveTo(0, y(threshold));
    context.lineTo(width, y(threshold));
    context.stroke();
    context.setLineDash([]);
  }
  context.fillStyle = colour("--vermillion");
  for (const ms of detectedMs) context.fillRect(x(ms) - 2, 0, 4, height);
}

// Seconds at whole steps, some 80 pixels apart.
function drawAxis(canvas, [from, to]) {
  const context = cleared(canvas);
  if (!context) return;
  const scale = canvas.width / canvas.clientWidth;
  const wanted = ((to - from) * 80) / canvas.clientWidth;
  const step = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((seconds) => seconds >= wanted) || 600;
  context.fillStyle = colour("--muted");
  context.font = `${12 * scale}px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "top";
  for (let second = Math.ceil(from / step) * step; second <= to; second += step) {
    const at = ((second - from) / (to - from)) * canvas.width;
    const text = `${Number(second.toFixed(1))} s`;
    context.fillRect(at, 0, 1, 4 * scale);
    context.fillText(text, Math.min(at, canvas.width - context.measureText(text).width), 5 * scale);
  }
}
