// The weights of eight keys, whose dot products with the query spread as those of random vectors do.

import { entropy, softmax } from "../model/softmax.js";
import { decimal, drawing, line, shape, text, title } from "./drawing.js";
import { Figure } from "./figure.js";

// Dot products in standard deviations: the 1/16, 3/16, … 15/16 quantiles of a normal distribution, in some order.
const SCORES = [0.16, -0.89, 1.53, -0.16, 0.89, -1.53, 0.49, -0.49];
const COLUMN = 40;
const WIDTH = SCORES.length * COLUMN;
const BASE = 176; // where the bars stand
const FULL = 150; // the height of a weight of 1

const width = (power) => 2 ** power;
const temperature = (step) => 2 ** (step / 2);

class SoftmaxFigure extends Figure {
  hint = "Raise d_k: without the division one key takes nearly all. A temperature of √d_k brings back what the division gives.";

  build() {
    this.width = this.slider("Head width d_k", { min: 0, max: 10, value: 6, text: (power) => String(width(power)) });
    this.temperature = this.slider("Temperature T", { min: -4, max: 10, value: 0, text: (step) => String(Number(temperature(step).toPrecision(3))) });
    this.divided = this.box("Divide by √d_k");
    this.drawing = drawing(WIDTH, 214, "Eight bars, one for each key, as high as its attention weight. Below each stands the key's logit.");
    this.view.append(this.drawing);
  }

  update() {
    const spread = this.divided.checked ? 1 : Math.sqrt(width(this.width.valueAsNumber));
    const logits = SCORES.map((score) => spread * score);
    const weights = softmax(logits, temperature(this.temperature.valueAsNumber));
    this.drawing.replaceChildren(
      ...weights.flatMap((weight, k) => this.bar(weight, logits[k], (k + 0.5) * COLUMN)),
      line("axis", 0, BASE, WIDTH, BASE),
      title(0, BASE + 33, "↑ logit z of each key, above the bar softmax(z / T)"),
    );
    const nats = entropy(weights);
    this.say(
      `Largest weight ${decimal(Math.max(...weights))}, entropy ${decimal(nats)} nats: as that of ${decimal(Math.exp(nats), 1)} equally weighted keys, of ${SCORES.length}.`,
    );
  }

  bar(weight, logit, middle) {
    const height = FULL * weight;
    return [
      shape("rect", "bar", { x: middle - 14, y: BASE - height, width: 28, height }),
      text(middle, BASE - height - 4, decimal(weight)),
      text(middle, BASE + 15, decimal(logit, 1)),
    ];
  }
}

customElements.define("softmax-figure", SoftmaxFigure);
