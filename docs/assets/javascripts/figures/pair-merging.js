// Byte pair encoding of the reader's own text, one merge after the other.

import { make } from "../dom.js";
import { countPairs, countWords, mergePair, rankPairs, symbolIds } from "../model/byte-pair-encoding.js";
import { Steps } from "./steps.js";

const TEXT = "low low low low low lower lower newest newest newest newest newest newest widest widest widest";
const END = "·"; // of a word, as on the page
const LONGEST = 1000; // characters: all merges of a single word of that length take a moment
const SHOWN = 5; // pairs
const TIES = [["seen", "the pair met first (the paper's code)"], ["ids", "the smaller ids (Hugging Face)"]];

// A sentence keeps its order whatever direction a symbol in it has.
const quoted = (symbol) => `\u2068${visible(symbol)}\u2069`;
const times = (count) => (count === 1 ? "once" : `${count} times`);

// What has no width of its own is named, or put on a circle.
function visible(symbol) {
  if (/^\p{M}+$/u.test(symbol)) return `◌${symbol}`;
  if (!/^[\p{C}\p{Z}\p{M}]+$/u.test(symbol)) return symbol;
  return [...symbol].map((character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`).join(" ");
}

class PairMerging extends Steps {
  build() {
    this.text = this.field("Your own text", make("textarea", { rows: 3, spellcheck: "false", autocomplete: "off" }));
    this.text.value = TEXT;
    this.text.parentElement.classList.add("pair-merging__text");
    this.ties = this.choice("Among equal counts", TIES, "seen");
    this.buildButtons();
    const part = (name, title, list) => {
      const id = `${this.idPrefix}-${name}`;
      const scrolls = { class: `pair-merging__${name}`, tabindex: 0, role: "region", "aria-labelledby": id };
      return make("div", {}, make("p", { class: "moving-figure__title", id }, title), make("div", scrolls, list));
    };
    this.words = make("ul");
    this.pairs = make("ol");
    this.merged = make("ol");
    this.mergedTitle = make("span");
    this.view.classList.add("pair-merging");
    this.view.append(
      part("words", "Words and their counts", this.words),
      part("pairs", "Pairs of neighbors", this.pairs),
      part("merges", this.mergedTitle, this.merged),
    );
  }

  restart() {
    this.stop();
    this.asked = `${this.ties.value} ${this.text.value}`;
    const characters = [...this.text.value.slice(0, 2 * LONGEST)];
    this.isCut = characters.length > LONGEST || this.text.value.length > 2 * LONGEST;
    this.states = [countWords(characters.slice(0, LONGEST).join(""), END)];
    this.merges = [];
    this.rankings = [];
    this.step = 0;
  }

  ranked(step) {
    const ids = () => symbolIds(this.states[0], this.merges.slice(0, step));
    return (this.rankings[step] ??= rankPairs(countPairs(this.states[step]), ids(), this.ties.value));
  }

  // The state after one more merge, if it is not there yet; whether there is one.
  reach(step) {
    if (step < this.states.length) return true;
    const [best] = this.ranked(step - 1);
    if (!best) return false;
    this.merges.push(best);
    this.states.push(this.states[step - 1].map(([word, count]) => [mergePair(word, best), count]));
    return true;
  }

  lastStep() {
    return this.reach(this.step + 1) ? Infinity : this.step;
  }

  show(step) {
    let last = Math.max(0, Math.min(step, this.step));
    while (last < step && this.reach(last + 1)) last += 1;
    this.step = last;
    this.update();
  }

  update() {
    if (this.asked !== `${this.ties.value} ${this.text.value}`) this.restart();
    const ranked = this.ranked(this.step);
    this.drawWords(ranked[0]);
    this.drawPairs(ranked);
    this.drawMerges();
    this.say(this.sentence(ranked));
    super.update();
  }

  drawWords([left, right] = []) {
    const lines = this.states[this.step].map(([word, count]) => {
      const symbols = word.map((symbol) => make("bdi", { class: "pair-merging__symbol" }, visible(symbol)));
      for (let i = 0; i + 1 < word.length; i += 1) {
        if (word[i] !== left || word[i + 1] !== right) continue;
        symbols[i].classList.add("pair-merging__symbol--next");
        symbols[(i += 1)].classList.add("pair-merging__symbol--next");
      }
      const joined = symbols.flatMap((symbol) => [symbol, " "]);
      return make("li", {}, make("span", { class: "pair-merging__word", dir: "auto" }, ...joined), make("span", { class: "pair-merging__count" }, `× ${count}`));
    });
    this.words.replaceChildren(...lines);
  }

  drawPairs(ranked) {
    const lines = ranked.slice(0, SHOWN).map(([left, right, count], k) => {
      const pair = [left, right].map((symbol) => make("bdi", { class: "pair-merging__symbol" }, visible(symbol)));
      return make("li", { class: k === 0 ? "pair-merging__best" : undefined }, pair[0], " ", pair[1], ` ${times(count)}${k === 0 ? ", next" : ""}`);
    });
    if (ranked.length > SHOWN) lines.push(make("li", { class: "pair-merging__more" }, `and ${ranked.length - SHOWN} more`));
    this.pairs.replaceChildren(...lines);
  }

  drawMerges() {
    const done = this.merges.slice(0, this.step);
    const symbols = symbolIds(this.states[0], done).size;
    this.mergedTitle.textContent = `${done.length} ${done.length === 1 ? "merge" : "merges"}, ${symbols} symbols`;
    this.merged.replaceChildren(...done.map(([left, right], n) => make("li", {}, `${n + 1}.`, ...[left, " + ", right, " → ", left + right].map((text, k) => (k % 2 ? text : make("bdi", {}, visible(text)))))));
  }

  sentence(ranked) {
    const parts = [];
    if (this.isCut) parts.push(`Only the first ${LONGEST.toLocaleString("en-US")} characters count.`);
    if (this.step > 0) {
      const [left, right] = this.merges[this.step - 1];
      parts.push(`Merge ${this.step}: ${quoted(left)} and ${quoted(right)} are now ${quoted(left + right)}.`);
    }
    if (!this.states[0].length) parts.push("There is no word yet: type a text.");
    else if (!ranked.length) parts.push("Every word is one symbol: nothing is left to merge.");
    else {
      const [left, right, count] = ranked[0];
      const equals = ranked.filter((pair) => pair[2] === count).length;
      const rule = this.ties.value === "seen" ? "was met first" : "has the smaller ids";
      parts.push(`Next: ${quoted(left)} ${quoted(right)}, ${times(count)}${equals > 1 ? `; of ${equals} pairs with this count it ${rule}` : ""}.`);
    }
    return parts.join(" ");
  }
}

customElements.define("pair-merging", PairMerging);
