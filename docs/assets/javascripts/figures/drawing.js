// Help with drawings in SVG. Shapes take their colors from their class, in content.css.

import { makeSvg } from "../dom.js";

// A drawing of width × height units, as wide as its place up to 1.2 pixels a unit: letters keep a size to read.
// `picture` says in a sentence what is drawn, for those who do not see it.
export function drawing(width, height, picture) {
  const made = makeSvg("svg", { class: "drawing", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": picture });
  made.style.maxWidth = `${1.2 * width}px`;
  return made;
}

// The number on the drawing for a number of the data.
export function scale([from, to], [start, end]) {
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

// The path through points [x, y].
export function path(points) {
  return points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
}

export function shape(name, kind, attributes) {
  return makeSvg(name, { class: `drawing__${kind}`, ...attributes });
}

export function line(kind, x1, y1, x2, y2) {
  return shape("line", kind, { x1, y1, x2, y2 });
}

// `anchor`: the start, middle or end of the words stands at x.
export function text(x, y, words, anchor = "middle", kind = "text") {
  return makeSvg("text", { class: `drawing__${kind}`, x, y, "text-anchor": anchor }, words);
}

export const title = (x, y, words) => text(x, y, words, "start", "title");

// 0.540 and, with a true minus sign, −0.990.
export const decimal = (value, digits = 3) => value.toFixed(digits).replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "");
