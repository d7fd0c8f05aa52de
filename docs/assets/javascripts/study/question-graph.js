// Marks the arrows of the question that the pointer or the focus is on: many of them lie close together.

class QuestionGraph extends HTMLElement {
  connectedCallback() {
    for (const kind of ["pointerover", "focusin"]) this.addEventListener(kind, ({ target }) => this.mark(target));
    for (const kind of ["pointerleave", "focusout"]) this.addEventListener(kind, () => this.mark());
    this.mark(document.activeElement); // it may have come before this script
  }

  mark(target) {
    const path = target?.closest?.("a")?.dataset.path;
    const near = new Set([path]);
    for (const arrow of this.querySelectorAll("path")) {
      const { from, to } = arrow.dataset;
      const isOn = from === path || to === path;
      arrow.classList.toggle("is-on", isOn);
      if (isOn) near.add(from).add(to);
    }
    for (const link of this.querySelectorAll("a")) link.classList.toggle("is-near", near.has(link.dataset.path));
  }
}

customElements.define("question-graph", QuestionGraph);
