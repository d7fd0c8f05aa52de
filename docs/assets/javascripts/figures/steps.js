// Figures that are walked through: back, step, run, start again.
//
// A subclass has
//   lastStep()  how many steps there are, or Infinity while that is not known
//   update()    draws this.step; ends with super.update(), which sets the buttons

import { make } from "../dom.js";
import { Figure, still } from "./figure.js";

const PAUSE = 900; // milliseconds, while it runs

export class Steps extends Figure {
  step = 0;

  buildButtons() {
    const row = make("p", { class: "moving-figure__buttons" });
    this.backButton = this.button("Back", () => this.goTo(this.step - 1), row);
    this.stepButton = this.button("Step", () => this.goTo(this.step + 1), row);
    this.runButton = this.button("Run", () => (this.timer ? this.stop() : this.run()), row);
    this.againButton = this.button("Start again", () => this.goTo(0), row);
    this.controls.append(row);
  }

  disconnectedCallback() {
    this.stop();
  }

  goTo(step) {
    this.stop();
    this.show(step);
  }

  show(step) {
    this.step = Math.max(0, Math.min(step, this.lastStep()));
    this.update();
  }

  // Who asked for little motion gets the end at once.
  run() {
    if (still()) {
      this.show(Infinity);
      return;
    }
    this.timer = setInterval(() => {
      this.show(this.step + 1);
      if (this.step >= this.lastStep()) this.goTo(this.step);
    }, PAUSE);
    this.show(this.step + 1);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.runButton) this.runButton.textContent = "Run";
  }

  update() {
    const atEnd = this.step >= this.lastStep();
    this.runButton.textContent = this.timer ? "Pause" : "Run";
    for (const [button, off] of [
      [this.backButton, this.step === 0],
      [this.stepButton, atEnd],
      [this.runButton, atEnd && !this.timer],
      [this.againButton, this.step === 0],
    ]) {
      // not `disabled`: that would take the focus from who presses it at the last step
      button.setAttribute("aria-disabled", off);
    }
  }
}
