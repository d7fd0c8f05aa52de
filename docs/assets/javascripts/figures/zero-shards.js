// Which part of the model states a rank holds, by stage of ZeRO and number of ranks.

import { bytes } from "../calculators/format.js";
import { make, makeSvg } from "../dom.js";
import { modelStateParts } from "../model/training-memory.js";
import { Figure } from "./figure.js";

const SIZE = [2, 2, 12]; // bytes of a parameter in mixed-precision Adam
const NAMES = ["parameters", "gradients", "optimizer states"];
const STAGES = ["0, plain data parallelism", "1, optimizer states", "2, and gradients", "3, and parameters"];
const ROWS = 8;
const EXAMPLE = 7.5e9; // parameters, as in the page's table

const number = (value) => String(Number(value.toPrecision(4)));

class ZeroShards extends Figure {
  build() {
    this.ranks = this.slider("Ranks", { min: 1, max: 64, value: 4 });
    this.stage = this.slider("Stage", { min: 0, max: 3, value: 1, text: (stage) => STAGES[stage] });
    this.sizes = NAMES.map(() => make("td"));
    this.total = make("td");
    const rows = NAMES.map((name, k) => make("tr", {}, make("th", { scope: "row" }, make("span", { class: `zero-shards__key zero-shards__part-${k}` }), name), this.sizes[k]));
    const sum = make("tr", {}, make("th", { scope: "row" }, "together"), this.total);
    const caption = make("caption", {}, "Bytes per parameter on each rank");
    this.bars = make("ol", { class: "zero-shards__bars", "aria-label": "What each rank holds" });
    this.view.classList.add("zero-shards");
    this.view.append(this.bars, make("table", { class: "zero-shards__sizes" }, caption, make("tbody", {}, ...rows, sum)));
  }

  update() {
    const [ranks, stage] = [this.ranks.valueAsNumber, this.stage.valueAsNumber];
    const parts = modelStateParts(1, ranks, stage, SIZE);
    const total = parts.reduce((sum, part) => sum + part, 0);
    const isDivided = parts.map((part, k) => part < SIZE[k]);
    for (const [k, part] of parts.entries()) this.sizes[k].textContent = isDivided[k] ? `${SIZE[k]} / ${ranks} = ${number(part)}` : number(part);
    this.total.textContent = number(total);
    const bars = Array.from({ length: Math.min(ranks, ROWS) }, (_, rank) => this.bar(rank, ranks, isDivided));
    if (ranks > ROWS) bars.push(make("li", { class: "zero-shards__more" }, `and ${ranks - ROWS} more`));
    this.bars.replaceChildren(...bars);
    const held = total < 16 ? `${number(total)} of 16 bytes` : "all 16 bytes";
    this.say(`${ranks === 1 ? "The one rank holds" : `Each of ${ranks} ranks holds`} ${held} per parameter: with 7.5 billion parameters, ${bytes(EXAMPLE * total, "GB")}.`);
  }

  // From left to right all parameters, from top to bottom the 16 bytes of each; what the rank holds is filled.
  bar(rank, ranks, isDivided) {
    let y = 0;
    const rectangles = SIZE.flatMap((height, k) => {
      const [x, width] = isDivided[k] ? [rank, 1] : [0, ranks];
      const lane = makeSvg("rect", { class: "zero-shards__lane", x: 0, y, width: ranks, height });
      const held = makeSvg("rect", { class: `zero-shards__part-${k}`, x, y, width, height });
      y += height;
      return [lane, held];
    });
    const label = NAMES.map((name, k) => (isDivided[k] ? `shard ${rank} of the ${name}` : `all ${name}`)).join(", ");
    const drawing = makeSvg("svg", { viewBox: `0 0 ${ranks} 16`, preserveAspectRatio: "none", role: "img", "aria-label": label }, ...rectangles);
    return make("li", {}, make("span", {}, `rank ${rank}`), drawing);
  }
}

customElements.define("zero-shards", ZeroShards);
