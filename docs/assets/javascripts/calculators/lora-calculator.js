// How many parameters LoRA trains, and what they and the frozen ones take.

import { FieldError } from "../model/check.js";
import { TARGETS, adaptedMatrices, adaptedModelBytes, adapterParameters, bytesOf, constantBits, qloraModelBytes } from "../model/lora.js";
import { parameterTerms, total } from "../model/parameters.js";
import { architectureFields, architectureOf, architecturePresets } from "./architecture.js";
import { Calculator } from "./calculator.js";
import { capital, integer, short } from "./format.js";

const FIRST = "Llama 2 7B"; // whose counts are published
const STORAGE = [
  ["double", "4 bits, 8-bit constants (QLoRA)"],
  ["single", "4 bits, 32-bit constants"],
];

class LoraCalculator extends Calculator {
  fields = [
    { name: "targets", label: "Adapted matrices", kind: "set", value: "query,value", options: TARGETS.map((target) => [target, target]) },
    { name: "rank", label: "Rank r", kind: "integer", min: 1, max: 1e6, value: 8 },
    { name: "alpha", label: "Alpha α", kind: "number", min: 0, max: 1e6, value: 16, help: "the update is scaled by α / r" },
    { name: "storage", label: "Quantized storage", kind: "choice", options: STORAGE, value: "double" },
    ...architectureFields((name) => `Model: ${name[0].toLowerCase()}${name.slice(1)}`),
  ];

  async presets() {
    const perHead = (await architecturePresets()).filter(({ architecture }) => !architecture.latent);
    return [...perHead.filter(({ name }) => name === FIRST), ...perHead.filter(({ name }) => name !== FIRST)];
  }

  compute(values) {
    const { rank, alpha, targets, storage } = values;
    const architecture = architectureOf(values);
    const whole = total(parameterTerms(architecture));
    const matrices = adaptedMatrices(architecture, targets);
    if (!matrices.length) {
      throw new FieldError("targets", targets.length ? "must name a matrix that this model has" : "must name a matrix at least");
    }
    const trained = adapterParameters(matrices, rank);
    const quantized = adaptedMatrices(architecture).reduce((sum, { d_in, d_out, copies }) => sum + d_in * d_out * copies, 0);
    const constants = storage === "double" ? constantBits() : constantBits(64, null);
    const bits = 4 + constants;
    const full = adaptedModelBytes(whole);
    const lora = adaptedModelBytes(whole, trained);
    const qlora = qloraModelBytes(whole, quantized, trained, bits);
    const memory = (name, parts, frozen) => [
      { heading: name },
      { label: "Parameters", formula: frozen, value: { bytes: parts.parameters } },
      { label: "Gradients and optimizer states", formula: `(2 + 12) · ${integer(trained)}`, value: { bytes: parts.gradients + parts["optimizer states"] } },
      { label: "Model states in all", value: { bytes: bytesOf(parts) } },
    ];
    return {
      title: "Trained parameters",
      value: integer(trained),
      steps: [
        ...matrices.map(({ name, d_in, d_out, copies }) => ({
          label: capital(name),
          formula: `${integer(rank)} · (${integer(d_in)} + ${integer(d_out)}) × ${integer(copies)}`,
          value: integer(rank * (d_in + d_out) * copies),
        })),
        { label: "Share of the model's parameters", formula: `${integer(trained)} / ${integer(whole)}`, value: `${short((100 * trained) / whole)} %` },
        { label: "Scale of the update", formula: `α / r = ${alpha} / ${integer(rank)}`, value: short(alpha / rank) },
        { label: "The adapters as a file, in 16 bits", formula: `2 · ${integer(trained)}`, value: { bytes: 2 * trained } },
        ...memory("LoRA", lora, `2 · ${integer(whole)} + 2 · ${integer(trained)}`),
        ...memory(
          `LoRA on 4 bits: ${bits.toFixed(3)} bits per quantized parameter`,
          qlora,
          `${bits.toFixed(3)} / 8 · ${integer(quantized)} + 2 · ${integer(whole - quantized)} + 2 · ${integer(trained)}`,
        ),
        { heading: "Full fine-tuning" },
        { label: "Model states in all", formula: `16 · ${integer(whole)}`, value: { bytes: bytesOf(full) } },
      ],
      notes: ["Mixed-precision training with Adam. Activations come on top, and LoRA saves little of them."],
    };
  }
}

customElements.define("lora-calculator", LoraCalculator);
