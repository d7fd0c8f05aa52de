// A Transformer as the fields of a calculator: shared by those that count its parameters.

import { DEFAULTS } from "../model/parameters.js";
import { models } from "./models.js";

const perHead = ({ attention }) => attention === "heads";
const latent = ({ attention }) => attention === "latent";
const hasExperts = ({ n_routed }) => n_routed > 0;
const size = (name, label, value, more = {}) => ({ name, label, value, kind: "integer", min: 1, max: 1e6, ...more });
const orNone = { min: 0, help: "0: none" };

// Each option of a set is a field of the architecture, or of its experts, that is true or false.
const BIASES = [
  ["qkv_bias", "queries, keys, values"],
  ["output_bias", "attention output"],
  ["ffn_bias", "feed-forward"],
  ["router_bias", "router"],
  ["norm_bias", "norms (LayerNorm)"],
  ["head_bias", "output matrix"],
];
const OPTIONS = [
  ["tied", "output matrix is the token table"],
  ["final_norm", "a norm after the last block"],
  ["embedding_norm", "a norm after the embedding"],
  ["sinks", "attention sinks, one per head"],
  ["pooler", "pooler (BERT)"],
];
const OF_EXPERTS = [
  ["shared_gate", "a gate on the shared experts"],
  ["balance_bias", "balancing bias, not trained"],
];
const chosen = (options, owner) => options.map(([name]) => name).filter((name) => owner?.[name]).join();
const flags = (options, set) => Object.fromEntries(options.map(([name]) => [name, set.includes(name)]));

export function architectureFields(group = (name) => name) {
  const fields = {
    Sizes: [
      size("n_layers", "Layers L", 32, { max: 10000 }),
      size("d_model", "Width d_model", 4096),
      size("vocab_size", "Rows of the token table V", 32000, { max: 1e8 }),
      size("n_encoder_layers", "Encoder layers", 0, { ...orNone, max: 10000, help: "0: none; L counts decoder layers" }),
    ],
    Attention: [
      { name: "attention", label: "Kind of attention", kind: "choice", value: "heads",
        options: [["heads", "per head (MHA, GQA, MQA)"], ["latent", "latent (MLA)"]] },
      size("n_heads", "Query heads h", 32, { max: 10000 }),
      size("n_kv_heads", "Key/value heads h_kv", 32, { max: 10000, when: perHead, help: "as many as query heads: MHA; 1: MQA" }),
      size("head_dim", "Head size d_k", 128, { help: "its own number, not always d_model / h" }),
      { name: "qk_norm", label: "Norms on queries and keys", kind: "choice", value: "none", when: perHead,
        options: [["none", "none"], ["per head", "one gain, every head"], ["all heads", "a gain for each head"]] },
      size("value_dim", "Value size d_v", 128, { when: latent }),
      size("q_rank", "Compressed query size", 0, { when: latent, min: 0, help: "0: not compressed" }),
      size("kv_rank", "Latent size d_c", 512, { when: latent }),
      size("rope_dim", "Rotary part of the head", 64, { when: latent, min: 0 }),
    ],
    "Feed-forward network and experts": [
      size("d_ff", "Width d_ff", 11008, { max: 1e7, when: ({ n_routed, n_dense_layers }) => !n_routed || n_dense_layers > 0 }),
      { name: "gated", label: "Matrices", kind: "choice", value: "3", options: [["3", "3: gated"], ["2", "2: plain"]] },
      size("n_routed", "Routed experts per layer", 0, orNone),
      size("top_k", "Experts that a token uses", 2, { when: hasExperts }),
      size("width", "Width of an expert", 1024, { when: hasExperts }),
      size("shared_width", "Width of the shared experts", 0, { ...orNone, when: hasExperts, help: "all together; 0: none" }),
      size("n_dense_layers", "First layers without experts", 0, { min: 0, max: 10000, when: hasExperts }),
      { name: "of_experts", label: "Of the experts", kind: "set", value: "", options: OF_EXPERTS, when: hasExperts },
    ],
    "Norms, biases and tables": [
      size("norms_per_block", "Norms in a block", 2, { min: 0, max: 100, help: "cross-attention has one more" }),
      size("position_rows", "Rows of a position table", 0, { ...orNone, max: 1e8 }),
      size("segment_rows", "Rows of a segment table", 0, { ...orNone, help: "BERT: 2" }),
      size("relative_buckets", "Relative position buckets", 0, { ...orNone, help: "T5: 32" }),
      { name: "biases", label: "Biases", kind: "set", value: "", options: BIASES },
      { name: "options", label: "Further", kind: "set", value: "final_norm", options: OPTIONS },
    ],
  };
  return Object.entries(fields).flatMap(([name, list]) => list.map((field) => ({ ...field, group: group(name) })));
}

export function architectureValues(architecture) {
  const model = { ...DEFAULTS, ...architecture };
  const { experts, latent: mla } = model;
  return {
    n_layers: model.n_layers,
    d_model: model.d_model,
    vocab_size: model.vocab_size,
    n_encoder_layers: model.n_encoder_layers,
    attention: mla ? "latent" : "heads",
    n_heads: model.n_heads,
    n_kv_heads: model.n_kv_heads,
    head_dim: model.head_dim,
    qk_norm: model.qk_norm ?? "none",
    value_dim: model.value_dim ?? model.head_dim,
    q_rank: mla?.q_rank ?? 0,
    kv_rank: mla?.kv_rank ?? 512,
    rope_dim: mla?.rope_dim ?? 64,
    d_ff: model.d_ff ?? 4 * model.d_model,
    gated: model.gated ? "3" : "2",
    n_routed: experts?.n_routed ?? 0,
    top_k: experts?.top_k ?? 2,
    width: experts?.width ?? 1024,
    shared_width: experts?.shared_width ?? 0,
    n_dense_layers: experts?.n_dense_layers ?? 0,
    of_experts: chosen(OF_EXPERTS, experts),
    norms_per_block: model.norms_per_block,
    position_rows: model.position_rows,
    segment_rows: model.segment_rows,
    relative_buckets: model.relative_buckets,
    biases: chosen(BIASES, model),
    options: chosen(OPTIONS, model),
  };
}

export function architectureOf(values) {
  const { n_layers, d_model, vocab_size, n_encoder_layers, n_heads, head_dim, d_ff, norms_per_block } = values;
  const { position_rows, segment_rows, relative_buckets, n_routed, top_k, width, shared_width, n_dense_layers } = values;
  const mla = latent(values);
  return {
    n_layers, d_model, vocab_size, n_encoder_layers, n_heads, head_dim, d_ff, norms_per_block,
    position_rows, segment_rows, relative_buckets,
    n_kv_heads: mla ? n_heads : values.n_kv_heads,
    value_dim: mla ? values.value_dim : null,
    gated: values.gated === "3",
    qk_norm: values.qk_norm === "none" ? null : values.qk_norm,
    ...flags(BIASES, values.biases),
    ...flags(OPTIONS, values.options),
    latent: mla ? { kv_rank: values.kv_rank, rope_dim: values.rope_dim, q_rank: values.q_rank || null } : null,
    experts: hasExperts(values)
      ? { n_routed, top_k, width, shared_width, n_dense_layers, ...flags(OF_EXPERTS, values.of_experts) }
      : null,
  };
}

export async function architecturePresets() {
  return (await models()).map(({ name, architecture }) => ({ name, architecture, values: architectureValues(architecture) }));
}
