// The page "Try it": shows what the network hears of the sound that is chosen (`choosing.js`), and detects again whenever a threshold moves.
"use strict";

const page = document.getElementById("try");
const settings = JSON.parse(document.getElementById("try-settings").textContent);
const MOST_SHOWN = 30; // seconds of the microphone on the screen
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const [microphoneButton, clipButton, fileInput] = [part("microphone"), part("hear-clip"), part("file")];
const strips = [...page.querySelectorAll("[data-class]")].map((row) => ({
  row,
  label: row.dataset.class,
  canvas: row.querySelector("canvas"),
  slider: row.querySelector("input"),
  threshold: row.querySelector("output"),
  score: row.querySelector("[data-score]"),
}));
const chosen = { ...settings.thresholds };

let hearing = null;
let stopMicrophone = null;
let isLive = false;
let announced = 0; // detections that were read out
let turn = 0; // of the sound that was chosen last
const player = new Player(drawSoon);

function say(text) {
  part("status").textContent = text;
}

function complain(text) {
  const place = part("error");
  place.textContent = text;
  place.hidden = !text;
}

function isRunning() {
  return hearing !== null && !(hearing.ended && hearing.sent === hearing.pushed) && !hearing.abandoned;
}

function showState() {
  microphoneButton.textContent = stopMicrophone ? "Stop" : "Use the microphone";
  part("stop").hidden = !isRunning() || Boolean(stopMicrophone);
  const hasSound = Boolean(hearing && hearing.pushed);
  for (const name of ["play", "save-sound", "save-scores"]) part(name).disabled = !hasSound;
  part("play").textContent = player.source ? "Stop playing" : "Play";
  page.dataset.windows = hearing ? hearing.outputs.length : 0;
  page.dataset.state = isRunning() ? "running" : hearing ? "done" : "idle";
}

async function stop() {
  const stopping = stopMicrophone;
  stopMicrophone = null;
  if (stopping) await stopping();
  if (hearing) hearing.end();
  showState();
}

function heard(delay) {
  if (delay !== null && isLive) page.dataset.delay = delay.toFixed(3);
  const late = isLive && delay !== null ? `, scores ${delay.toFixed(1)} s after the sound` : "";
  const full = hearing.saturated ? `; ${hearing.saturated.toLocaleString("en")} samples at full scale` : "";
  say(`${(hearing.sent / RATE).toFixed(1)} s heard${late}${full}.`);
  if (!hearing.outputs.length) {
    say(`${(hearing.sent / RATE).toFixed(1)} s heard; the first scores come after ${settings.window_s.toFixed(1)} s.`);
  }
  drawSoon();
}

// What is drawn and listed
function found() {
  if (!hearing) return { evidence: [], detections: [] };
  const evidence = evidenceOf(hearing.outputs, settings);
  return { evidence, detections: detectionsOf(evidence, hearing.timesMs, { ...settings, thresholds: chosen }) };
}

function range() {
  const seconds = hearing ? hearing.sent / RATE : 0;
  if (isLive) return [Math.max(0, seconds - MOST_SHOWN), Math.max(seconds, MOST_SHOWN)];
  return [0, Math.max(hearing ? hearing.seconds : 0, 1)];
}

let isDrawing = false;
function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    draw();
    if (player.source) drawCursor();
  });
}

let frames = { of: null, blocks: 0, all: [] };
function allFrames() {
  if (frames.of !== hearing) frames = { of: hearing, blocks: 0, all: [] };
  for (; hearing && frames.blocks < hearing.frames.length; frames.blocks += 1) {
    const block = hearing.frames[frames.blocks];
    for (let at = 0; at < block.length; at += settings.mel_bins) frames.all.push(block.subarray(at, at + settings.mel_bins));
  }
  return frames.all;
}

function draw() {
  const shown = range();
  const { evidence, detections } = found();
  const times = hearing ? hearing.timesMs : [];
  const hopMs = times.length > 1 ? times[1] - times[0] : 1000;
  drawSpectrogram(part("spectrogram"), allFrames(), settings.mel_bins, settings.frame_s, shown);
  drawAxis(part("axis"), shown);
  strips.forEach(({ label, canvas, slider, score }, c) => {
    const scores = evidence.map((row) => scoreOf(row[c], settings));
    const detected = detections.filter((one) => one.label === label).map((one) => one.timeMs);
    drawScores(canvas, times, scores, slider ? chosen[label] : null, detected, hopMs, shown);
    score.textContent = scores.length ? (scores.at(-1) ?? 0).toFixed(2) : "–";
  });
  list(detections);
  showState();
}

function list(detections) {
  part("detections").replaceChildren(...detections.map(({ timeMs, label, score }) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const seconds = (timeMs / 1000).toFixed(1);
    Object.assign(button, { type: "button", className: "quiet", textContent: "Play" });
    button.setAttribute("aria-label", `Play what ${label} at ${seconds} s was heard in`);
    button.addEventListener("click", () => play(timeMs / 1000 - settings.window_s, timeMs / 1000));
    const text = document.createElement("span");
    text.textContent = `${seconds} s: ${label}, score ${score.toFixed(2)}`;
    item.append(text, button);
    return item;
  }));
  part("none").hidden = detections.length > 0;
  const fresh = detections.slice(announced);
  if (fresh.length) part("news").textContent = fresh.map((one) => `${one.label} at ${(one.timeMs / 1000).toFixed(1)} seconds`).join(", ");
  announced = Math.max(announced, detections.length);
}

function drawCursor() {
  const at = player.seconds();
  const cursor = part("cursor");
  const [from, to] = range();
  cursor.hidden = at === null || at < from || at > to;
  if (at === null) return;
  cursor.style.left = `${(100 * (at - from)) / (to - from)}%`;
  requestAnimationFrame(drawCursor);
}

function play(from, to) {
  player.play(hearing.samples(), Math.max(0, from), to);
  showState();
  drawCursor();
}

function moveThreshold({ label, slider, threshold }) {
  chosen[label] = slider.valueAsNumber;
  threshold.textContent = chosen[label].toFixed(2);
  announced = Infinity; // a person who moves a threshold has the list before them
  drawSoon();
}

function resetThresholds() {
  for (const { label, slider, threshold } of strips) {
    if (!slider) continue;
    chosen[label] = settings.thresholds[label];
    slider.value = chosen[label];
    threshold.textContent = chosen[label].toFixed(2);
  }
  drawSoon();
}

function showHop() {
  part("other-hop").hidden = settings.hop_s === null || Number(part("settings").elements.hop_s.value) === settings.hop_s;
}

function saveScores() {
  saveAs(new Blob([scoresCsv(hearing.outputs, hearing.timesMs, settings)], { type: "text/csv" }), "scores.csv");
}

const hasMicrophone = window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia) && "AudioWorkletNode" in window;
part("insecure").hidden = hasMicrophone;
microphoneButton.disabled = !hasMicrophone;
microphoneButton.addEventListener("click", useMicrophone);
clipButton?.addEventListener("click", useClip);
fileInput.addEventListener("change", useFile);
document.addEventListener("drop", (event) => { if (event.target.closest?.("[data-drop]")) useFile(); }); // page.js has taken it
part("stop").addEventListener("click", () => { hearing?.forget(); stop(); });
part("play").addEventListener("click", () => { if (player.source) player.stop(); else play(0, hearing.seconds); });
part("save-sound").addEventListener("click", () => saveAs(wavOf(hearing.samples()), "sound.wav"));
part("save-scores").addEventListener("click", saveScores);
part("reset").addEventListener("click", resetThresholds);
part("settings").addEventListener("submit", (event) => event.preventDefault());
part("settings").addEventListener("change", showHop);
showHop();
for (const strip of strips) strip.slider?.addEventListener("input", () => moveThreshold(strip));
window.addEventListener("pagehide", () => { if (isRunning()) hearing.forget(); });
for (const type of ["theme-changed", "visibilitychange"]) document.addEventListener(type, drawSoon);
window.addEventListener("resize", drawSoon);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawSoon);
drawSoon();
