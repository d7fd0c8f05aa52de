// Two rows of the encoding, and the dot product of any two rows over their distance.

import { dot, sinusoidalRow, sinusoidalSimilarity } from "../model/positions.js";
import { decimal, drawing, line, path, scale, shape, text, title } from "./drawing.js";
import { Figure } from "./figure.js";

const LAST = 100;
const WIDTH = 320;
const LEFT = 26;
const RIGHT = WIDTH - 6;
const HIGH = 22; // a feature of 1
const PLOT = { top: 148, bottom: 216 };

const width = (power) => 2 ** power;

// Every feature is a bar, up where it is positive and down where it is negative.
function row(name, features, zero) {
  const x = scale([0, features.length], [LEFT, RIGHT]);
  const bars = features.map((feature, k) => `M${x(k + 0.1).toFixed(2)} ${zero}V${(zero - HIGH * feature).toFixed(2)}H${x(k + 0.9).toFixed(2)}V${zero}Z`);
  return [line("axis", LEFT, zero, RIGHT, zero), shape("path", "bar", { d: bars.join("") }), text(LEFT - 6, zero + 4, name, "end")];
}

function plot(distance, d_model) {
  const { top, bottom } = PLOT;
  const curve = Array.from({ length: 2 * LAST + 1 }, (_, k) => [k / 2, sinusoidalSimilarity(k / 2, d_model)]);
  const most = d_model / 2;
  const x = scale([0, LAST], [LEFT, RIGHT]);
  const y = scale([Math.min(0, ...curve.map(([, value]) => value)), most], [bottom, top]);
  return [
    title(LEFT, top - 8, "dot product over the distance"),
    ...[0, most].flatMap((value) => [line("grid", LEFT, y(value), RIGHT, y(value)), text(LEFT - 6, y(value) + 4, value, "end")]),
    ...[0, 25, 50, 75].map((value) => text(x(value), bottom + 16, value)),
    text(RIGHT, bottom + 16, LAST, "end"),
    shape("path", "curve", { d: path(curve.map(([at, value]) => [x(at), y(value)])) }),
    line("grid", x(distance), top, x(distance), bottom),
    shape("circle", "mark", { cx: x(distance), cy: y(sinusoidalSimilarity(distance, d_model)), r: 5 }),
  ];
}

class SinusoidFigure extends Figure {
  hint = "Move p and q: the rows change with each, their dot product with the distance only.";

  build() {
    this.p = this.slider("Position p", { min: 0, max: LAST, value: 20 });
    this.q = this.slider("Position q", { min: 0, max: LAST, value: 24 });
    this.width = this.slider("Width d", { min: 2, max: 7, value: 6, text: (power) => String(width(power)) });
    this.drawing = drawing(
      WIDTH,
      238,
      "Two rows of bars, the features of the two positions. Below, the dot product of two rows over their distance, with a dot at the distance chosen.",
    );
    this.view.append(this.drawing);
  }

  update() {
    const [p, q, d_model] = [this.p.valueAsNumber, this.q.valueAsNumber, width(this.width.valueAsNumber)];
    const rows = [p, q].map((position) => sinusoidalRow(position, d_model));
    const distance = Math.abs(p - q);
    this.drawing.replaceChildren(title(LEFT, 11, "features, up is positive"), ...row("p", rows[0], 42), ...row("q", rows[1], 96), ...plot(distance, d_model));
    this.say(`Distance ${distance}, dot product ${decimal(dot(...rows))} of at most ${d_model / 2}. Any two positions as far apart have the same.`);
  }
}

customElements.define("sinusoid-figure", SinusoidFigure);
