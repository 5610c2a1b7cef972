// A slider below each number of the form; both show the same value.
"use strict";

for (const input of document.querySelectorAll("[data-slider-end]")) {
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: "0", max: input.dataset.sliderEnd, step: input.dataset.sliderStep, value: input.value });
  slider.setAttribute("aria-label", input.labels[0].textContent.trim());
  input.after(slider);
  slider.addEventListener("input", () => { input.value = slider.value; });
  input.addEventListener("input", () => { slider.value = input.value; });
}
