// How many parameters a Transformer has, term by term.

import { PARTS, TABLES, active, buffers, byPart, count, parameterTerms, total } from "../model/parameters.js";
import { architectureFields, architectureOf, architecturePresets } from "./architecture.js";
import { Calculator } from "./calculator.js";
import { capital, integer, short } from "./format.js";

const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)}\u00a0%`;

function row(term) {
  const { formula, copies } = term;
  const name = term.where ? `${term.name}, ${term.where}` : term.name;
  const used = term.active === null ? "" : `, ${integer(term.active)} of them used by a token`;
  const label = term.trained ? name : `${name}, not trained and not in the sum`;
  return {
    label: capital(label),
    formula: copies === 1 ? formula : `${formula} × ${integer(copies)}${used}`,
    value: integer(count(term)),
  };
}

class ParametersCalculator extends Calculator {
  fields = architectureFields((name) => (name === "Sizes" ? undefined : name));

  presets() {
    return architecturePresets();
  }

  compute(values) {
    const terms = parameterTerms(architectureOf(values));
    const whole = total(terms);
    const used = active(terms);
    const parts = byPart(terms);
    const sums = [
      ...(used === whole ? [] : [
        { label: "Active: what one token uses, tables counted whole", formula: percent(used, whole), value: integer(used) },
        { label: "Active, without tables", value: integer(active(terms, TABLES)) },
      ]),
      { label: "Without tables of tokens and positions and the output head", value: integer(total(terms, TABLES)) },
      { label: "In 16 bits", formula: `${integer(whole)} · 2\u00a0bytes`, value: { bytes: 2 * whole } },
      ...(buffers(terms) ? [{ label: "Numbers that no gradient changes, not counted", value: integer(buffers(terms)) }] : []),
    ];
    return {
      title: "Parameters",
      value: integer(whole),
      steps: [
        ...sums,
        ...PARTS.filter((part) => part in parts).flatMap((part) => [
          { heading: `${capital(part)}: ${integer(parts[part])}, ${percent(parts[part], whole)}` },
          ...terms.filter((term) => term.part === part).map(row),
        ]),
      ],
      notes: [`About ${short(whole / 1e9)} billion. The first factors are one tensor's size; × is how many there are.`],
    };
  }
}

customElements.define("parameters-calculator", ParametersCalculator);
