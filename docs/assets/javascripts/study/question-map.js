// Filters and sorts the table of all questions (scripts/includes/question_map.py), which is the only data it has.
// The filters stand in the address. What the reader knows stays in the browser's storage.

import { button, make } from "../dom.js";

const ALL = "";
const KNOWN = "known-questions";
const FIELDS = {
  section: "Section",
  level: "Level",
  asked: "Asked by",
  before: "Read first",
  sort: "Order",
};
const ASKED = [10, 15, 20];
const OPTIONS = {
  asked: [[ALL, "any number"], ...ASKED.map((least) => [String(least), `${least} collections or more`])],
  before: [
    [ALL, "anything"],
    ["none", "nothing to read first"],
    ["ready", "ready: I know all of it"],
    ["open", "not ready yet"],
  ],
  sort: [
    [ALL, "that of the site"],
    ["asked", "asked most first"],
    ["asked-least", "asked least first"],
    ["level", "easiest first"],
    ["level-hardest", "hardest first"],
  ],
};
const SORTED_BY = { level: 2, asked: 3 }; // column of the table as it is written

const addressOf = (link) => new URL(link.href).pathname.slice(__md_scope.pathname.length);

// [question, section, level, asked by, read first]
function read(row) {
  const [question, section, level, asked, before] = row.cells;
  const link = question.querySelector("a");
  return {
    row,
    question: link.textContent,
    address: addressOf(link),
    section: section.textContent.trim(),
    level: level.textContent.trim(),
    asked: Number(asked.textContent),
    before: [...before.querySelectorAll("a")].map(addressOf),
  };
}

class QuestionMap extends HTMLElement {
  connectedCallback() {
    this.table = document.querySelector(".question-list table");
    this.questions = [...this.table.tBodies[0].rows].map(read);
    this.known = new Set(__md_get(KNOWN) ?? []);
    this.build();
    this.addColumn();
    this.readAddress();
    this.update();
  }

  // ---- what is seen

  build() {
    const values = (key) => [...new Set(this.questions.map((question) => question[key]))];
    const options = {
      ...OPTIONS,
      section: [[ALL, "all"], ...values("section").map((section) => [section, section])],
      level: [[ALL, "all"], ...values("level").sort().map((level) => [level[0], level.slice(2)])],
    };
    this.controls = Object.fromEntries(
      Object.keys(FIELDS).map((name) => {
        const choices = options[name].map(([value, text]) => make("option", { value }, text));
        return [name, make("select", { id: `map-${name}` }, ...choices)];
      }),
    );
    const fields = Object.entries(FIELDS).map(([name, label]) =>
      make("p", { class: "filters__field" }, make("label", { for: `map-${name}` }, label), this.controls[name]),
    );
    this.form = make("form", { class: "filters", "aria-label": "Questions to show" }, ...fields);
    this.form.addEventListener("change", () => this.update(true));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.status = make("p", { class: "filters__status", role: "status" });
    const showAll = () => {
      this.form.reset();
      this.update(true);
      this.controls.section.focus();
    };
    this.clear = button("Show all questions", showAll, { class: "md-button filters__clear" });
    this.replaceChildren(this.form, this.status, this.clear);
  }

  // A column of boxes to tick: what the reader knows.
  addColumn() {
    this.table.tHead.rows[0].prepend(make("th", { scope: "col" }, "Known"));
    for (const question of this.questions) {
      question.box = make("input", { type: "checkbox", "aria-label": `I know: ${question.question}` });
      question.box.checked = this.known.has(question.address);
      question.box.addEventListener("change", () => this.mark(question));
      question.row.prepend(make("td", {}, make("label", { class: "question-list__known" }, question.box)));
    }
  }

  mark(question) {
    if (question.box.checked) this.known.add(question.address);
    else this.known.delete(question.address);
    __md_set(KNOWN, [...this.known].sort());
    const next = this.shown[this.shown.indexOf(question) + 1] ?? this.shown.at(-2);
    this.update(true);
    // the row under the keyboard's focus may be gone
    if (question.row.hidden) (next && !next.row.hidden ? next.box : this.controls.before).focus();
  }

  // ---- the address

  readAddress() {
    const query = new URLSearchParams(location.search);
    for (const [name, control] of Object.entries(this.controls)) {
      const value = query.get(name);
      if ([...control.options].some((option) => option.value === value)) control.value = value;
    }
  }

  writeAddress() {
    const query = new URLSearchParams(location.search);
    for (const [name, { value }] of Object.entries(this.controls)) {
      if (value === ALL) query.delete(name);
      else query.set(name, value);
    }
    const search = query.size ? `?${query}` : "";
    history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  }

  // ---- from filters to rows

  isShown({ section, level, asked, before, address }, wanted) {
    const isReady = before.every((needed) => this.known.has(needed));
    const hasBefore = {
      [ALL]: true,
      none: before.length === 0,
      ready: isReady && !this.known.has(address),
      open: !isReady,
    };
    return (
      (wanted.section === ALL || section === wanted.section) &&
      (wanted.level === ALL || level[0] === wanted.level) &&
      asked >= Number(wanted.asked) &&
      hasBefore[wanted.before]
    );
  }

  sorted(order) {
    const compare = {
      [ALL]: () => 0,
      asked: (a, b) => b.asked - a.asked,
      "asked-least": (a, b) => a.asked - b.asked,
      level: (a, b) => a.level.localeCompare(b.level),
      "level-hardest": (a, b) => b.level.localeCompare(a.level),
    };
    return [...this.questions].sort(compare[order]);
  }

  update(edited = false) {
    const wanted = Object.fromEntries(Object.entries(this.controls).map(([name, { value }]) => [name, value]));
    const sorted = this.sorted(wanted.sort);
    this.shown = sorted.filter((question) => this.isShown(question, wanted));
    for (const question of this.questions) question.row.hidden = !this.shown.includes(question);
    this.order(sorted);
    const total = this.questions.length;
    const isAll = this.shown.length === total;
    this.status.textContent = this.shown.length
      ? `${isAll ? "All" : `${this.shown.length} of`} ${total} questions`
      : `No question is like that. ${this.advice(wanted)}`;
    this.clear.hidden = isAll;
    if (edited) this.writeAddress();
  }

  // Rows move only where their order changes: a box that is moved loses the focus.
  order(sorted) {
    const body = this.table.tBodies[0];
    if (sorted.some(({ row }, k) => body.rows[k] !== row)) body.append(...sorted.map(({ row }) => row));
    const [by, direction] = this.controls.sort.value.split("-");
    const isDescending = (by === "asked") !== Boolean(direction);
    for (const [name, column] of Object.entries(SORTED_BY)) {
      const header = this.table.tHead.rows[0].cells[column + 1];
      if (name === by) header.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      else header.removeAttribute("aria-sort");
    }
  }

  // Which single filter is to blame, if one is.
  advice(wanted) {
    if (wanted.before === "ready" && !this.known.size) {
      return "Tick the questions that you know, or begin with those that need nothing.";
    }
    const narrow = ["section", "level", "asked", "before"].find(
      (name) => wanted[name] !== ALL && this.questions.some((question) => this.isShown(question, { ...wanted, [name]: ALL })),
    );
    return narrow ? `Set "${FIELDS[narrow]}" to another value, or show all.` : "Show all, and filter anew.";
  }
}

customElements.define("question-map", QuestionMap);
