// Who may see whom: a row for each query, a column for each key.

import { causalMask, crossMask, pairs, slidingWindowMask } from "../model/masks.js";
import { drawing, shape, text, title } from "./drawing.js";
import { Figure } from "./figure.js";

const MOST = 16;
const LEFT = 52;
const TOP = 36;
const SIDE = 248; // of the grid

const KINDS = [["causal", "Causal"], ["window", "Causal window"], ["cross", "Cross"]];
const MASKS = {
  causal: ({ n }) => causalMask(n),
  window: ({ n, window }) => slidingWindowMask(n, n, window),
  cross: ({ n, keys }) => crossMask(n, keys),
};
const SUMS = {
  causal: ({ n }) => `n(n\u00a0+\u00a01)/2 = ${n} · ${n + 1} / 2 = ${(n * (n + 1)) / 2}.`,
  window: ({ n, window: w }) =>
    w > n ? "A window of more than n tokens is the causal mask." : `nw − w(w\u00a0−\u00a01)/2 = ${n} · ${w} − ${w} · ${w - 1} / 2 = ${n * w - (w * (w - 1)) / 2}.`,
  cross: ({ n, keys }) => `Every query sees every key of the other sequence: ${n} · ${keys} = ${n * keys}.`,
};

class MaskFigure extends Figure {
  hint = "Choose a mask and move its sizes: a row is a query, its filled cells are the keys that it sees.";

  build() {
    this.kind = this.choice("Mask", KINDS, "causal");
    this.n = this.slider("Queries n", { min: 1, max: MOST, value: 8 });
    this.window = this.slider("Window w", { min: 1, max: MOST, value: 3 });
    this.keys = this.slider("Other keys", { min: 1, max: MOST, value: 5 });
    this.drawing = drawing(LEFT + SIDE + 2, TOP + SIDE + 2, "A grid of cells, a row for each query and a column for each key. Filled cells are pairs that may attend.");
    this.view.append(this.drawing);
  }

  update() {
    const kind = this.kind.value;
    this.window.disabled = kind !== "window";
    this.keys.disabled = kind !== "cross";
    const sizes = { n: this.n.valueAsNumber, window: this.window.valueAsNumber, keys: this.keys.valueAsNumber };
    const mask = MASKS[kind](sizes);
    this.drawing.replaceChildren(...this.grid(mask));
    const all = mask.length * mask[0].length;
    this.say(`${pairs(mask)} of ${all} ${all === 1 ? "pair is" : "pairs are"} visible. ${SUMS[kind](sizes)}`);
  }

  grid(mask) {
    const cell = SIDE / Math.max(mask.length, mask[0].length);
    const [x, y] = [(j) => LEFT + j * cell, (i) => TOP + i * cell];
    const side = (cell - 2).toFixed(2);
    const square = (i, j) => `M${(x(j) + 1).toFixed(2)} ${(y(i) + 1).toFixed(2)}h${side}v${side}h-${side}z`;
    const squares = (wanted) => mask.flatMap((row, i) => row.map((isSeen, j) => (isSeen === wanted ? square(i, j) : ""))).join("");
    return [
      title(LEFT, 11, "key →"),
      title(0, TOP - 5, "query ↓"),
      ...mask[0].map((_, j) => text(x(j + 0.5), TOP - 5, j)),
      ...mask.map((_, i) => text(LEFT - 6, y(i + 0.5) + 4, i, "end")),
      shape("path", "cell", { d: squares(false) }),
      shape("path", "cell-seen", { d: squares(true) }),
    ];
  }
}

customElements.define("mask-figure", MaskFigure);
