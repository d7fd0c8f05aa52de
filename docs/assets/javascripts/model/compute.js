// The formulas of src/llm_questions/compute.py; tests/browser/test_models.py holds both to the same numbers.

import { FieldError, positive } from "./check.js";

export function sixNd(n_parameters, n_tokens) {
  positive({ n_parameters, n_tokens });
  return 6 * n_parameters * n_tokens;
}

export function tokenFlops(n_parameters, n_layers, n_heads, head_dim, n) {
  positive({ n_parameters, n_layers, n_heads, head_dim, n });
  return 6 * n_parameters + 12 * n_layers * n_heads * head_dim * n;
}

export function trainingSeconds(flops, n_devices, peak, utilization) {
  positive({ flops, n_devices, peak, utilization });
  if (utilization > 1) throw new FieldError("utilization", "is a share of the peak, at most all of it");
  return flops / (n_devices * peak * utilization);
}

export function trainingCost(seconds, n_devices, price_per_hour) {
  return (seconds / 3600) * n_devices * price_per_hour;
}

export function parametricOptimum(flops, a, b, alpha, beta) {
  positive({ flops, a, b, alpha, beta });
  const g = ((alpha * a) / (beta * b)) ** (1 / (alpha + beta));
  return g * (flops / 6) ** (beta / (alpha + beta));
}

export function powerLawOptimum(flops, at_flops, n_parameters, exponent) {
  positive({ flops, at_flops, n_parameters, exponent });
  return n_parameters * (flops / at_flops) ** exponent;
}

export function optimalTokens(flops, n_parameters) {
  positive({ flops, n_parameters });
  return flops / (6 * n_parameters);
}

// Name and parameters of a budget's optimum, by FITS of the module.
export const FITS = [
  ["Hoffmann, approach 1", (flops) => powerLawOptimum(flops, 1.23e22, 10e9, 0.5)],
  ["Hoffmann, approach 2", (flops) => powerLawOptimum(flops, 1.32e22, 10e9, 0.49)],
  ["Hoffmann, approach 3", (flops) => parametricOptimum(flops, 406.4, 410.7, 0.3392, 0.2849)],
  ["Hoffmann, approach 3, as printed", (flops) => parametricOptimum(flops, 406.4, 410.7, 0.34, 0.28)],
  ["Besiroglu", (flops) => parametricOptimum(flops, 482.01, 2085.43, 0.3478, 0.3658)],
  ["Kaplan", (flops) => powerLawOptimum(flops, 8.64e19, 1.3e9, 0.73)],
];

export function optimalParameters(flops, fit) {
  return FITS.find(([name]) => name === fit)[1](flops);
}
