// Shortcuts of single keys: search, the main pages, neighbours, and the list of them all. Ignored while one types.
"use strict";

const OFF = "shortcuts-off";
const SECOND_KEY_MS = 1500;
const PLACES = { s: "/studies/", c: "/comparisons/", d: "/datasets/", v: "/devices/", n: "/studies/new/" };
const LINKS = { "[": "a[rel=prev]", "]": "a[rel=next]" };
const dialog = document.getElementById("shortcuts");
const off = dialog.querySelector("[data-shortcuts-off]");
let wentAt = -Infinity;

function isTyping(target) {
  return target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialog.open) return;
  if (event.key === "?") return act(event, () => dialog.showModal());
  if (localStorage.getItem(OFF)) return;
  const isSecond = event.timeStamp - wentAt < SECOND_KEY_MS;
  wentAt = event.key === "g" ? event.timeStamp : -Infinity;
  if (isSecond && PLACES[event.key]) return act(event, () => window.location.assign(PLACES[event.key]));
  if (event.key === "/") return act(event, () => document.querySelector("[data-search]")?.focus());
  if (LINKS[event.key]) act(event, () => document.querySelector(LINKS[event.key])?.click());
}

function act(event, action) {
  event.preventDefault();
  action();
}

off.checked = Boolean(localStorage.getItem(OFF));
off.addEventListener("change", () => (off.checked ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF)));
document.addEventListener("keydown", onKey);
