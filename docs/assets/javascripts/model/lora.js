// The formulas of src/llm_questions/lora_targets.py, lora.py and qlora.py; tests/browser/test_models.py compares them.

import { FieldError, atLeast } from "./check.js";
import { check } from "./parameters.js";

export const TARGETS = ["query", "key", "value", "output", "up", "gate", "down"];

function networks({ d_ff, n_layers, n_encoder_layers, experts }) {
  const sparse = experts ? n_layers - experts.n_dense_layers : 0;
  return [
    ["", d_ff ?? 0, n_encoder_layers + n_layers - sparse],
    ["routed experts: ", experts?.width ?? 0, sparse * (experts?.n_routed ?? 0)],
    ["shared experts: ", experts?.shared_width ?? 0, sparse],
  ].filter(([, width, copies]) => width && copies);
}

// The matrices of attention and feed-forward networks that `targets` names: { target, name, d_in, d_out, copies }.
export function adaptedMatrices(architecture, targets = TARGETS) {
  const model = check(architecture);
  const unknown = targets.find((target) => !TARGETS.includes(target));
  if (unknown) throw new FieldError("targets", `"${unknown}" is no target: choose from ${TARGETS.join(", ")}`);
  if (model.latent) throw new FieldError("attention", "must not be latent: there keys and values share matrices");
  const { d_model: d, n_heads, n_kv_heads, head_dim, n_layers, n_encoder_layers } = model;
  const d_v = model.value_dim ?? head_dim;
  const attentions = n_encoder_layers + n_layers * (n_encoder_layers ? 2 : 1);
  const matrices = [
    ["query", "query", d, n_heads * head_dim, attentions],
    ["key", "key", d, n_kv_heads * head_dim, attentions],
    ["value", "value", d, n_kv_heads * d_v, attentions],
    ["output", "output", n_heads * d_v, d, attentions],
    ...networks(model).flatMap(([prefix, width, copies]) => [
      ["up", `${prefix}up`, d, width, copies],
      ...(model.gated ? [["gate", `${prefix}gate`, d, width, copies]] : []),
      ["down", `${prefix}down`, width, d, copies],
    ]),
  ];
  return matrices
    .filter(([target]) => targets.includes(target))
    .map(([target, name, d_in, d_out, copies]) => ({ target, name, d_in, d_out, copies }));
}

export function adapterParameters(matrices, rank) {
  atLeast(1, { rank });
  for (const { name, d_in, d_out } of matrices) {
    const width = Math.min(d_in, d_out);
    if (rank > width) throw new FieldError("rank", `must be at most ${width}, the smaller width of the matrix "${name}"`);
  }
  return matrices.reduce((sum, { d_in, d_out, copies }) => sum + copies * rank * (d_in + d_out), 0);
}

// Bytes in mixed-precision training with Adam; `nAdapted` null: all parameters are trained.
export function adaptedModelBytes(nParameters, nAdapted = null) {
  const trained = nAdapted ?? nParameters;
  const frozen = nAdapted === null ? 0 : nParameters;
  return { parameters: 2 * (trained + frozen), gradients: 2 * trained, "optimizer states": 12 * trained };
}

// Bits for the scaling constants, for each quantized parameter; `secondBlock` null: without double quantization.
export function constantBits(block = 64, secondBlock = 256) {
  return secondBlock === null ? 32 / block : 8 / block + 32 / (block * secondBlock);
}

export function qloraModelBytes(nParameters, nQuantized, nAdapted, bits = 4 + constantBits()) {
  const parts = adaptedModelBytes(nParameters, nAdapted);
  return { ...parts, parameters: parts.parameters + (bits / 8 - 2) * nQuantized };
}

export const bytesOf = (parts) => Object.values(parts).reduce((sum, part) => sum + part, 0);
