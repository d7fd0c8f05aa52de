// What all moving figures share: labeled controls, the place of the drawing, and a sentence for what has changed.
// Those that are walked through step by step share steps.js.
//
// A figure is a subclass with
//   build()   puts controls into this.controls (slider, choice, box, button), and a first drawing into this.view
//   update()  draws what the controls say, and calls this.say(sentence); it runs once after build()
//   hint      what to move and what to look at, if the page does not say it
// drawing.js helps those that draw.
// What the element holds in the page stays for readers without JavaScript. Its height on both sides of that change
// is fixed in content.css, under the element's name, so that nothing moves.

import { button, make, put } from "../dom.js";

let count = 0;

export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Figure extends HTMLElement {
  connectedCallback() {
    if (this.view) return;
    this.idPrefix = `${this.localName}-${(count += 1)}`;
    this.controls = make("form", { class: "moving-figure__controls", "aria-label": this.getAttribute("label") });
    this.controls.addEventListener("submit", (event) => event.preventDefault());
    this.view = make("div", { class: "moving-figure__view" });
    this.said = make("p", { class: "moving-figure__said", role: "status" });
    this.build();
    this.update();
    if (this.view.querySelector(".drawing")) this.classList.add("drawn");
    const hint = this.hint ? [make("p", { class: "moving-figure__hint" }, this.hint)] : [];
    this.replaceChildren(...hint, this.controls, this.said, this.view);
  }

  // ---- controls; each redraws the figure when it changes

  field(label, control, ...after) {
    control.id = `${this.idPrefix}-${this.controls.childElementCount}`;
    this.controls.append(make("p", { class: "moving-figure__field" }, make("label", { for: control.id }, label), control, ...after));
    control.addEventListener("input", () => this.update());
    return control;
  }

  // `text(value)` is what is shown and read aloud for the slider's number
  slider(label, { min, max, step = 1, value, text = String }) {
    const shown = make("span", { class: "moving-figure__value" });
    const slider = make("input", { type: "range", min, max, step, value });
    const show = () => {
      shown.textContent = text(slider.valueAsNumber);
      slider.setAttribute("aria-valuetext", shown.textContent);
    };
    slider.addEventListener("input", show);
    slider.show = show;
    show();
    return this.field(label, slider, shown);
  }

  // as a reader would, but without redrawing
  setSlider(slider, value) {
    slider.value = value;
    slider.show();
  }

  choice(label, options, value) {
    const chosen = (key) => key === value;
    return this.field(label, make("select", {}, ...options.map(([key, name]) => make("option", { value: key, selected: chosen(key) }, name))));
  }

  box(label, checked = false) {
    return this.field(label, make("input", { type: "checkbox", checked }));
  }

  button(label, act, place = this.controls) {
    const made = button(label, act, { class: "md-button moving-figure__button" });
    place.append(made);
    return made;
  }

  say(sentence) {
    put(this.said, sentence);
  }
}
