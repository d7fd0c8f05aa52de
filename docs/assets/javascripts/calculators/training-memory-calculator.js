// What training keeps in the memory of one accelerator.

import { RECIPES, layerActivationBytes, modelStateParts, optimizerBytes, outputActivationBytes } from "../model/training-memory.js";
import { FieldError } from "../model/check.js";
import { Calculator } from "./calculator.js";
import { integer, large, short } from "./format.js";
import { hardware, hardwareOptions } from "./hardware.js";
import { models } from "./models.js";

const OPTIMIZERS = [["adamw", "AdamW"], ["adam 8-bit", "8-bit Adam"], ["adafactor", "Adafactor, no momentum"], ["muon", "Muon, AdamW for the rest"], ["sgd", "SGD with momentum"]];
const PRECISIONS = [["mixed", "16 bits, copy in fp32"], ["mixed, gradients in fp32", "16 bits, copy and gradients in fp32"], ["fp32", "all in fp32"], ["bf16", "all in bf16"]];
const STAGES = [["0", "none: plain data parallelism"], ["1", "1: optimizer states"], ["2", "2: gradients too"], ["3", "3: parameters too, as FSDP"]];
const RECOMPUTE = [["none", "nothing"], ["selective", "attention scores, or fused attention"], ["full", "whole layers"]];

class TrainingMemoryCalculator extends Calculator {
  fields = [
    { name: "n_devices", label: "Accelerators", kind: "integer", min: 1, max: 1e6, value: 64 },
    { name: "device", label: "Accelerator", kind: "choice", value: "H100 SXM", options: [] },
    { name: "stage", label: "ZeRO stage", kind: "choice", value: "3", options: STAGES },
    { name: "optimizer", label: "Optimizer", kind: "choice", value: "adamw", options: OPTIMIZERS },
    { name: "recipe", label: "Precision", kind: "choice", value: "mixed", options: PRECISIONS },
    { name: "n", label: "Tokens in a sequence", kind: "integer", min: 1, max: 1e8, value: 8192 },
    { name: "batch", label: "Sequences at once in a group", kind: "integer", min: 1, max: 1e6, value: 1, help: "of one forward and backward pass" },
    { name: "recompute", label: "Recomputed going backward", kind: "choice", value: "selective", options: RECOMPUTE },
    { name: "tensor_parallel", label: "Accelerators in a group", kind: "integer", min: 1, max: 1e4, value: 8, help: "tensor parallelism; 1: none" },
    { name: "sequence_parallel", label: "Sequence parallelism", kind: "choice", value: "yes", options: [["no", "no"], ["yes", "yes"]], when: ({ tensor_parallel }) => tensor_parallel > 1 },
    { name: "n_parameters", label: "Parameters N", kind: "integer", min: 1, max: 1e15, value: 70e9, group: "Model" },
    { name: "n_adamw", label: "Parameters left to AdamW", kind: "integer", min: 0, max: 1e15, value: 0, group: "Model", when: ({ optimizer }) => optimizer === "muon", help: "embeddings, output matrix, vectors" },
    { name: "n_layers", label: "Layers L", kind: "integer", min: 1, max: 10000, value: 80, group: "Model" },
    { name: "d_model", label: "Width d_model", kind: "integer", min: 1, max: 1e6, value: 8192, group: "Model" },
    { name: "n_heads", label: "Query heads h", kind: "integer", min: 1, max: 10000, value: 64, group: "Model" },
    { name: "vocab_size", label: "Rows of the token table V", kind: "integer", min: 1, max: 1e8, value: 128256, group: "Model" },
  ];

  async presets() {
    this.accelerators = await hardware();
    this.fields.find(({ name }) => name === "device").options = hardwareOptions(this.accelerators);
    const dense = (await models()).filter(({ decoder_only, architecture }) => decoder_only && !architecture.experts);
    return dense.map(({ name, parameters, matrix_parameters, architecture: { n_layers, d_model, n_heads, vocab_size } }) => ({
      name,
      values: { n_parameters: parameters.total, n_adamw: parameters.total - matrix_parameters + vocab_size * d_model, n_layers, d_model, n_heads, vocab_size },
    }));
  }

  compute(values) {
    const { n_parameters, n_layers, d_model, n_heads, vocab_size, n, batch, n_devices, tensor_parallel, recompute, optimizer, device } = values;
    if (n_devices % tensor_parallel) throw new FieldError("tensor_parallel", `must divide the ${integer(n_devices)} accelerators`);
    if (optimizer === "muon" && values.n_adamw > n_parameters) throw new FieldError("n_adamw", "must not be more than all parameters");
    const { parameter, gradient, master, moment } = RECIPES[values.recipe];
    const stage = Number(values.stage);
    const sequence = tensor_parallel > 1 && values.sequence_parallel === "yes";
    const ranks = n_devices / tensor_parallel;
    const kept = master + optimizerBytes(optimizer, moment, d_model, optimizer === "muon" ? values.n_adamw / n_parameters : 0);
    const states = modelStateParts(n_parameters / tensor_parallel, ranks, stage, [parameter, gradient, kept]);
    const layers = n_layers * layerActivationBytes(d_model, n_heads, n, batch, tensor_parallel, sequence, recompute);
    const output = outputActivationBytes(d_model, vocab_size, n, batch, tensor_parallel, sequence);
    const total = states.reduce((sum, bytes) => sum + bytes, layers + output);
    const memory = this.accelerators.find(({ name }) => name === device).memory_gb * 1e9;
    const divided = (first) => `${large(n_parameters)}${tensor_parallel > 1 ? ` / ${tensor_parallel}` : ""}${stage >= first && ranks > 1 ? ` / ${integer(ranks)}` : ""}`;
    const share = sequence ? ` / ${tensor_parallel}` : "";
    const t = tensor_parallel > 1 ? ` / ${tensor_parallel}` : "";
    const inner = recompute === "none" ? `(24 + 5 · ${n_heads} · ${integer(n)} / ${integer(d_model)})` : "24";
    return {
      title: "On each accelerator",
      value: { bytes: total },
      steps: [
        { label: "Parameters", formula: `${parameter} · ${divided(3)}`, value: { bytes: states[0] } },
        { label: "Gradients", formula: `${gradient} · ${divided(2)}`, value: { bytes: states[1] } },
        { label: "Optimizer states", formula: `${short(kept)} · ${divided(1)}`, value: { bytes: states[2] } },
        {
          label: "Activations of the layers",
          formula: `${n_layers} · ${integer(n)} · ${batch} · ${integer(d_model)} · ${recompute === "full" ? "2" : `(10${share} + ${inner}${t})`}`,
          value: { bytes: layers },
        },
        { label: "Activations of the output", formula: `4 · ${integer(n)} · ${batch} · (${integer(d_model)}${share} + ${integer(vocab_size)}${t})`, value: { bytes: output } },
        { label: `Memory of ${device}`, value: { bytes: memory } },
        { label: "Left", value: total > memory ? "nothing: it does not fit" : { bytes: memory - total } },
      ],
      notes: ["Activations are those of a layer of the GPT-2 kind in 16 bits, whatever the precision above. A layer of the Llama kind with fused attention and no recomputation keeps about half as much again where it was measured (below). Not counted: buffers of communication, layers gathered for use (stage 3), temporary results, fragmentation, the runtime itself."],
    };
  }
}

customElements.define("training-memory-calculator", TrainingMemoryCalculator);
