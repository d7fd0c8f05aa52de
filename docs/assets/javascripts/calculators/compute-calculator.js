// Operations, time and money of training, and what published fits advise for as many operations.

import { FITS, optimalParameters, optimalTokens, sixNd, tokenFlops, trainingCost, trainingSeconds } from "../model/compute.js";
import { FieldError } from "../model/check.js";
import { Calculator } from "./calculator.js";
import { duration, integer, large, scientific, short } from "./format.js";
import { FORMATS, hardware, hardwareOptions } from "./hardware.js";
import { models } from "./models.js";

class ComputeCalculator extends Calculator {
  hasUnits = false;

  fields = [
    { name: "n_parameters", label: "Parameters N", kind: "number", min: 1, max: 1e15, value: 70e9, help: "those that multiply: all but the table of embeddings; of experts, those that a token uses" },
    { name: "n_tokens", label: "Training tokens D", kind: "number", min: 1, max: 1e18, value: "15e12", help: "15e12 is 15 trillion" },
    { name: "n_layers", label: "Layers L", kind: "integer", min: 1, max: 10000, value: 80 },
    { name: "n_heads", label: "Query heads h", kind: "integer", min: 1, max: 10000, value: 64 },
    { name: "head_dim", label: "Head size", kind: "integer", min: 1, max: 100000, value: 128 },
    { name: "n", label: "Tokens in a sequence", kind: "integer", min: 1, max: 1e9, value: 8192 },
    { name: "device", label: "Accelerator", kind: "choice", value: "H100 SXM", options: [] },
    { name: "format", label: "Number format of the products", kind: "choice", value: "bf16", options: FORMATS },
    { name: "n_devices", label: "Accelerators", kind: "integer", min: 1, max: 1e8, value: 1024 },
    { name: "utilization", label: "Share of the peak reached, %", kind: "number", min: 0.001, max: 100, value: 40, help: "MFU: model FLOPs utilization" },
    { name: "price_per_hour", label: "Price of an accelerator for an hour", kind: "number", min: 0, max: 1e6, value: 2, help: "in any currency; an example, not a quotation" },
  ];

  async presets() {
    this.accelerators = await hardware();
    this.fields.find(({ name }) => name === "device").options = hardwareOptions(this.accelerators);
    const known = (await models()).filter(({ decoder_only, architecture }) => decoder_only && !architecture.latent);
    return known.map(({ name, matrix_parameters, architecture: { n_layers, n_heads, head_dim } }) => ({
      name,
      values: { n_parameters: matrix_parameters, n_layers, n_heads, head_dim },
    }));
  }

  compute({ n_parameters, n_tokens, n_layers, n_heads, head_dim, n, device, format, n_devices, utilization, price_per_hour }) {
    const teraflops = this.accelerators.find(({ name }) => name === device).peak[format];
    if (!teraflops) throw new FieldError("format", `${device} has no ${format}, or no peak of it could be confirmed`);
    const perToken = tokenFlops(n_parameters, n_layers, n_heads, head_dim, n);
    const flops = perToken * n_tokens;
    const seconds = trainingSeconds(flops, n_devices, teraflops * 1e12, utilization / 100);
    const optima = FITS.map(([fit]) => {
      const best = optimalParameters(flops, fit);
      const tokens = optimalTokens(flops, best);
      return { label: `Best use of it: ${fit}`, formula: `${large(best)} parameters, ${large(tokens)} tokens`, value: `${short(tokens / best)} to 1` };
    });
    return {
      title: "Training",
      value: `${scientific(flops)} operations`,
      steps: [
        { label: "Matrices alone, 6 N D", formula: `6 · ${large(n_parameters)} · ${large(n_tokens)}`, value: scientific(sixNd(n_parameters, n_tokens)) },
        { label: "Attention, a token", formula: `12 · ${n_layers} · ${n_heads} · ${head_dim} · ${integer(n)}`, value: scientific(perToken - 6 * n_parameters) },
        { label: "Both, a token", formula: `6 · ${large(n_parameters)} + attention`, value: scientific(perToken) },
        { label: "In all", formula: `${scientific(perToken)} · ${large(n_tokens)}`, value: scientific(flops) },
        { label: "Time", formula: `${scientific(flops)} / (${integer(n_devices)} · ${teraflops} · 10¹² · ${short(utilization)} %)`, value: duration(seconds) },
        { label: "Hours of one accelerator", formula: `${integer(n_devices)} · time`, value: integer((seconds / 3600) * n_devices) },
        { label: "Money", formula: `hours · ${price_per_hour}`, value: integer(trainingCost(seconds, n_devices, price_per_hour)) },
        ...optima,
      ],
      notes: ["Best use: tokens for each parameter, at the right. Attention counts all pairs of tokens, those too that a mask or a window hides. Recomputed activations, validation, failed runs and idle time are not counted."],
    };
  }
}

customElements.define("compute-calculator", ComputeCalculator);
