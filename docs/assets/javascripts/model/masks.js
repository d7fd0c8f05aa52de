// The masks of src/llm_questions/masks.py, as rows of true (may attend) and false; tests/browser/test_models.py holds
// both to the same entries.

import { FieldError, atLeast } from "./check.js";

// How many positions each key lies before each query; the queries are the last n_queries of the n_keys positions.
export function keyDistances(n_queries, n_keys = n_queries) {
  atLeast(1, { n_queries, n_keys });
  if (n_queries > n_keys) throw new FieldError("n_queries", `must be at most ${n_keys}, the number of keys`);
  const positions = Array.from({ length: n_keys }, (_, position) => position);
  return positions.slice(n_keys - n_queries).map((query) => positions.map((key) => query - key));
}

export function causalMask(n_queries, n_keys = n_queries) {
  return keyDistances(n_queries, n_keys).map((row) => row.map((distance) => distance >= 0));
}

// The last `window` keys, the query's own position included.
export function slidingWindowMask(n_queries, n_keys, window) {
  atLeast(1, { window });
  return keyDistances(n_queries, n_keys).map((row) => row.map((distance) => distance >= 0 && distance < window));
}

// Cross-attention to n_keys vectors, of which the first `length` are tokens and the rest is padding.
export function crossMask(n_queries, n_keys, length = n_keys) {
  atLeast(1, { n_queries, n_keys });
  atLeast(0, { length });
  if (length > n_keys) throw new FieldError("length", `must be at most ${n_keys}, the number of keys`);
  return Array.from({ length: n_queries }, () => Array.from({ length: n_keys }, (_, key) => key < length));
}

export const pairs = (mask) => mask.flat().filter(Boolean).length;
