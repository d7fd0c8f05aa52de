// Whether a model fits, and the least time for a prompt and for each token after it.

import { balanceBatch, boundSeconds, decodeBytes, decodeFlops, largestBatch, prefillFlops } from "../model/roofline.js";
import { cacheBytes, cacheElements, headElements } from "../model/kv-cache.js";
import { FieldError } from "../model/check.js";
import { Calculator } from "./calculator.js";
import { duration, integer, large, scientific, short } from "./format.js";
import { FORMATS, hardware, hardwareOptions } from "./hardware.js";
import { models } from "./models.js";

const PRECISIONS = [["2", "bf16 or fp16, 2 bytes"], ["1", "8 bits, 1 byte"], ["0.5", "4 bits, half a byte"], ["4", "fp32, 4 bytes"]];

class InferenceCalculator extends Calculator {
  fields = [
    { name: "device", label: "Accelerator", kind: "choice", value: "H100 SXM", options: [] },
    { name: "n_devices", label: "Accelerators", kind: "integer", min: 1, max: 1e5, value: 2, help: "as one: what they send to each other takes no time here" },
    { name: "weights", label: "Precision of the weights", kind: "choice", value: "2", options: PRECISIONS },
    { name: "cache", label: "Precision of the KV cache", kind: "choice", value: "2", options: PRECISIONS },
    { name: "format", label: "Number format of the products", kind: "choice", value: "bf16", options: FORMATS },
    { name: "prompt", label: "Tokens of a prompt", kind: "integer", min: 1, max: 1e8, value: 1024 },
    { name: "answer", label: "Tokens of an answer", kind: "integer", min: 1, max: 1e8, value: 1024 },
    { name: "batch", label: "Sequences at once", kind: "integer", min: 1, max: 1e6, value: 1 },
    { name: "n_total", label: "Parameters in memory", kind: "integer", min: 1, max: 1e15, value: 70e9, group: "Model" },
    { name: "n_parameters", label: "Parameters that multiply, N", kind: "integer", min: 1, max: 1e15, value: 70e9, group: "Model", help: "all but the table of embeddings" },
    { name: "n_output", label: "Of these, in the output matrix", kind: "integer", min: 0, max: 1e15, value: 0, group: "Model", help: "V · d_model: of a prompt, the last token alone needs logits" },
    { name: "n_layers", label: "Layers L", kind: "integer", min: 1, max: 10000, value: 80, group: "Model" },
    { name: "n_heads", label: "Query heads h", kind: "integer", min: 1, max: 10000, value: 64, group: "Model" },
    { name: "n_kv_heads", label: "Key/value heads h_kv", kind: "integer", min: 1, max: 10000, value: 8, group: "Model" },
    { name: "head_dim", label: "Head size", kind: "integer", min: 1, max: 100000, value: 128, group: "Model" },
  ];

  async presets() {
    this.accelerators = await hardware();
    this.fields.find(({ name }) => name === "device").options = hardwareOptions(this.accelerators);
    const plain = (await models()).filter(({ decoder_only, window, architecture }) => decoder_only && !window && !architecture.experts && !architecture.latent);
    return plain.map(({ name, parameters, matrix_parameters, architecture: { n_layers, n_heads, n_kv_heads, head_dim, vocab_size, d_model } }) => ({
      name,
      values: { n_total: parameters.total, n_parameters: matrix_parameters, n_output: vocab_size * d_model, n_layers, n_heads, n_kv_heads, head_dim },
    }));
  }

  compute({ device, n_devices, weights, cache, format, prompt, answer, batch, n_total, n_parameters, n_output, n_layers, n_heads, n_kv_heads, head_dim }) {
    const accelerator = this.accelerators.find(({ name }) => name === device);
    if (!accelerator.peak[format]) throw new FieldError("format", `${device} has no ${format}, or no peak of it could be confirmed`);
    if (n_heads % n_kv_heads) throw new FieldError("n_kv_heads", `must divide the ${n_heads} query heads, since each serves as many of them`);
    const peak = n_devices * accelerator.peak[format] * 1e12;
    const bandwidth = n_devices * accelerator.bandwidth_gbps * 1e9;
    const memory = n_devices * accelerator.memory_gb * 1e9;
    const length = prompt + answer;
    const stored = n_total * Number(weights);
    const read = n_parameters * Number(weights);
    const perSequence = cacheBytes(cacheElements(length, n_layers, headElements(n_kv_heads, head_dim)), Number(cache));
    const needed = decodeBytes(stored, perSequence, batch);
    const prefill = batch * prefillFlops(n_parameters, n_layers, n_heads, head_dim, prompt, n_output);
    const flops = decodeFlops(n_parameters, n_layers, n_heads, head_dim, length);
    const bytes = decodeBytes(read, perSequence, batch);
    const step = boundSeconds(batch * flops, bytes, peak, bandwidth);
    const balance = balanceBatch(read, perSequence, flops, peak, bandwidth);
    const rate = `${integer(n_devices)} · ${accelerator.peak[format]} · 10¹²`;
    return {
      title: "The last token",
      value: `at least ${duration(step)}`,
      steps: [
        { label: "Weights", formula: `${large(n_total)} · ${weights}`, value: { bytes: stored } },
        { label: "KV cache of a sequence", formula: `2 · ${n_kv_heads} · ${head_dim} · ${n_layers} · ${integer(length)} · ${cache}`, value: { bytes: perSequence } },
        { label: "Memory needed", formula: `weights + ${integer(batch)} · cache`, value: { bytes: needed } },
        { label: "Memory there", formula: `${integer(n_devices)} · ${accelerator.memory_gb} GB`, value: { bytes: memory } },
        { label: "Does it fit?", value: needed > memory ? "no" : "yes" },
        { label: "Most sequences that fit", formula: "(memory − weights) / cache", value: integer(largestBatch(memory, stored, perSequence)) },
        { label: "Prompt: operations", formula: `${integer(batch)} · (2 (N − N_out) n + 2 N_out + 2 L h d_k n (n + 1))`, value: scientific(prefill) },
        { label: "Prompt: least time", formula: `operations / (${rate}), or weights / bandwidth`, value: duration(boundSeconds(prefill, read, peak, bandwidth)) },
        { label: "Token: compute", formula: `${integer(batch)} · ${scientific(flops)} / (${rate})`, value: duration((batch * flops) / peak) },
        { label: "Token: read weights and cache", formula: `${scientific(bytes)} / (${integer(n_devices)} · ${integer(accelerator.bandwidth_gbps)} · 10⁹)`, value: duration(bytes / bandwidth) },
        { label: "Tokens a second at this length, at most", formula: `${integer(batch)} / the longer of the two`, value: short(batch / step) },
        { label: "Sequences at which both take as long", formula: balance === Infinity ? "a cache takes longer to read than its token to compute" : "with fewer, memory decides", value: balance === Infinity ? "never" : short(balance) },
      ],
      notes: ["Bounds of one step that gives each sequence one token, with every prompt read anew. Not forecasts: communication, the time between kernels and what kernels leave of the peak come on top."],
    };
  }
}

customElements.define("inference-calculator", InferenceCalculator);
