// The formulas of src/llm_questions/zero.py, activations.py and training_memory.py; tests/browser/test_models.py holds
// both to the same numbers.

import { FieldError, atLeast, positive } from "./check.js";

export const RECIPES = {
  mixed: { parameter: 2, gradient: 2, master: 4, moment: 4 },
  "mixed, gradients in fp32": { parameter: 2, gradient: 4, master: 4, moment: 4 },
  fp32: { parameter: 4, gradient: 4, master: 0, moment: 4 },
  bf16: { parameter: 2, gradient: 2, master: 0, moment: 2 },
};

// Of one parameter.
export function optimizerBytes(optimizer, moment, d_model, adamw_share = 0) {
  if (!(adamw_share >= 0 && adamw_share <= 1)) throw new FieldError("n_adamw", "must be part of all parameters");
  atLeast(1, { d_model });
  const bytes = {
    adamw: 2 * moment,
    "adam 8-bit": 2 * (1 + 4 / 2048),
    adafactor: (2 * moment) / d_model,
    muon: moment * (1 + adamw_share),
    sgd: moment,
  };
  return bytes[optimizer];
}

// [parameters, gradients, optimizer states] of one rank, with `size` the bytes of each for one parameter.
export function modelStateParts(n_parameters, n_ranks, stage, size) {
  positive({ n_parameters, n_ranks });
  const shard = n_parameters / n_ranks;
  return size.map((bytes, k) => bytes * (stage >= 3 - k ? shard : n_parameters));
}

export function layerActivationBytes(d_model, n_heads, n, batch, tensor_parallel = 1, sequence_parallel = false, recompute = "none") {
  atLeast(1, { tensor_parallel });
  const hidden = n * batch * d_model;
  if (recompute === "full") return 2 * hidden;
  const scores = recompute === "selective" ? 0 : 5 * n_heads * n * n * batch;
  const around = (10 * hidden) / (sequence_parallel ? tensor_parallel : 1);
  return around + (24 * hidden + scores) / tensor_parallel;
}

export function outputActivationBytes(d_model, vocab_size, n, batch, tensor_parallel = 1, sequence_parallel = false) {
  atLeast(1, { d_model, vocab_size, n, batch, tensor_parallel });
  return (4 * n * batch * d_model) / (sequence_parallel ? tensor_parallel : 1) + (4 * n * batch * vocab_size) / tensor_parallel;
}
