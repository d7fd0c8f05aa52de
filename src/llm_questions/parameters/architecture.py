"""What decides how many parameters a Transformer has.

`Architecture` holds every number and every choice that the count needs, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

QkNorm = Literal["per head", "all heads"]
NORMS_PER_BLOCK = {
    "post": 2,
    "pre": 2,
    "pre, parallel, one norm": 1,
    "pre, parallel, two norms": 2,
    "before and after the branch": 4,
    "after the branch": 2,
}


# --8<-- [start:Latent]
@dataclass(frozen=True)
class Latent:
    """Multi-head latent attention: the widths of its compressed vectors.

    `q_rank` is None where queries are not compressed. The last `rope_dim` of the `head_dim` features of a
    query or key carry the position; all heads share that part of the key.

    Source: DeepSeek-AI 2024, arXiv:2405.04434, §2.1.
    """

    kv_rank: int
    rope_dim: int
    q_rank: int | None = None


# --8<-- [end:Latent]


# --8<-- [start:Experts]
@dataclass(frozen=True)
class Experts:
    """A mixture of experts in place of the feed-forward network.

    `width` is d_ff of one routed expert, `shared_width` that of all shared experts together.
    `shared_gate`: a vector of d_model scales the shared experts' output. `balance_bias`: the router adds a
    number per expert to its scores that no gradient trains. The first `n_dense_layers` have no experts.
    """

    n_routed: int
    top_k: int
    width: int
    shared_width: int = 0
    shared_gate: bool = False
    balance_bias: bool = False
    n_dense_layers: int = 0


# --8<-- [end:Experts]


# --8<-- [start:Architecture]
@dataclass(frozen=True)
class Architecture:
    """A Transformer, as far as its parameters go. Widths are numbers of features.

    With `n_encoder_layers` it has an encoder too, and each decoder block cross-attention with one more norm.
    `d_ff` is None where every layer has experts. `gated` and `ffn_bias` hold for experts as well.

    Raises:
        ValueError: sizes that do not fit together.
    """

    n_layers: int
    d_model: int
    n_heads: int
    n_kv_heads: int
    head_dim: int
    vocab_size: int
    d_ff: int | None
    value_dim: int | None = None  # d_v, where it is not head_dim
    gated: bool = True  # three matrices in a feed-forward network; else two
    qkv_bias: bool = False
    output_bias: bool = False
    ffn_bias: bool = False
    router_bias: bool = False
    head_bias: bool = False
    norm_bias: bool = False  # LayerNorm: gain and bias; else a gain alone
    norms_per_block: int = 2
    embedding_norm: bool = False
    final_norm: bool = True
    qk_norm: QkNorm | None = None
    sinks: bool = False  # a number per head that joins the softmax's denominator
    tied: bool = False  # the output head is the token embedding
    position_rows: int = 0  # of a learned table
    segment_rows: int = 0  # of BERT's second table
    relative_buckets: int = 0  # T5: numbers per head, once per stack
    pooler: bool = False
    n_encoder_layers: int = 0
    latent: Latent | None = None
    experts: Experts | None = None

    def __post_init__(self) -> None:
        if self.n_heads % self.n_kv_heads:
            raise ValueError(f"{self.n_kv_heads} key/value heads do not divide {self.n_heads} query heads")
        n_dense = self.experts.n_dense_layers if self.experts else self.n_layers
        if n_dense > self.n_layers:
            raise ValueError(f"{n_dense} dense layers are more than the {self.n_layers} layers")
        if n_dense and self.d_ff is None:
            raise ValueError(f"{n_dense} layers have a plain feed-forward network: give its width d_ff")
        if self.experts and self.experts.top_k > self.experts.n_routed:
            raise ValueError(
                f"top_k = {self.experts.top_k} exceeds the {self.experts.n_routed} routed experts"
            )
        if self.experts and self.n_encoder_layers:
            raise ValueError("experts in a model with an encoder are not supported")
        if self.latent and self.latent.rope_dim > self.head_dim:
            raise ValueError(
                f"rope_dim = {self.latent.rope_dim} is a part of head_dim = {self.head_dim}, not more"
            )


# --8<-- [end:Architecture]


def from_entry(entry: Mapping) -> Architecture:
    """The architecture of an entry of data/models.yml, whose comments define the fields."""
    norm, position = entry["norm"], entry["position"]
    biases, latent, experts = entry.get("biases", ()), entry.get("latent"), entry.get("experts")
    return Architecture(
        n_layers=entry["n_layers"],
        d_model=entry["d_model"],
        n_heads=entry["n_heads"],
        n_kv_heads=entry["n_kv_heads"],
        head_dim=entry["head_dim"],
        vocab_size=entry["vocab_size"],
        d_ff=entry["ffn"]["width"],
        value_dim=latent["value_dim"] if latent else None,
        gated=entry["ffn"]["kind"] == "gated",
        qkv_bias="qkv" in biases,
        output_bias="output" in biases,
        ffn_bias="ffn" in biases,
        router_bias="router" in biases,
        head_bias="head" in biases,
        norm_bias=norm["type"] == "LayerNorm" and not norm.get("gain_only", False),
        norms_per_block=NORMS_PER_BLOCK[norm["placement"]],
        embedding_norm=norm.get("embedding", False),
        final_norm=norm["placement"] != "post",
        qk_norm={"RMSNorm per head": "per head", "RMSNorm over all heads": "all heads"}.get(entry["qk_norm"]),
        sinks=entry.get("sinks", False),
        tied=entry.get("tied", False),
        position_rows=position.get("rows", 0) if position["method"] == "learned" else 0,
        segment_rows=entry.get("segments", 0),
        relative_buckets=position.get("rows", 0) if position["method"] == "T5 relative bias" else 0,
        pooler=entry.get("pooler", False),
        n_encoder_layers=entry.get("n_encoder_layers", 0),
        latent=Latent(latent["kv_rank"], position["dims"], latent["q_rank"]) if latent else None,
        experts=Experts(
            n_routed=experts["routed"],
            top_k=experts["top_k"],
            width=experts["width"],
            shared_width=experts.get("shared_width", 0),
            shared_gate=experts.get("shared_gate", False),
            balance_bias=experts.get("balance_bias", False),
            n_dense_layers=experts.get("dense_layers", 0),
        )
        if experts
        else None,
    )
