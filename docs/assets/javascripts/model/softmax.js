// The formulas of src/llm_questions/softmax.py; tests/browser/test_models.py holds both to the same numbers.

import { FieldError, positive } from "./check.js";

export function softmax(logits, temperature = 1) {
  positive({ temperature });
  const largest = Math.max(...logits);
  if (!Number.isFinite(largest)) throw new FieldError("logits", "must have a finite largest one");
  const exponentials = logits.map((logit) => Math.exp((logit - largest) / temperature));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

// In nats; 0 log 0 is 0.
export function entropy(probabilities) {
  return probabilities.reduce((total, p) => (p > 0 ? total - p * Math.log(p) : total), 0);
}
