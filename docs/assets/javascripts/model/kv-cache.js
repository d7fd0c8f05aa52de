// The formulas of src/llm_questions/kv_cache.py; tests/browser/test_models.py holds both to the same numbers.

import { FieldError, atLeast } from "./check.js";

export function headElements(n_kv_heads, head_dim, value_dim = head_dim) {
  atLeast(1, { n_kv_heads, head_dim, value_dim });
  return n_kv_heads * (head_dim + value_dim);
}

export function latentElements(kv_rank, rope_dim) {
  atLeast(1, { kv_rank });
  atLeast(0, { rope_dim });
  return kv_rank + rope_dim;
}

// `windowPattern` repeats over the layers; null is a layer without window.
export function cacheElements(n_tokens, n_layers, elementsPerLayer, windowPattern = [null]) {
  atLeast(1, { n_tokens, n_layers, elementsPerLayer });
  if (!windowPattern.length) throw new FieldError("window", "the pattern needs an entry: null is full attention");
  let kept = 0;
  for (let layer = 0; layer < n_layers; layer += 1) {
    const window = windowPattern[layer % windowPattern.length];
    if (window !== null) atLeast(1, { window });
    kept += window === null ? n_tokens : Math.min(n_tokens, window);
  }
  return elementsPerLayer * kept;
}

export function cacheBytes(elements, bytesPerElement = 2, batch = 1) {
  atLeast(1, { elements, batch });
  if (!(bytesPerElement > 0)) throw new FieldError("bytes_per_element", `must be positive, got ${bytesPerElement}`);
  return elements * bytesPerElement * batch;
}

// `local` layers with a window of `window` tokens, then `full` layers without, and so on.
export function windowPattern({ window, local, full }) {
  if (!window) return [null];
  return [...Array(local).fill(window), ...Array(full).fill(null)];
}
