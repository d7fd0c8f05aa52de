// What all calculators share: fields with names, presets, messages beside a field, the state in the address.
//
// A calculator is a subclass with
//   fields    [{ name, label, kind, value, min, max, options, help, when, group }, …] in the order shown
//             kind: integer, number, choice, or set: some of the options, written "one,other", read as a list
//             when(values): whether the field has a meaning now; neighbors of one group fold away under its name
//   presets   async () → [{ name, values }, …]; the first is shown at the start
//   compute(values) → { title, value, steps: [{ label, formula, value }], notes: […] }; bytes are { bytes: number };
//             a step that is only { heading } begins a part of the table
// It throws FieldError for values that the fields allow one by one but not together.

import { button, make, put } from "../dom.js";
import { FieldError } from "../model/check.js";
import { bytes } from "./format.js";

const CUSTOM = "Your own";
const REST = 200; // milliseconds without an edit, after which the address tells the state
let count = 0;

export class Calculator extends HTMLElement {
  fields = [];
  hasUnits = true; // whether results are bytes

  async connectedCallback() {
    if (this.form) return;
    this.idPrefix = `calculator-${(count += 1)}`;
    this.presetList = await this.presets();
    this.values = { ...this.defaults(), ...this.presetList[0].values };
    this.preset = this.presetList[0].name;
    this.unit = "GiB";
    this.readAddress();
    this.build();
    this.update();
  }

  defaults() {
    return Object.fromEntries(this.fields.map(({ name, value }) => [name, value]));
  }

  presetValues(name) {
    return this.presetList.find((preset) => preset.name === name)?.values ?? {};
  }

  // ---- the address: what differs from the defaults and the preset

  readAddress() {
    const query = new URLSearchParams(location.search);
    if (this.presetList.some(({ name }) => name === query.get("preset"))) {
      this.preset = query.get("preset");
      this.values = { ...this.defaults(), ...this.presetValues(this.preset) };
    }
    for (const { name, kind } of this.fields) {
      if (!query.has(name)) continue;
      this.values[name] = kind === "choice" ? query.get(name) : query.get(name).trim();
      if (name in this.presetValues(this.preset)) this.preset = CUSTOM;
    }
    if (query.get("unit") === "GB") this.unit = "GB";
  }

  // Soon, not with every key: browsers refuse more than a hundred changes in half a minute.
  writeAddressSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.writeAddress(), REST);
  }

  writeAddress() {
    clearTimeout(this.timer);
    if (!this.isConnected) return; // the address is that of another page by now
    const query = new URLSearchParams();
    if (this.preset !== CUSTOM) query.set("preset", this.preset);
    const usual = { ...this.defaults(), ...this.presetValues(this.preset) };
    for (const { name } of this.fields) {
      if (String(this.values[name]) !== String(usual[name]) || this.preset === CUSTOM) query.set(name, this.values[name]);
    }
    if (this.unit !== "GiB") query.set("unit", this.unit);
    history.replaceState(history.state, "", `${location.pathname}?${query}${location.hash}`);
  }

  // ---- what is seen

  build() {
    this.controls = {};
    this.messages = {};
    this.rows = Object.fromEntries(this.fields.map((field) => [field.name, this.buildField(field)]));
    const options = [...this.presetList.map(({ name }) => name), CUSTOM].map((name) => make("option", {}, name));
    this.presetSelect = make("select", { id: `${this.idPrefix}-preset` }, ...options);
    this.presetSelect.addEventListener("input", () => this.choose(this.presetSelect.value));
    this.unitSelect = make("select", { id: `${this.idPrefix}-unit` }, make("option", {}, "GiB"), make("option", {}, "GB"));
    this.unitSelect.addEventListener("input", () => {
      this.unit = this.unitSelect.value;
      this.update(true);
    });
    this.form = make(
      "form",
      { class: "calculator__form", "aria-label": this.getAttribute("label") ?? "Calculator", novalidate: true },
      make("p", { class: "calculator__field" }, make("label", { for: `${this.idPrefix}-preset` }, "Model"), this.presetSelect),
      ...this.buildGroups(),
      make("p", { class: "calculator__field", hidden: !this.hasUnits }, make("label", { for: `${this.idPrefix}-unit` }, "Units"), this.unitSelect),
    );
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.result = make("output", { class: "calculator__result", "aria-live": "polite" });
    this.share = button("Copy a link to this result", () => this.copyLink(), { class: "md-button calculator__share" });
    this.replaceChildren(this.form, this.result, this.share);
    this.showValues();
  }

  // A group of fields folds away: a reader of presets needs the few that stand outside.
  buildGroups() {
    const children = [];
    for (const { name, group } of this.fields) {
      if (!group) children.push(this.rows[name]);
      else if (children.at(-1)?.dataset.group === group) children.at(-1).lastChild.append(this.rows[name]);
      else {
        const fields = make("div", { class: "calculator__form" }, this.rows[name]);
        children.push(make("details", { class: "calculator__group", "data-group": group }, make("summary", {}, group), fields));
      }
    }
    return children;
  }

  buildField(field) {
    const id = `${this.idPrefix}-${field.name}`;
    const message = make("span", { class: "calculator__message", id: `${id}-message` });
    const described = `${id}-message${field.help ? ` ${id}-help` : ""}`;
    const help = field.help ? [make("span", { class: "calculator__help", id: `${id}-help` }, field.help)] : [];
    this.messages[field.name] = message;
    if (field.kind === "set") return this.buildSet(field, { id, described, below: [...help, message] });
    const control =
      field.kind === "choice"
        ? make(
            "select",
            { id, "aria-describedby": described },
            ...field.options.map(([value, label]) => make("option", { value }, label)),
          )
        : make("input", { id, inputmode: field.kind === "integer" ? "numeric" : "decimal", "aria-describedby": described, autocomplete: "off" });
    control.addEventListener("input", () => this.edit(field, control.value));
    this.controls[field.name] = control;
    return make("p", { class: "calculator__field" }, make("label", { for: id }, field.label), control, ...help, message);
  }

  buildSet(field, { id, described, below }) {
    const boxes = field.options.map(([value]) => make("input", { type: "checkbox", value }));
    const labels = field.options.map(([, label], k) => make("label", { class: "calculator__option" }, boxes[k], label));
    const written = () => boxes.filter((box) => box.checked).map((box) => box.value).join(",");
    const control = make("fieldset", { id, class: "calculator__field", "aria-describedby": described }, make("legend", {}, field.label), ...labels, ...below);
    control.addEventListener("input", () => this.edit(field, written()));
    this.controls[field.name] = control;
    return control;
  }

  showValues() {
    this.presetSelect.value = this.preset;
    this.unitSelect.value = this.unit;
    for (const { name, kind } of this.fields) {
      const control = this.controls[name];
      const value = this.values[name];
      if (kind === "set") for (const box of control.elements) box.checked = value.split(",").includes(box.value);
      else if (control.value !== String(value)) control.value = value; // the browser lays out what is set
    }
  }

  choose(name) {
    this.preset = name;
    this.values = { ...this.values, ...this.presetValues(name) };
    this.showValues();
    this.update(true);
  }

  edit(field, value) {
    this.values[field.name] = value;
    const usual = this.presetValues(this.preset);
    if (field.name in usual && String(usual[field.name]) !== value) {
      this.preset = CUSTOM;
      this.presetSelect.value = CUSTOM;
    }
    this.update(true);
  }

  async copyLink() {
    this.writeAddress();
    await navigator.clipboard.writeText(location.href);
    this.share.textContent = "Copied";
    setTimeout(() => (this.share.textContent = "Copy a link to this result"), 2000);
  }

  // ---- from values to a result

  // The numbers of all fields that have a meaning now; what cannot be read is reported beside its field.
  read() {
    const read = {};
    const problems = {};
    for (const field of this.fields) {
      const written = this.values[field.name];
      if (field.kind === "choice") {
        read[field.name] = written;
        if (!field.options.some(([value]) => value === written)) problems[field.name] = `there is no choice "${written}"`;
        continue;
      }
      if (field.kind === "set") {
        read[field.name] = written.split(",").filter(Boolean);
        const unknown = read[field.name].find((member) => !field.options.some(([value]) => value === member));
        if (unknown) problems[field.name] = `there is no choice "${unknown}"`;
        continue;
      }
      const text = String(written).trim().replaceAll(",", "");
      const value = text === "" ? NaN : Number(text);
      read[field.name] = value;
      if (!Number.isFinite(value)) problems[field.name] = "must be a number, such as 4096";
      else if (field.kind === "integer" && !Number.isInteger(value)) problems[field.name] = "must be a whole number";
      else if (value < field.min) problems[field.name] = `must be at least ${field.min}`;
      else if (value > field.max) problems[field.name] = `must be at most ${field.max.toLocaleString("en-US")}`;
    }
    return { read, problems };
  }

  update(edited = false) {
    const { read, problems } = this.read();
    const shown = this.fields.filter((field) => !field.when || field.when(read));
    for (const field of this.fields) {
      this.rows[field.name].hidden = !shown.includes(field);
      if (!shown.includes(field)) delete problems[field.name];
    }
    let result;
    if (!Object.keys(problems).length) {
      try {
        result = this.compute(read);
      } catch (error) {
        if (!(error instanceof FieldError) || !(error.field in this.controls)) throw error;
        problems[error.field] = error.message;
      }
    }
    for (const { name, kind } of this.fields) {
      put(this.messages[name], problems[name] ?? "");
      for (const control of kind === "set" ? this.controls[name].elements : [this.controls[name]]) {
        if (problems[name]) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
      }
      if (problems[name]) this.rows[name].closest("details")?.setAttribute("open", "");
    }
    this.share.disabled = !result;
    this.result.replaceChildren(...(result ? this.render(result) : this.renderWithheld(problems)));
    if (edited) this.writeAddressSoon();
  }

  text(value) {
    return typeof value === "object" ? bytes(value.bytes, this.unit) : value;
  }

  render({ title, value, steps, notes = [] }) {
    const rows = steps.map(({ heading, label, formula, value: result }) =>
      heading
        ? make("tr", { class: "calculator__heading" }, make("th", { colspan: 2 }, heading))
        : make(
            "tr",
            {},
            make("th", { scope: "row" }, label, ...(formula ? [make("span", { class: "calculator__formula" }, formula)] : [])),
            make("td", {}, this.text(result)),
          ),
    );
    const table = make("table", { class: "calculator__steps" }, make("caption", {}, "How it comes about"), make("tbody", {}, ...rows));
    return [
      make("p", { class: "calculator__title" }, `${title}: `, make("strong", {}, this.text(value))),
      table,
      ...notes.map((note) => make("p", { class: "calculator__note" }, note)),
    ];
  }

  renderWithheld(problems) {
    const named = this.fields.filter(({ name }) => problems[name]).map(({ label }) => label);
    return [make("p", { class: "calculator__title" }, `No result yet. Mend: ${named.join(", ")}.`)];
  }
}
