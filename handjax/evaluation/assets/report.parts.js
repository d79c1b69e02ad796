// Small pieces that everything is made of. Text is set as text, never as markup.

const SPACE = "http://www.w3.org/2000/svg";
const DASHES = ["", "7 4", "2 4"];

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SPACE, tag), attributes, children);
}

function place(id) {
  return document.getElementById(id);
}

function number(value, digits = 2) {
  return value === null || Number.isNaN(value) ? "–" : value.toFixed(digits);
}

function percent(share, digits = 2) {
  return share === null ? "–" : `${(100 * share).toFixed(digits)}\u202f%`;
}

/** A name that may break after what parts its words. */
function breakable(text) {
  const parts = text.split(/(?<=[_/.\-])/);
  return parts.flatMap((part, k) => (k ? [make("wbr"), part] : [part]));
}

function colourOf(method) {
  return `var(--m${method % 8})`;
}

function dashOf(method) {
  return DASHES[Math.floor(method / 8) % DASHES.length];
}

function swatch(colour) {
  return make("span", { class: "swatch", style: { color: colour } });
}

function methodLabel(method) {
  const name = breakable(page.methods[method].name);
  return make("span", { class: "method" },
    swatch(colourOf(method)), make("span", {}, ...name));
}

/** An entry of a legend: pressed while what it names is shown. */
function legendEntry(name, colour, { pressed, press, raise = () => {} }) {
  return make("button", {
    type: "button", class: "method", "aria-pressed": String(pressed), onclick: press,
    onpointerenter: () => raise(true), onpointerleave: () => raise(false),
    onfocus: () => raise(true), onblur: () => raise(false),
  }, swatch(colour), make("span", {}, ...breakable(name)));
}

function choice(text, pressed, press) {
  return make("button", {
    type: "button", class: "choice", "aria-pressed": String(pressed), onclick: press,
  }, text);
}

/** Replace children, but let the focus stay where it was among them. */
function refill(host, ...children) {
  const focusable = () => [...host.querySelectorAll("button, select")];
  const focused = focusable().indexOf(document.activeElement);
  host.replaceChildren(...children);
  if (focused >= 0) focusable()[focused]?.focus({ preventScroll: true });
}

/** Round steps of 1, 2 or 5 from 0 to `last`, about `wanted` of them. */
function ticks(last, wanted) {
  const rough = last / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough);
  return Array.from({ length: Math.floor(last / step + 1e-9) + 1 }, (_, k) => k * step);
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
