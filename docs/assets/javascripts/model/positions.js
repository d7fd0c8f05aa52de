// The formulas of src/llm_questions/positions/rotary.py and sinusoidal.py; tests/browser/test_models.py holds both to
// the same numbers.

import { FieldError } from "./check.js";

const sum = (values) => values.reduce((total, value) => total + value, 0);

export const dot = (a, b) => sum(a.map((value, k) => value * b[k]));

// θ_t in radians a position, of each pair of features: `width` is d_model, or the rotated width of a head.
export function frequencies(width, base = 10000) {
  if (width < 2 || width % 2) throw new FieldError("width", `must be even and at least 2, got ${width}`);
  if (!(base > 1)) throw new FieldError("base", `must be above 1, got ${base}`);
  return Array.from({ length: width / 2 }, (_, t) => base ** ((-2 * t) / width));
}

// Each pair (a, b) of features 2t and 2t + 1, turned by position · θ_t.
export function rotate(features, position, speeds) {
  return speeds.flatMap((speed, t) => {
    const [a, b] = [features[2 * t], features[2 * t + 1]];
    const [cos, sin] = [Math.cos(position * speed), Math.sin(position * speed)];
    return [a * cos - b * sin, a * sin + b * cos];
  });
}

// (sin pθ_0, cos pθ_0, sin pθ_1, …) for the position p.
export function sinusoidalRow(position, d_model, base = 10000) {
  return frequencies(d_model, base).flatMap((speed) => [Math.sin(position * speed), Math.cos(position * speed)]);
}

// The dot product of two rows that lie `offset` positions apart.
export function sinusoidalSimilarity(offset, d_model, base = 10000) {
  return sum(frequencies(d_model, base).map((speed) => Math.cos(offset * speed)));
}
