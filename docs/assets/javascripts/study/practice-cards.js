// Flashcards: the question alone, then its short answer, then how well the reader knew it.
//
// progress.js knows the format, store.js the storage, queue.js the order, schedule.js the time; here is what is seen.
// Without the schedule (npm did not run, or the file did not arrive) the cards can be looked through.

import { button, download, make } from "./dom.js";
import { meant } from "./keys.js";
import { parse, serialize, UnreadableError } from "./progress.js";
import { count, day, interval, overview, queue, select } from "./queue.js";
import { Store } from "./store.js";

const SITE = new URL("../../../", import.meta.url);
const LEVELS = [
  ["", "All levels"],
  ["1", "Everyone should know"],
  ["2", "For working engineers"],
  ["3", "Research depth"],
];
const STATES = { 1: "Learning", 2: "Review", 3: "Learning again" };
const HOUR = 3_600_000;

// of the site, not of a page: instant navigation goes and comes back, and what could not be stored is still there
const store = new Store(() => localStorage, `${SITE.pathname}.study`);
let loaded;

async function load() {
  const [{ questions }, schedule] = await Promise.all([
    fetch(new URL("assets/data/questions.json", SITE)).then((response) => {
      if (!response.ok) throw new Error(`questions.json: ${response.status}`);
      return response.json();
    }),
    import("./schedule.js").catch(() => undefined),
  ]);
  return { questions, schedule };
}

class PracticeCards extends HTMLElement {
  filter = { section: "", level: "" };
  current = undefined; // the question that is shown
  isRevealed = false;
  isBrowsing = false;
  hasKeys = true; // single keys can be turned off: speech input and slips of the hand press them too
  last = undefined; // { undo, path }: the last change, for one step back
  said = "";

  async connectedCallback() {
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      ({ questions: this.questions, schedule: this.schedule } = await (loaded ??= load()));
    } catch {
      loaded = undefined;
      this.replaceChildren(make("p", { role: "alert" }, "The questions could not be loaded. Load the page again, or use the list below."));
      return;
    }
    if (signal.aborted) return;
    store.load();
    this.readAddress();
    this.isBrowsing = !this.schedule;
    this.build();
    this.render();
    document.addEventListener("keydown", (event) => this.press(event), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh(), { signal });
    addEventListener("storage", ({ key }) => (key === null || key.startsWith(store.key)) && this.reload(), { signal });
  }

  disconnectedCallback() {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  // ---- the address: which questions, so that a link or a bookmark chooses

  readAddress() {
    const query = new URLSearchParams(location.search);
    const section = query.get("section") ?? "";
    const level = query.get("level") ?? "";
    if (this.sections().includes(section)) this.filter.section = section;
    if (LEVELS.some(([value]) => value === level)) this.filter.level = level;
    this.hasKeys = query.get("keys") !== "off";
  }

  writeAddress() {
    const query = new URLSearchParams(Object.entries(this.filter).filter(([, value]) => value));
    if (!this.hasKeys) query.set("keys", "off");
    history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`);
  }

  sections() {
    return [...new Set(this.questions.map(({ section }) => section))];
  }

  // ---- the parts that stay

  build() {
    const options = (values) => values.map(([value, text]) => make("option", { value }, text));
    this.section = make("select", {}, ...options([["", "All sections"], ...this.sections().map((name) => [name, name])]));
    this.level = make("select", {}, ...options(LEVELS));
    this.section.value = this.filter.section;
    this.level.value = this.filter.level;
    for (const [name, control] of [["section", this.section], ["level", this.level]]) {
      control.addEventListener("change", () => this.choose({ [name]: control.value }));
    }
    this.file = make("input", { type: "file", accept: ".json,application/json", hidden: true, "aria-label": "File with progress" });
    this.file.addEventListener("change", () => this.importFile());
    this.keys = make("input", { type: "checkbox" });
    this.keys.checked = this.hasKeys;
    this.keys.addEventListener("change", () => {
      this.hasKeys = this.keys.checked;
      this.writeAddress();
      this.render();
    });
    this.stats = make("div", { class: "practice__stats" });
    this.card = make("section", { class: "practice__card", "aria-label": "Card" });
    this.status = make("p", { class: "practice__status", role: "status" });
    this.messages = make("div", { class: "practice__messages", role: "status" });
    this.ownData = make("div", {});
    this.dialog = this.buildDialog();
    this.replaceChildren(
      make(
        "div",
        { class: "practice__bar" },
        make("label", { class: "practice__filter" }, make("span", {}, "Section"), this.section),
        make("label", { class: "practice__filter" }, make("span", {}, "Level"), this.level),
        this.stats,
      ),
      this.messages,
      this.card,
      make("div", { class: "practice__foot" }, this.status, (this.undoButton = button("Undo", () => this.undo(), { "aria-keyshortcuts": "U" }))),
      (this.own = make("details", { class: "practice__own" }, make("summary", {}, "Your progress and settings"), this.ownData, this.file)),
      this.dialog,
    );
  }

  buildDialog() {
    const question = make("p", { id: "practice-clear" });
    const close = () => this.dialog.close();
    const remove = () => {
      close();
      this.clear();
    };
    return make(
      "dialog",
      { class: "practice__dialog", "aria-labelledby": "practice-clear" },
      question,
      make("p", { class: "practice__actions" }, button("Keep it", close, { autofocus: true }), button("Delete it", remove, { class: "practice__button practice__button--bad" })),
    );
  }

  // ---- what is shown now

  selected() {
    return select(this.questions, this.filter);
  }

  cardOf({ path }) {
    return store.cards.get(path);
  }

  // Chooses a card, unless the one that is shown is still to be asked.
  advance() {
    const now = new Date();
    this.waiting = this.isBrowsing ? this.selected() : queue(this.selected(), store.cards, now);
    if (!this.waiting.some(({ path }) => path === this.current?.path)) {
      this.current = this.waiting[0];
      this.isRevealed = false;
    }
  }

  // Takes nobody's focus: it stays where it is, or moves to what has come in the place of the element that had it.
  render() {
    const focused = this.contains(document.activeElement) && document.activeElement;
    const isOwn = this.own.contains(focused || null);
    this.renderAll();
    if (!focused || focused === document.activeElement) return;
    const next = focused.isConnected && !focused.hidden ? focused : isOwn ? this.own.firstChild : this.isRevealed ? this.answer : this.question;
    next.focus({ preventScroll: true });
  }

  renderAll() {
    this.advance();
    clearTimeout(this.timer);
    if (!this.current) this.timer = setTimeout(() => this.refresh(), HOUR);
    this.renderStats();
    this.renderMessages();
    this.card.replaceChildren(...(this.current ? this.renderCard() : this.renderEnd()));
    this.card.dataset.side = this.isRevealed ? "answer" : "question";
    this.status.textContent = this.said;
    this.undoButton.hidden = !this.last;
    this.undoButton.replaceChildren("Undo", this.hint("U"));
    this.renderOwnData();
  }

  // Time has passed, or another tab has changed the progress: nothing changes under the eyes of who reads an answer.
  refresh() {
    if (!this.isRevealed) this.render();
  }

  reload() {
    store.load();
    this.last = undefined;
    this.said = "Your progress has changed in another tab.";
    this.render();
  }

  renderStats() {
    const { total, fresh, due, learned, next } = overview(this.selected(), store.cards, new Date());
    const bar = make("div", { class: "practice__progress", "aria-hidden": "true" }, make("div"));
    bar.firstChild.style.inlineSize = `${total ? (100 * learned) / total : 0}%`;
    const facts = [
      ["due today", due],
      ["new", fresh],
      ["learned", `${learned} of ${total}`],
      ...(next ? [["next due", day(new Date(), next)]] : []),
    ];
    this.stats.hidden = !this.schedule;
    this.stats.replaceChildren(
      make("dl", {}, ...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value))))),
      bar,
    );
  }

  renderCard() {
    const { question, short_answer: answer, url, section, difficulty } = this.current;
    const card = this.cardOf(this.current);
    const state = this.isBrowsing ? this.position() : card ? STATES[card.state] : "New";
    this.question = make("h2", { class: "practice__question", tabindex: "-1" }, question);
    this.answer = make(
      "div",
      { class: "practice__answer", tabindex: "-1", hidden: !this.isRevealed },
      make("p", {}, answer),
      make("p", {}, make("a", { href: new URL(url, SITE).href }, "Read the whole answer")),
    );
    const facts = [section, LEVELS.find(([value]) => value === String(difficulty))[1]];
    return [
      make("p", { class: "practice__facts" }, make("span", {}, facts.join(" · ")), make("span", { class: "practice__state" }, state)),
      this.question,
      this.answer,
      make("div", { class: "practice__actions" }, ...(this.isBrowsing ? this.renderTurning() : this.isRevealed ? this.renderGrades() : [this.renderReveal()])),
    ];
  }

  renderReveal() {
    const reveal = button("Show the answer", () => this.reveal(), { class: "practice__button practice__button--main", "aria-keyshortcuts": "Space" });
    reveal.append(this.hint("Space"));
    return reveal;
  }

  renderGrades() {
    const now = new Date();
    const outcomes = this.schedule.outcomes(this.cardOf(this.current), now);
    return this.schedule.GRADES.map(([grade, name]) => {
      const after = make("span", { class: "practice__interval" }, interval(now, outcomes[grade].due));
      const choice = button(name, () => this.grade(grade), { class: "practice__button practice__grade", "data-grade": grade, "aria-keyshortcuts": grade });
      choice.append(after, this.hint(grade));
      return choice;
    });
  }

  renderTurning() {
    const turn = (text, step, key) => {
      const control = button(text, () => this.turn(step), { "aria-keyshortcuts": step > 0 ? "ArrowRight" : "ArrowLeft" });
      control.append(this.hint(key));
      return control;
    };
    return [turn("Previous", -1, "←"), !this.isRevealed && this.renderReveal(), turn("Next", 1, "→")];
  }

  hint(key) {
    return this.hasKeys ? make("kbd", { class: "practice__key", "aria-hidden": "true" }, String(key)) : "";
  }

  position() {
    return `${this.waiting.findIndex(({ path }) => path === this.current.path) + 1} of ${this.waiting.length}`;
  }

  renderEnd() {
    const chosen = this.selected();
    this.question = make("h2", { class: "practice__question", tabindex: "-1" }, chosen.length ? "Nothing more is due today" : "No question is of this kind");
    const now = new Date();
    const { next } = overview(chosen, store.cards, now);
    const others = queue(this.questions, store.cards, now).length;
    const isFiltered = chosen.length < this.questions.length;
    const lines = [
      next && `The next question of this selection is due ${day(now, next)}.`,
      isFiltered && others > 0 && `${count(others, "question")} of other sections or levels can be asked now.`,
      !chosen.length && "Choose another section or level.",
    ];
    const actions = [
      isFiltered && others > 0 && button("Ask from all", () => this.choose({ section: "", level: "" })),
      chosen.length > 0 && button("Look through the cards", () => this.browse(true)),
    ];
    return [this.question, ...lines.filter(Boolean).map((line) => make("p", {}, line)), make("div", { class: "practice__actions practice__actions--end" }, ...actions)];
  }

  renderMessages() {
    const { unreadable, unsaved } = store;
    const messages = [];
    if (!this.schedule) {
      messages.push([
        "The schedule (ts-fsrs) could not be loaded, so cards can be looked through, but not graded. Load the page again. ",
        "If you have built this site yourself, run ",
        make("code", {}, "npm ci"),
        ", and build again.",
      ]);
    } else if (this.isBrowsing) {
      messages.push(["You are looking through all cards of the selection. ", button("Back to practice", () => this.browse(false))]);
    }
    if (unreadable) {
      const what = unreadable.lost
        ? `${count(unreadable.lost, "card")} of your stored progress cannot be read (${unreadable.reason}); the others are here.`
        : `Your stored progress cannot be read: ${unreadable.reason}.`;
      messages.push([
        `${what} It stays as it is until you grade a card, and then a copy is kept. `,
        button("Download it", () => download(store.unreadable.text, "unreadable-progress.json")),
      ]);
    }
    if (unsaved && this.schedule) {
      messages.push([
        `Your progress is not being saved: ${unsaved}. It lasts until you close or reload this tab. `,
        store.cards.size > 0 && button("Download it", () => this.exportFile()),
      ]);
    }
    const shown = make("div", {}, ...messages.map((parts) => make("p", { class: "practice__message" }, ...parts)));
    // what is put there is read aloud: once, not again with each card
    if (shown.textContent !== this.messages.textContent) this.messages.replaceChildren(...shown.childNodes);
  }

  renderOwnData() {
    const all = overview(this.questions, store.cards, new Date());
    const removed = [...store.cards.keys()].filter((path) => !this.questions.some((question) => question.path === path)).length;
    const known = all.total - all.fresh;
    const lines = [
      known ? `You have graded ${count(known, "question")} of ${all.total}, and learned ${all.learned}.` : "You have graded no question yet, and nothing is stored.",
      removed > 0 && `${count(removed, "question")} that you have graded ${removed === 1 ? "is" : "are"} no longer on the site; the progress is kept.`,
      known > 0 && "Progress is kept in this browser only. Download it now and then: a browser may delete what sites have stored.",
    ];
    const backups = store.backups();
    const hasAny = store.cards.size > 0 || backups.length > 0 || store.unreadable;
    this.ownData.replaceChildren(
      ...lines.filter(Boolean).map((line) => make("p", {}, line)),
      ...backups.map((backup) => this.renderBackup(backup)),
      make(
        "div",
        { class: "practice__actions practice__actions--own" },
        button("Download my progress", () => this.exportFile(), { disabled: store.cards.size === 0 }),
        button("Import a file", () => this.file.click()),
        button("Clear my progress", () => this.askToClear(), { disabled: !hasAny }),
      ),
      make("label", { class: "practice__option" }, this.keys, "Keys: space shows the answer, 1 to 4 grade, U undoes"),
    );
  }

  renderBackup({ key, time, text, cards }) {
    const restore = () => {
      this.import(cards, "The copy");
      store.removeBackup(key);
      this.render();
    };
    const remove = () => {
      store.removeBackup(key);
      this.render();
    };
    return make(
      "p",
      {},
      `A copy of progress that could not be read, of ${time.slice(0, 10)}: `,
      button("Download", () => download(text, "unreadable-progress.json")),
      cards && button("Read it now", restore),
      button("Delete the copy", remove),
    );
  }

  // ---- what the reader does

  press(event) {
    if (!this.hasKeys || !this.current || this.dialog.open || !meant(event, this, this.card)) return;
    const action = this.actionOf(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  }

  actionOf(key) {
    if (key.toLowerCase() === "u") return this.last && (() => this.undo());
    if (!this.isRevealed && (key === " " || key === "Enter")) return () => this.reveal();
    if (this.isBrowsing) {
      const step = { ArrowRight: 1, ArrowLeft: -1, " ": 1, Enter: 1 }[key];
      return step && (() => this.turn(step));
    }
    return this.isRevealed && /^[1-4]$/.test(key) && (() => this.grade(Number(key)));
  }

  reveal() {
    this.isRevealed = true;
    this.said = "";
    this.render();
    this.show(this.answer);
  }

  grade(grade) {
    const { path } = this.current;
    store.load(); // another tab may have graded it
    const now = new Date();
    const card = this.schedule.outcomes(store.cards.get(path), now)[grade];
    this.last = { path, undo: store.change(new Map([[path, card]])) };
    this.said = `${this.schedule.GRADES[grade - 1][1]}: again in ${interval(now, card.due)}.`;
    this.isRevealed = false;
    this.current = undefined;
    this.render();
    this.show(this.question);
  }

  undo() {
    const { path, undo } = this.last;
    this.last = undefined;
    const isDone = store.undo(undo);
    this.said = isDone ? "Undone." : "This has been changed in another tab and cannot be undone here.";
    this.current = this.selected().find((question) => question.path === path) ?? this.current;
    this.isRevealed = isDone && this.current?.path === path;
    this.render();
    this.show(this.isRevealed ? this.answer : this.question);
  }

  turn(step) {
    const place = this.waiting.findIndex(({ path }) => path === this.current.path);
    this.current = this.waiting.at((place + step) % this.waiting.length);
    this.isRevealed = false;
    this.render();
    this.show(this.question);
  }

  browse(isBrowsing) {
    this.isBrowsing = isBrowsing;
    this.current = undefined;
    this.said = "";
    this.render();
    this.show(this.question);
  }

  choose(filter) {
    Object.assign(this.filter, filter);
    this.section.value = this.filter.section;
    this.level.value = this.filter.level;
    this.current = undefined;
    this.said = "";
    this.writeAddress();
    this.render();
  }

  // The focus goes where the news is: a screen reader reads it, and the next Tab starts there.
  show(element) {
    element.focus({ preventScroll: true });
    this.card.scrollIntoView({ block: "nearest" });
  }

  // ---- files

  exportFile() {
    download(serialize(store.cards), `llm-questions-progress-${new Date().toISOString().slice(0, 10)}.json`);
  }

  async importFile() {
    const [file] = this.file.files;
    if (!file) return;
    const name = `"${file.name}"`;
    try {
      const { cards, rejected } = parse(await file.text());
      if (rejected.length) throw new UnreadableError(rejected[0]);
      this.import(cards, name);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      this.said = `${name} was not imported: ${error.message}. Nothing has changed.`;
    }
    this.file.value = ""; // the same file can be chosen again
    this.render();
  }

  import(cards, name) {
    store.load();
    const newer = store.newer(cards);
    this.last = { undo: store.change(newer) };
    const kept = cards.size - newer.size;
    this.said = `${name}: ${count(newer.size, "question")} imported${kept ? `, ${kept} not older here and kept` : ""}.`;
    this.current = undefined;
    this.isRevealed = false;
  }

  askToClear() {
    const copies = store.backups().length || store.unreadable ? ", and the copies of what could not be read" : "";
    this.dialog.firstChild.textContent = `Delete the progress of ${count(store.cards.size, "question")} from this browser${copies}?`;
    this.dialog.showModal();
  }

  clear() {
    this.last = { undo: store.clear() };
    this.said = "Your progress is deleted.";
    this.current = undefined;
    this.isRevealed = false;
    this.render();
    this.show(this.question);
  }
}

customElements.define("practice-cards", PracticeCards);
