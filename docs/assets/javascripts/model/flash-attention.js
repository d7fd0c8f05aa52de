// The forward pass of src/llm_questions/flash_attention.py for logits and values that are given; matrices are lists of
// rows. tests/browser/test_models.py holds both to the same numbers.

import { softmax } from "./softmax.js";

export function tiles(n, size) {
  const starts = Array.from({ length: Math.ceil(n / size) }, (_, k) => k * size);
  return starts.map((start) => [start, Math.min(start + size, n)]);
}

// Whether a causal mask hides the whole tile; as many queries as keys.
export const isHidden = (rows, columns) => columns[0] > rows[1] - 1;

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

// Of each query after further keys: { maximum, total, weighted }, as lists; `shrink` is what the old sums were
// multiplied by.
export function updateOnlineSoftmax(state, logits, values) {
  const maximum = logits.map((row, i) => Math.max(state.maximum[i], ...row));
  const shrink = maximum.map((m, i) => Math.exp(state.maximum[i] - m));
  const weights = logits.map((row, i) => row.map((logit) => Math.exp(logit - maximum[i])));
  return {
    maximum,
    total: weights.map((row, i) => shrink[i] * state.total[i] + sum(row)),
    weighted: weights.map((row, i) => state.weighted[i].map((u, k) => shrink[i] * u + sum(row.map((weight, j) => weight * values[j][k])))),
    shrink,
  };
}

// The tiles in the order in which they are computed, each with the state after it; hidden ones have none.
export function flashSteps(logits, values, queryTile, keyTile, causal = false) {
  const steps = [];
  for (const rows of tiles(logits.length, queryTile)) {
    const queries = logits.slice(...rows);
    let state = {
      maximum: queries.map(() => -Infinity),
      total: queries.map(() => 0),
      weighted: queries.map(() => values[0].map(() => 0)),
    };
    for (const columns of tiles(values.length, keyTile)) {
      if (causal && isHidden(rows, columns)) break;
      const seen = (i, j) => !causal || columns[0] + j <= rows[0] + i;
      const tile = queries.map((row, i) => row.slice(...columns).map((logit, j) => (seen(i, j) ? logit : -Infinity)));
      const before = state;
      state = updateOnlineSoftmax(before, tile, values.slice(...columns));
      steps.push({ rows, columns, before, state });
    }
  }
  return steps;
}

const outputs = ({ weighted, total }) => weighted.map((row, i) => row.map((u) => u / total[i]));

// [output, log-sum-exp of each query's logits]
export function flashForward(logits, values, queryTile, keyTile, causal = false) {
  const steps = flashSteps(logits, values, queryTile, keyTile, causal);
  const last = steps.filter(({ rows }, k) => rows[0] !== steps[k + 1]?.rows[0]).map(({ state }) => state);
  return [last.flatMap(outputs), last.flatMap(({ maximum, total }) => maximum.map((m, i) => m + Math.log(total[i])))];
}

// Softmax attention with whole rows at once, to compare with.
export function attention(logits, values, causal = false) {
  return logits.map((row, i) => {
    const weights = softmax(causal ? row.slice(0, i + 1) : row);
    return values[0].map((_, k) => sum(weights.map((weight, j) => weight * values[j][k])));
  });
}
