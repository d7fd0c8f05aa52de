// FlashAttention's forward pass over a small matrix of logits, one tile after the other.

import { make, put } from "../dom.js";
import { attention, flashSteps, tiles } from "../model/flash-attention.js";
import { Steps } from "./steps.js";

// In units of ln 2, so that exponentials are powers of 2; the first query begins as in the page's worked example.
const LOGITS = [
  [1, 3, 2, 5, 0, 4],
  [4, 2, 3, 1, 5, 0],
  [2, 0, 4, 3, 1, 6],
  [5, 1, 0, 2, 3, 4],
  [0, 2, 1, 4, 3, 3],
  [3, 4, 2, 0, 5, 1],
];
const VALUES = [8, 4, 0, 2, 6, 1];
const N = VALUES.length;
const COLUMNS = ["q", "m", "shrink", "ℓ", "u", "u / ℓ"];

const number = (value) => (value === -Infinity ? "−∞" : String(Number(value.toPrecision(4))).replace("-", "−"));
const span = ([start, stop]) => (stop - start === 1 ? `${start + 1}` : `${start + 1} to ${stop}`);
const named = (one, range) => `${range[1] - range[0] === 1 ? one[0] : one[1]} ${span(range)}`;
const within = (k, [start, stop]) => k >= start && k < stop;

class FlashSteps extends Steps {
  build() {
    this.queryTile = this.slider("Queries in a tile", { min: 1, max: N, value: 2 });
    this.keyTile = this.slider("Keys in a tile", { min: 1, max: N, value: 2 });
    this.causal = this.box("Causal mask");
    this.buildButtons();
    const head = make("tr", {}, make("td"), ...VALUES.map((_, j) => make("th", { scope: "col" }, `k${j + 1}`)), make("th", { scope: "col" }, "output"));
    const valueRow = make("tr", { class: "flash-steps__values" }, make("th", { scope: "row" }, "v"), ...VALUES.map((value) => make("td", {}, String(value))), make("td"));
    this.cells = LOGITS.map((row) => row.map((logit) => make("td", {}, String(logit))));
    this.outputs = LOGITS.map(() => make("td", { class: "flash-steps__output" }));
    const rows = this.cells.map((cells, i) => make("tr", {}, make("th", { scope: "row" }, `q${i + 1}`), ...cells, this.outputs[i]));
    const caption = make("caption", {}, "Logits, in units of ln 2");
    this.matrix = make("table", { class: "flash-steps__matrix" }, caption, make("thead", {}, head), make("tbody", {}, valueRow, ...rows));
    this.kept = make("tbody");
    const keptHead = make("tr", {}, ...COLUMNS.map((name) => make("th", { scope: "col" }, name)));
    this.state = make("table", { class: "flash-steps__state" }, make("caption", {}, "In fast memory: m (in units of ln 2), ℓ, u"), make("thead", {}, keptHead), this.kept);
    this.view.classList.add("flash-steps");
    this.view.append(this.matrix, this.state);
  }

  restart(asked) {
    this.stop();
    this.asked = asked;
    this.step = 0;
    const logits = LOGITS.map((row) => row.map((logit) => logit * Math.LN2));
    const values = VALUES.map((value) => [value]);
    this.tiles = flashSteps(logits, values, this.queryTile.valueAsNumber, this.keyTile.valueAsNumber, this.causal.checked);
    this.exact = attention(logits, values, this.causal.checked);
    this.skipped = tiles(N, this.queryTile.valueAsNumber).length * tiles(N, this.keyTile.valueAsNumber).length - this.tiles.length;
  }

  lastStep() {
    return this.tiles.length;
  }

  update() {
    const asked = [this.queryTile.value, this.keyTile.value, this.causal.checked].join();
    if (this.asked !== asked) this.restart(asked);
    const done = this.tiles.slice(0, this.step);
    this.drawMatrix(done);
    this.drawState(done.at(-1));
    this.say(this.sentence(done));
    super.update();
  }

  drawMatrix(done) {
    const now = done.at(-1);
    for (const [i, cells] of this.cells.entries()) {
      const past = done.filter(({ rows }) => within(i, rows));
      const isFinished = past.length && (this.step === this.lastStep() || now.rows[0] !== past.at(-1).rows[0] || this.isLastOfRows(this.step - 1));
      put(this.outputs[i], isFinished ? number(this.output(past.at(-1), i)) : "");
      for (const [j, cell] of cells.entries()) {
        const isMasked = this.causal.checked && j > i;
        const tile = past.find(({ columns }) => within(j, columns));
        put(cell, isMasked ? "·" : String(LOGITS[i][j]));
        cell.className = [
          isMasked ? "flash-steps__masked" : tile && tile === now ? "flash-steps__now" : tile ? "flash-steps__done" : "",
          j % this.keyTile.valueAsNumber ? "" : "flash-steps__left",
          i % this.queryTile.valueAsNumber ? "" : "flash-steps__top",
        ].join(" ");
      }
    }
  }

  isLastOfRows(k) {
    return this.tiles[k + 1]?.rows[0] !== this.tiles[k].rows[0];
  }

  output({ rows, state }, i) {
    return state.weighted[i - rows[0]][0] / state.total[i - rows[0]];
  }

  drawState(tile) {
    const rows = Array.from({ length: this.queryTile.valueAsNumber }, (_, i) => {
      if (!tile || i >= tile.state.total.length) return make("tr", {}, ...COLUMNS.map(() => make("td", {}, "\u00a0")));
      const { before, state } = tile;
      const [old, maximum] = [before.maximum[i], state.maximum[i]].map((m) => number(m / Math.LN2));
      const cells = [old === maximum ? maximum : `${old} → ${maximum}`, number(state.shrink[i]), number(state.total[i]), number(state.weighted[i][0])];
      return make("tr", {}, make("th", { scope: "row" }, `q${tile.rows[0] + i + 1}`), ...cells.map((text) => make("td", {}, text)), make("td", {}, number(this.output(tile, tile.rows[0] + i))));
    });
    this.kept.replaceChildren(...rows);
  }

  sentence(done) {
    const skipped = this.skipped ? ` ${this.skipped} hidden by the mask ${this.skipped === 1 ? "is" : "are"} never computed.` : "";
    const all = this.tiles.length;
    if (!done.length) return `${all} ${all === 1 ? "tile" : "tiles"} to compute.${skipped}`;
    const { rows, columns, before, state } = done.at(-1);
    const risen = state.maximum.flatMap((m, i) => (m > before.maximum[i] && before.maximum[i] > -Infinity ? [`q${rows[0] + i + 1}`] : []));
    const first = columns[0] === 0 ? " The first keys of these queries: nothing to scale down." : "";
    const scaled = risen.length ? ` A larger maximum for ${risen.join(", ")}: ${risen.length === 1 ? "its" : "their"} old ℓ and u shrink.` : " No larger maximum: nothing shrinks.";
    const tile = `Tile ${done.length} of ${all}: ${named(["query", "queries"], rows)}, ${named(["key", "keys"], columns)}.`;
    return `${tile}${first || scaled}${done.length === all ? this.comparison() : ""}`;
  }

  comparison() {
    const differences = this.exact.map(([exact], i) => Math.abs(exact - this.output(this.tiles.findLast(({ rows }) => within(i, rows)), i)));
    const largest = Math.max(...differences);
    return ` Outputs equal softmax over whole rows${largest === 0 ? "" : ` within ${largest.toExponential(0).replace("-", "−")}`}.`;
  }
}

customElements.define("flash-steps", FlashSteps);
