// Theme, upload with progress, and the notice while the server does not answer. Pages work without this file.
"use strict";

document.documentElement.classList.add("js");

const YEAR_SECONDS = 365 * 24 * 3600;

function chooseTheme(event) {
  const form = event.target.closest("[data-theme-form]");
  const button = event.submitter;
  if (!form || !button) return;
  event.preventDefault();
  document.cookie = `theme=${button.value}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  document.documentElement.dataset.theme = button.value;
  for (const other of form.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  document.dispatchEvent(new Event("theme-changed"));
}

// Uploads can take minutes: show their progress, and reject files that are too large before they are sent.
function startUpload(event) {
  const form = event.target.closest("[data-upload]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const files = [...input.files];
  if (!files.length) return;
  event.preventDefault();
  const limit = Number(input.dataset.limitBytes);
  const large = files.find((file) => file.size > limit);
  if (large) {
    showUploadError(form, `${large.name} has ${megabytes(large.size)}; the limit is ${megabytes(limit)}. ${input.dataset.tooLarge || ""}`);
    return;
  }
  send(form, files.reduce((sum, file) => sum + file.size, 0));
}

function send(form, size) {
  const request = new XMLHttpRequest();
  const bar = form.querySelector("[data-upload-progress]");
  const status = form.querySelector("[data-upload-status]");
  const button = form.querySelector("button");
  showUploadError(form, "");
  bar.hidden = status.hidden = false;
  button.disabled = true;
  request.upload.addEventListener("progress", (event) => {
    bar.value = (100 * event.loaded) / event.total;
    status.textContent = event.loaded < event.total ? `${megabytes(event.loaded)} of ${megabytes(size)} sent` : "Sent. The server is storing it.";
  });
  request.addEventListener("load", () => uploadAnswered(form, request));
  request.addEventListener("error", () => {
    bar.hidden = status.hidden = true;
    button.disabled = false;
    showUploadError(form, "The upload was interrupted. Check the connection and try again.");
  });
  request.open("POST", form.action || window.location.href);
  request.send(new FormData(form));
}

function uploadAnswered(form, request) {
  if (request.status < 400) {
    window.location.assign(request.responseURL);
    return;
  }
  const answer = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
  if (answer) {
    document.querySelector("main").replaceWith(answer);
    focusErrors();
  } else showUploadError(form, `The server refused the upload (${request.status}).`);
}

// Errors take the focus, also where the address names a part of the page: `autofocus` alone yields to that.
function focusErrors() {
  document.querySelector("[data-errors]")?.focus();
}

function showUploadError(form, text) {
  const place = form.querySelector("[data-upload-error]");
  place.textContent = text;
  place.hidden = !text;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

// Files may be dropped on the place that is marked for it, not only on its small field.
function overDrop(event) {
  const place = event.target.closest?.("[data-drop]");
  if (!place) return;
  event.preventDefault();
  place.classList.toggle("over", event.type === "dragover");
  if (event.type === "drop" && event.dataTransfer.files.length) place.querySelector("input[type=file]").files = event.dataTransfer.files;
}

for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, overDrop);

// One open confirmation at a time; Escape and a click outside it close it.
function closeQuestions(except) {
  for (const question of document.querySelectorAll("details.ask[open]")) if (question !== except) question.open = false;
}

focusErrors();
document.addEventListener("submit", chooseTheme);
document.addEventListener("submit", startUpload);
document.addEventListener("click", (event) => closeQuestions(event.target.closest("details.ask")));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeQuestions(null); });

// A refresh replaces parts of the page; scroll positions and opened details are kept, and the room of what is live, so
// that nothing below moves where a trial ends or words become shorter. htmx keeps the focus.
const kept = new Map();

function remember() {
  kept.clear();
  for (const element of document.querySelectorAll(".scroll[id], .log[id], [data-keeps-room], details[id]")) {
    const { scrollLeft: left, scrollTop: top, open, offsetWidth: width, offsetHeight: height } = element;
    kept.set(element.id, { left, top, open, width, height });
  }
}

function restore() {
  for (const [id, { left, top, open, width, height }] of kept) {
    const element = document.getElementById(id);
    if (!element) continue;
    element.scrollLeft = left;
    element.scrollTop = top;
    if (element.tagName === "DETAILS") element.open = open;
    if ("keepsRoom" in element.dataset && element.offsetWidth === width) element.style.minHeight = `${height}px`;
  }
}

document.addEventListener("htmx:beforeSwap", remember);
document.addEventListener("htmx:afterSwap", restore);
document.addEventListener("htmx:afterSettle", restore); // which gives a part its own attributes back, without a style

const connection = document.getElementById("connection");
document.addEventListener("htmx:sendError", () => { connection.hidden = false; });
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) connection.hidden = false;
  if ([403, 404].includes(event.detail.xhr.status)) window.location.reload();
});
document.addEventListener("htmx:afterOnLoad", (event) => { if (event.detail.xhr.status < 400) connection.hidden = true; });
document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
