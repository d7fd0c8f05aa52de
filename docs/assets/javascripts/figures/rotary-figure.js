// A query and a key of four pairs: each pair is a clock with two hands, turned by the two positions.

import { dot, frequencies, rotate } from "../model/positions.js";
import { decimal, drawing, line, path, scale, shape, text, title } from "./drawing.js";
import { Figure, still } from "./figure.js";

const SPEEDS = frequencies(8);
const START = SPEEDS.flatMap(() => [1, 0]); // query and key before they are turned, every hand on the right
const LAST = 60;
const POSITIONS_A_SECOND = 4;

const CLOCK = 80; // from one clock to the next
const RADIUS = 33;
const MIDDLE = 56;
const WIDTH = CLOCK * SPEEDS.length;
const PLOT = { left: 26, right: WIDTH - 6, top: 138, bottom: 212 };

const turned = (position) => rotate(START, position, SPEEDS);
const product = (m, n) => dot(turned(m), turned(n));
const signed = (number) => String(number).replace("-", "−");

function hand(kind, x, [a, b]) {
  // up is positive here, and down in SVG
  const tip = { cx: x + RADIUS * a, cy: MIDDLE - RADIUS * b };
  return [line(kind, x, MIDDLE, tip.cx, tip.cy), shape("circle", kind, { ...tip, r: 3.5 })];
}

class RotaryFigure extends Figure {
  hint = "Move i or j: hands turn, and the dot product changes. Move both by the same amount: hands turn, and it stays.";

  build() {
    this.m = this.slider("Query position i", { min: 0, max: LAST, value: 5 });
    this.n = this.slider("Key position j", { min: 0, max: LAST, value: 2 });
    this.motion = this.button("Move both on", () => (this.frame ? this.update() : this.start()));
    this.motion.classList.add("rotary-figure__motion");
    this.drawing = drawing(
      WIDTH,
      234,
      "Four clocks, one for each pair, with a solid hand for the query and a dashed one for the key; at position 0 both point to the right. Below, the dot product over the offset, with a dot at the offset chosen.",
    );
    this.view.append(this.drawing);
  }

  disconnectedCallback() {
    this.stop();
  }

  update() {
    this.stop();
    this.show(this.m.valueAsNumber, this.n.valueAsNumber);
  }

  // ---- both positions move on, between whole ones too, until one is at its end

  start() {
    if (still()) return;
    let [m, n] = [this.m.valueAsNumber, this.n.valueAsNumber];
    if (Math.max(m, n) === LAST) [m, n] = [m - Math.min(m, n), n - Math.min(m, n)];
    let last = performance.now();
    const advance = (now) => {
      const far = (Math.max(0, now - last) / 1000) * POSITIONS_A_SECOND;
      last = now;
      if (still() || Math.max(m, n) + far > LAST) {
        this.update();
        return;
      }
      [m, n] = [m + far, n + far];
      this.setSlider(this.m, Math.floor(m));
      this.setSlider(this.n, Math.floor(n));
      this.show(m, n);
      this.frame = requestAnimationFrame(advance);
    };
    this.frame = requestAnimationFrame(advance);
    this.motion.textContent = "Stop";
    this.said.setAttribute("aria-live", "off"); // nobody can listen to a result in every frame
  }

  stop() {
    if (!this.frame) return;
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    this.motion.textContent = "Move both on";
    this.said.removeAttribute("aria-live");
  }

  // ---- what is seen

  show(m, n) {
    this.drawing.replaceChildren(title(0, 11, "solid hand: query, dashed: key; equal at position 0"), ...this.clocks(turned(m), turned(n)), ...this.plot(m, n));
    // each is rounded: their sum may differ from the product in the last digit
    const terms = SPEEDS.map((speed) => decimal(Math.cos((m - n) * speed))).join(" + ").replaceAll("+ −", "− ");
    this.say(`Offset i − j = ${signed(Math.round(m - n))}, dot product ${decimal(product(m, n))} ≈ ${terms}.`);
  }

  clocks(query, key) {
    return SPEEDS.flatMap((speed, t) => {
      const x = (t + 0.5) * CLOCK;
      return [
        shape("circle", "axis", { cx: x, cy: MIDDLE, r: RADIUS }),
        ...hand("second", x, key.slice(2 * t, 2 * t + 2)),
        ...hand("first", x, query.slice(2 * t, 2 * t + 2)),
        text(x, MIDDLE + RADIUS + 16, `θ = ${speed.toPrecision(1)}`),
      ];
    });
  }

  plot(m, n) {
    const { left, right, top, bottom } = PLOT;
    const x = scale([-LAST, LAST], [left, right]);
    const y = scale([0, SPEEDS.length], [bottom, top]);
    const offsets = Array.from({ length: 4 * LAST + 1 }, (_, k) => k / 2 - LAST);
    this.curve ??= path(offsets.map((offset) => [x(offset), y(product(offset, 0))]));
    return [
      title(left, top - 8, "dot product over the offset i − j"),
      ...[0, SPEEDS.length].flatMap((value) => [line("grid", left, y(value), right, y(value)), text(left - 6, y(value) + 4, value, "end")]),
      ...[-LAST, -LAST / 2, 0, LAST / 2, LAST].map((offset) => text(x(offset), bottom + 16, signed(offset))),
      shape("path", "curve", { d: this.curve }),
      line("grid", x(m - n), top, x(m - n), bottom),
      shape("circle", "mark", { cx: x(m - n), cy: y(product(m, n)), r: 5 }),
    ];
  }
}

customElements.define("rotary-figure", RotaryFigure);
