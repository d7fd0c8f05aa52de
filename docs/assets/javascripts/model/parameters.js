// The counts of src/llm_questions/parameters/; tests/browser/test_models.py holds both to the same terms.

import { FieldError, atLeast } from "./check.js";

export const TABLES = ["token embedding", "position embedding", "output head"];
export const PARTS = [...TABLES, "attention", "feed-forward", "router", "norms", "pooler"];

// what an architecture does not say, as data/models.json leaves it out
export const DEFAULTS = {
  value_dim: null,
  gated: true,
  qkv_bias: false,
  output_bias: false,
  ffn_bias: false,
  router_bias: false,
  head_bias: false,
  norm_bias: false,
  norms_per_block: 2,
  embedding_norm: false,
  final_norm: true,
  qk_norm: null,
  sinks: false,
  tied: false,
  position_rows: 0,
  segment_rows: 0,
  relative_buckets: 0,
  pooler: false,
  n_encoder_layers: 0,
  latent: null,
  experts: null,
};

// ---- sizes that carry the formula they come from

const numbers = new Intl.NumberFormat("en-US");
const text = (value) => (typeof value === "number" ? numbers.format(value) : value.formula);
const size = (value) => (typeof value === "number" ? value : value.size);

const product = (...factors) => ({
  size: factors.reduce((result, factor) => result * size(factor), 1),
  formula: factors.map(text).join(" · "),
});

function sum(...parts) {
  const terms = parts.filter((part) => size(part));
  const formula = terms.map(text).join(" + ");
  return { size: terms.reduce((result, part) => result + size(part), 0), formula: terms.length > 1 ? `(${formula})` : formula || "0" };
}

const when = (condition, value) => (condition ? value : 0);

// ---- one sublayer: [name, size], as the package's functions of the same names

function attentionSizes({ d_model: d, n_heads: h, n_kv_heads, head_dim: d_k, value_dim, qkv_bias, output_bias, sinks }) {
  const d_v = value_dim ?? d_k;
  return [
    ["query projection", product(d, h, d_k)],
    ["key projection", product(d, n_kv_heads, d_k)],
    ["value projection", product(d, n_kv_heads, d_v)],
    ["query, key and value biases", when(qkv_bias, sum(product(h, d_k), product(n_kv_heads, d_k), product(n_kv_heads, d_v)))],
    ["output projection", product(h, d_v, d)],
    ["output bias", when(output_bias, d)],
    ["attention sinks", when(sinks, h)],
  ];
}

function latentAttentionSizes({ d_model: d, n_heads: h, head_dim: d_k, value_dim, latent }) {
  const { q_rank, kv_rank, rope_dim } = latent;
  const d_v = value_dim ?? d_k;
  const queries = q_rank === null
    ? [["query projection", product(d, h, d_k)]]
    : [["query compression", product(d, q_rank)], ["query expansion", product(q_rank, h, d_k)]];
  return [
    ...queries,
    ["key/value compression", product(d, kv_rank)],
    ["shared rotary key", product(d, rope_dim)],
    ["key expansion", product(kv_rank, h, d_k - rope_dim)],
    ["value expansion", product(kv_rank, h, d_v)],
    ["output projection", product(h, d_v, d)],
  ];
}

function feedForwardSizes(d_model, d_ff, { gated, bias }) {
  return [
    ["up projection", product(d_model, d_ff)],
    ["gate projection", when(gated, product(d_model, d_ff))],
    ["down projection", product(d_ff, d_model)],
    ["biases", when(bias, sum(product(gated ? 2 : 1, d_ff), d_model))],
  ];
}

const normSize = ({ d_model, norm_bias }) => (norm_bias ? product(2, d_model) : d_model);

function qkNormSizes({ latent, qk_norm, n_heads, n_kv_heads, head_dim }) {
  if (latent) return [["norm of compressed queries", latent.q_rank ?? 0], ["norm of compressed keys and values", latent.kv_rank]];
  const [queries, keys] = { "per head": [1, 1], "all heads": [n_heads, n_kv_heads] }[qk_norm] ?? [0, 0];
  return [["query norm", product(queries, head_dim)], ["key norm", product(keys, head_dim)]];
}

// ---- terms

// `copies` tensors of `size` numbers; one token uses `active` of them, null is all. `where`: in which blocks, if not in all.
function term(part, name, value, copies = 1, { active = null, trained = true } = {}) {
  return { part, name, size: size(value), formula: text(value), copies, active, trained };
}

const times = (one, n, where) =>
  ({ ...one, copies: n * one.copies, active: one.active === null ? null : n * one.active, where });

function expertTerms(model) {
  const { n_routed, top_k, width, shared_width, shared_gate, balance_bias } = model.experts;
  const kind = { gated: model.gated, bias: model.ffn_bias };
  return [
    term("router", "router", product(model.d_model, n_routed)),
    term("router", "router bias", when(model.router_bias, n_routed)),
    term("router", "balancing bias", when(balance_bias, n_routed), 1, { trained: false }),
    ...feedForwardSizes(model.d_model, width, kind).map(([name, value]) =>
      term("feed-forward", `routed experts: ${name}`, value, n_routed, { active: top_k })),
    ...(shared_width ? feedForwardSizes(model.d_model, shared_width, kind) : [])
      .map(([name, value]) => term("feed-forward", `shared experts: ${name}`, value)),
    term("feed-forward", "gate of the shared experts", when(shared_gate, model.d_model)),
  ];
}

function blockTerms(model, kind, dense) {
  const cross = kind === "decoder" && model.n_encoder_layers > 0;
  const attentions = cross ? 2 : 1;
  const sizes = model.latent ? latentAttentionSizes(model) : attentionSizes(model);
  return [
    ...sizes.map(([name, value]) => term("attention", name, value, attentions)),
    ...(dense
      ? feedForwardSizes(model.d_model, model.d_ff, { gated: model.gated, bias: model.ffn_bias })
          .map(([name, value]) => term("feed-forward", name, value))
      : expertTerms(model)),
    ...qkNormSizes(model).map(([name, value]) => term("norms", name, value, attentions)),
    term("norms", "block norms", normSize(model), model.norms_per_block + cross),
  ];
}

// Sizes that do not fit together are refused, in the words of the field that has to be mended.
export function check(architecture) {
  const model = { ...DEFAULTS, ...architecture };
  const { n_layers, n_heads, n_kv_heads, head_dim, d_ff, latent, experts, n_encoder_layers } = model;
  const { d_model, vocab_size } = model;
  atLeast(1, { n_layers, d_model, n_heads, n_kv_heads, head_dim, vocab_size });
  if (n_heads % n_kv_heads) {
    throw new FieldError("n_kv_heads", `must divide the ${n_heads} query heads, since each serves as many of them`);
  }
  const n_dense = experts ? experts.n_dense_layers : n_layers;
  if (n_dense > n_layers) throw new FieldError("n_dense_layers", `must be at most the ${n_layers} layers`);
  if (n_dense && !d_ff) throw new FieldError("d_ff", "is needed for layers without experts");
  if (experts && experts.top_k > experts.n_routed) {
    throw new FieldError("top_k", `must be at most the ${experts.n_routed} routed experts`);
  }
  if (experts && n_encoder_layers) throw new FieldError("n_routed", "must be 0 in a model with an encoder");
  if (latent && latent.rope_dim > head_dim) {
    throw new FieldError("rope_dim", `must be at most the head size, ${head_dim}, of which it is a part`);
  }
  return model;
}

export function parameterTerms(architecture) {
  const model = check(architecture);
  const { d_model: d, n_layers, n_encoder_layers, vocab_size, experts, tied, head_bias } = model;
  const stacks = n_encoder_layers ? 2 : 1;
  const dense = experts ? experts.n_dense_layers : n_layers;
  const blocks = [
    [n_encoder_layers, "encoder", true, "encoder"],
    [dense, "decoder", true, n_encoder_layers ? "decoder" : experts && "layers without experts"],
    [n_layers - dense, "decoder", false, dense ? "layers with experts" : null],
  ];
  return [
    term("token embedding", "token table", product(vocab_size, d)),
    term("position embedding", "position table", product(model.position_rows, d)),
    term("position embedding", "segment table", product(model.segment_rows, d)),
    term("position embedding", "relative biases", product(model.relative_buckets, model.n_heads), stacks),
    term("norms", "embedding norm", when(model.embedding_norm, normSize(model))),
    ...blocks.filter(([number]) => number)
      .flatMap(([number, kind, isDense, where]) =>
        blockTerms(model, kind, isDense).map((one) => times(one, number, where))),
    term("norms", "final norm", when(model.final_norm, normSize(model)), stacks),
    term("pooler", "pooler", when(model.pooler, sum(product(d, d), d))),
    term("output head", "output matrix", when(!tied, product(vocab_size, d))),
    term("output head", "output bias", when(head_bias, vocab_size)),
  ].filter((one) => one.size);
}

// ---- sums

function trained(terms, without) {
  const unknown = without.find((part) => !PARTS.includes(part));
  if (unknown) throw new RangeError(`"${unknown}" is no part: choose from ${PARTS.join(", ")}`);
  return terms.filter((one) => one.trained && !without.includes(one.part));
}

export const count = ({ size: one, copies }) => one * copies;

export const total = (terms, without = []) => trained(terms, without).reduce((result, one) => result + count(one), 0);

export const active = (terms, without = []) =>
  trained(terms, without).reduce((result, one) => result + one.size * (one.active ?? one.copies), 0);

export const buffers = (terms) => terms.filter((one) => !one.trained).reduce((result, one) => result + count(one), 0);

export function byPart(terms) {
  const counts = PARTS.map((part) => [part, total(terms.filter((one) => one.part === part))]);
  return Object.fromEntries(counts.filter(([, number]) => number));
}
