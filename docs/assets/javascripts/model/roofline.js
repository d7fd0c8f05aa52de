// The formulas of src/llm_questions/roofline.py; tests/browser/test_models.py holds both to the same numbers.

import { FieldError, atLeast, positive } from "./check.js";

export function boundSeconds(flops, n_bytes, peak, bandwidth) {
  positive({ flops, n_bytes, peak, bandwidth });
  return Math.max(flops / peak, n_bytes / bandwidth);
}

// `n_output` of the parameters, those of the output matrix, multiply the last token alone.
export function prefillFlops(n_parameters, n_layers, n_heads, head_dim, n, n_output = 0) {
  positive({ n_parameters, n_layers, n_heads, head_dim, n });
  if (!(n_output >= 0 && n_output <= n_parameters)) throw new FieldError("n_output", "must be part of the parameters that multiply");
  return 2 * (n_parameters - n_output) * n + 2 * n_output + 2 * n_layers * n_heads * head_dim * n * (n + 1);
}

export function decodeFlops(n_parameters, n_layers, n_heads, head_dim, n) {
  positive({ n_parameters, n_layers, n_heads, head_dim, n });
  return 2 * n_parameters + 4 * n_layers * n_heads * head_dim * n;
}

export function decodeBytes(weight_bytes, cache_bytes, batch = 1) {
  positive({ weight_bytes, batch });
  return weight_bytes + batch * cache_bytes;
}

// Infinity: reading takes longer, however many sequences there are.
export function balanceBatch(weight_bytes, cache_bytes, token_flops, peak, bandwidth) {
  positive({ weight_bytes, token_flops, peak, bandwidth });
  atLeast(0, { cache_bytes });
  const gain = token_flops / peak - cache_bytes / bandwidth;
  return gain > 0 ? weight_bytes / bandwidth / gain : Infinity;
}

export function largestBatch(memory, weight_bytes, cache_bytes) {
  positive({ memory, weight_bytes, cache_bytes });
  return Math.max(0, Math.floor((memory - weight_bytes) / cache_bytes));
}
