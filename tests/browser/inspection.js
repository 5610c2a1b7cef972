// Run in a page by test_every_page.py; returns what is wrong with it as a list of sentences.
() => {
  const problems = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width && box.right > root.clientWidth + 1 && !element.closest(".scroll");
    });
    const names = wide.slice(0, 3).map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
    problems.push(`the page scrolls sideways (${root.scrollWidth} > ${root.clientWidth}): ${names.join(", ")}`);
  }

  for (const control of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!control.labels?.length && !control.getAttribute("aria-label")) problems.push(`no label: ${control.outerHTML}`);
  }
  for (const element of document.querySelectorAll("button, a[href], summary")) {
    if (!element.textContent.trim() && !element.getAttribute("aria-label")) problems.push(`no name: ${element.outerHTML}`);
  }
  for (const button of document.querySelectorAll("button:not([type])")) problems.push(`no type: ${button.outerHTML}`);
  for (const heading of document.querySelectorAll("thead th:not([scope])")) problems.push(`no scope: ${heading.outerHTML}`);
  for (const heading of document.querySelectorAll("th")) if (!heading.textContent.trim()) problems.push(`no words: ${heading.outerHTML}`);
  let level = 0;
  for (const heading of [...document.querySelectorAll("h1, h2, h3, h4")].filter((one) => one.checkVisibility())) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1 || (own === 1 && level)) problems.push(`heading out of order: ${heading.outerHTML}`);
    level = own;
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((value, index) => ids.indexOf(value) !== index))) problems.push(`id used twice: ${id}`);

  for (const name of ["aria-describedby", "aria-labelledby"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      for (const id of element.getAttribute(name).split(" ")) if (!document.getElementById(id)) problems.push(`${name} of nothing: ${id}`);
    }
  }
  for (const element of document.querySelectorAll("main *:not(textarea, select)")) {
    const { overflowX, overflowY } = getComputedStyle(element);
    const isWide = element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(overflowX);
    const isLong = element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(overflowY);
    if ((isWide || isLong) && element.tabIndex < 0) problems.push(`scrolls, but not by keys: ${element.tagName.toLowerCase()}.${element.className}`);
  }

  const rgba = (text) => {
    const numbers = (text.match(/[\d.]+/g) || []).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour.alpha > 0) layers.push(colour);
      if (colour.alpha === 1) break;
    }
    return layers.reverse().reduce((below, { rgb, alpha }) => rgb.map((v, i) => v * alpha + below[i] * (1 - alpha)), [255, 255, 255]);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("svg, script, noscript, [aria-disabled], :disabled, .skip")) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [front, back] = [luminance(rgba(style.color).rgb), luminance(behind(element))];
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (contrast < (isLarge ? 3 : 4.5)) faint.add(`${contrast.toFixed(2)}: "${walker.currentNode.data.trim().slice(0, 40)}" (${element.tagName.toLowerCase()}.${element.className})`);
  }
  for (const text of [...faint].slice(0, 8)) problems.push(`contrast below WCAG AA, ${text}`);
  return problems;
}
