// How much memory the keys and values of past tokens take.

import { cacheBytes, cacheElements, headElements, latentElements, windowPattern } from "../model/kv-cache.js";
import { FieldError } from "../model/check.js";
import { Calculator } from "./calculator.js";
import { integer } from "./format.js";
import { models } from "./models.js";

const perHead = ({ attention }) => attention === "heads";
const latent = ({ attention }) => attention === "latent";
const windowed = ({ window }) => window > 0;
const PRECISIONS = [
  ["4", "fp32, 4 bytes"],
  ["2", "bf16 or fp16, 2 bytes"],
  ["1", "fp8 or int8, 1 byte"],
  ["0.75", "6 bits"],
  ["0.5", "4 bits"],
];

class KvCacheCalculator extends Calculator {
  fields = [
    { name: "n_tokens", label: "Tokens in the sequence", kind: "integer", min: 1, max: 1e9, value: 8193, help: "prompt and answer together" },
    { name: "batch", label: "Sequences at once", kind: "integer", min: 1, max: 1e6, value: 1 },
    { name: "bytes_per_element", label: "Precision of the cache", kind: "choice", options: PRECISIONS, value: "2" },
    { name: "attention", label: "Kind of attention", kind: "choice", value: "heads",
      options: [["heads", "per head (MHA, GQA, MQA)"], ["latent", "latent (MLA)"]] },
    { name: "n_layers", label: "Layers L", kind: "integer", min: 1, max: 10000, value: 32 },
    { name: "n_heads", label: "Query heads h", kind: "integer", min: 1, max: 10000, value: 32, when: perHead },
    { name: "n_kv_heads", label: "Key/value heads h_kv", kind: "integer", min: 1, max: 10000, value: 8, when: perHead, help: "as many as query heads: MHA; 1: MQA" },
    { name: "head_dim", label: "Head size", kind: "integer", min: 1, max: 100000, value: 128, when: perHead, help: "its own number, not always d_model / h" },
    { name: "kv_rank", label: "Latent size d_c", kind: "integer", min: 1, max: 1e6, value: 512, when: latent },
    { name: "rope_dim", label: "Rotary key size", kind: "integer", min: 0, max: 100000, value: 64, when: latent },
    { name: "window", label: "Attention window, tokens", kind: "integer", min: 0, max: 1e9, value: 0, help: "0: no layer has one" },
    { name: "local", label: "Layers with window in a row", kind: "integer", min: 1, max: 10000, value: 1, when: windowed },
    { name: "full", label: "Layers without, after them", kind: "integer", min: 0, max: 10000, value: 0, when: windowed },
  ];

  async presets() {
    const decoders = (await models()).filter((model) => model.decoder_only);
    return decoders.map(({ name, architecture, window }) => ({
      name,
      values: {
        n_layers: architecture.n_layers,
        n_heads: architecture.n_heads,
        n_kv_heads: architecture.n_kv_heads,
        head_dim: architecture.head_dim,
        attention: architecture.latent ? "latent" : "heads",
        ...(architecture.latent && { kv_rank: architecture.latent.kv_rank, rope_dim: architecture.latent.rope_dim }),
        window: window?.tokens ?? 0,
        local: window?.local ?? 1,
        full: window?.full ?? 0,
      },
    }));
  }

  compute(values) {
    const { n_tokens, batch, n_layers, n_heads, n_kv_heads, head_dim, kv_rank, rope_dim } = values;
    const precision = Number(values.bytes_per_element);
    if (perHead(values) && n_heads % n_kv_heads) {
      throw new FieldError("n_kv_heads", `must divide the ${n_heads} query heads, since each serves as many of them`);
    }
    const perLayer = latent(values) ? latentElements(kv_rank, rope_dim) : headElements(n_kv_heads, head_dim);
    const elements = cacheElements(n_tokens, n_layers, perLayer, windowPattern(values));
    const layerTokens = elements / perLayer;
    const total = cacheBytes(elements, precision, batch);
    const plain = layerTokens === n_tokens * n_layers;
    return {
      title: "KV cache",
      value: { bytes: total },
      steps: [
        {
          label: "Numbers per layer and token",
          formula: latent(values) ? `${kv_rank} + ${rope_dim}` : `2 · ${n_kv_heads} · ${head_dim}`,
          value: integer(perLayer),
        },
        {
          label: "Tokens kept, over all layers",
          formula: plain ? `${n_layers} · ${integer(n_tokens)}` : `Σ over ${n_layers} layers of min(${integer(n_tokens)}, window)`,
          value: integer(layerTokens),
        },
        { label: "Numbers per sequence", formula: `${integer(perLayer)} · ${integer(layerTokens)}`, value: integer(elements) },
        { label: "Bytes in all", formula: `${integer(elements)} · ${precision} · ${batch}`, value: integer(total) },
        { label: "Bytes per token, while no window is full", formula: `${integer(perLayer)} · ${n_layers} · ${precision}`, value: { bytes: perLayer * n_layers * precision } },
      ],
    };
  }
}

customElements.define("kv-cache-calculator", KvCacheCalculator);
