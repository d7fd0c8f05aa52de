"""The parameters of a Transformer, term by term: exact, in integers, from its `Architecture` alone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from llm_questions.parameters.architecture import Architecture, Experts

TABLES = ("token embedding", "position embedding", "output head")  # what "without embeddings" leaves out
PARTS = (*TABLES, "attention", "feed-forward", "router", "norms", "pooler")


# --8<-- [start:Term]
@dataclass(frozen=True)
class Term:
    """`copies` tensors of `size` parameters; one token uses `active` of them.

    `trained` is False for numbers that a checkpoint holds and no gradient changes (buffers).
    """

    part: str
    name: str
    size: int
    copies: int = 1
    active: int | None = None  # None: all
    trained: bool = True

    @property
    def count(self) -> int:
        return self.size * self.copies

    @property
    def active_count(self) -> int:
        return self.size * (self.copies if self.active is None else self.active)


# --8<-- [end:Term]


# --8<-- [start:attention_sizes]
def attention_sizes(model: Architecture) -> dict[str, int]:
    """Parameters of one attention sublayer: multi-head, grouped- or multi-query.

    Source: arXiv:1706.03762, §3.2.2; with fewer key/value heads arXiv:2305.13245.
    """
    d, d_k, d_v = model.d_model, model.head_dim, model.value_dim or model.head_dim
    queries = model.n_heads * d_k
    keys, values = model.n_kv_heads * d_k, model.n_kv_heads * d_v
    return {
        "query projection": d * queries,
        "key projection": d * keys,
        "value projection": d * values,
        "query, key and value biases": (queries + keys + values) * model.qkv_bias,
        "output projection": model.n_heads * d_v * d,
        "output bias": d * model.output_bias,
        "attention sinks": model.n_heads * model.sinks,
    }


# --8<-- [end:attention_sizes]


# --8<-- [start:latent_attention_sizes]
def latent_attention_sizes(model: Architecture) -> dict[str, int]:
    """Parameters of one sublayer of multi-head latent attention.

    Source: arXiv:2405.04434, §2.1 and Appendix C (the matrices' shapes).
    """
    assert model.latent is not None
    d, h, d_k, d_v = model.d_model, model.n_heads, model.head_dim, model.value_dim or model.head_dim
    q_rank, kv_rank, rope_dim = model.latent.q_rank, model.latent.kv_rank, model.latent.rope_dim
    queries = (
        {"query projection": d * h * d_k}
        if q_rank is None
        else {"query compression": d * q_rank, "query expansion": q_rank * h * d_k}
    )
    return queries | {
        "key/value compression": d * kv_rank,
        "shared rotary key": d * rope_dim,
        "key expansion": kv_rank * h * (d_k - rope_dim),
        "value expansion": kv_rank * h * d_v,
        "output projection": h * d_v * d,
    }


# --8<-- [end:latent_attention_sizes]


# --8<-- [start:feed_forward_sizes]
def feed_forward_sizes(
    d_model: int,
    d_ff: int,
    *,
    gated: bool,
    bias: bool,
) -> dict[str, int]:
    """Parameters of one network: two matrices, or three where it is gated.

    Source: arXiv:1706.03762, Eq. 2; gated: arXiv:2002.05202, §2.
    """
    inner = 2 if gated else 1  # matrices from d_model to d_ff
    return {
        "up projection": d_model * d_ff,
        "gate projection": d_model * d_ff * gated,
        "down projection": d_ff * d_model,
        "biases": (inner * d_ff + d_model) * bias,
    }


# --8<-- [end:feed_forward_sizes]


def norm_size(model: Architecture, width: int | None = None) -> int:
    """Parameters of one normalization of `width` features, by default d_model: a gain, and perhaps a bias."""
    return (width or model.d_model) * (2 if model.norm_bias else 1)


def qk_norm_sizes(model: Architecture) -> dict[str, int]:
    """Gains of the norms inside one attention sublayer: on queries and keys, or on compressed vectors."""
    if model.latent is not None:
        return {
            "norm of compressed queries": model.latent.q_rank or 0,
            "norm of compressed keys and values": model.latent.kv_rank,
        }
    heads = {None: (0, 0), "per head": (1, 1), "all heads": (model.n_heads, model.n_kv_heads)}[model.qk_norm]
    return {"query norm": heads[0] * model.head_dim, "key norm": heads[1] * model.head_dim}


# --8<-- [start:expert_terms]
def expert_terms(model: Architecture, experts: Experts) -> list[Term]:
    """One layer's mixture of experts; a token uses `top_k` routed experts and every other term."""
    n, k = experts.n_routed, experts.top_k
    kind = {"gated": model.gated, "bias": model.ffn_bias}
    routed = feed_forward_sizes(model.d_model, experts.width, **kind)
    shared = feed_forward_sizes(model.d_model, experts.shared_width, **kind)
    return [
        Term("router", "router", model.d_model * n),
        Term("router", "router bias", n * model.router_bias),
        Term("router", "balancing bias", n * experts.balance_bias, trained=False),
        *(Term("feed-forward", f"routed experts: {name}", size, n, k) for name, size in routed.items()),
        *(
            Term("feed-forward", f"shared experts: {name}", size)
            for name, size in (shared.items() if experts.shared_width else ())
        ),
        Term("feed-forward", "gate of the shared experts", model.d_model * experts.shared_gate),
    ]


# --8<-- [end:expert_terms]


# --8<-- [start:block_terms]
def block_terms(model: Architecture, kind: str = "decoder", dense: bool | None = None) -> list[Term]:
    """One block. `kind`: decoder or encoder. `dense`: without experts, by default where there are none."""
    dense = model.experts is None if dense is None else dense
    cross = kind == "decoder" and model.n_encoder_layers > 0
    n_attentions = 2 if cross else 1
    sizes = (attention_sizes if model.latent is None else latent_attention_sizes)(model)
    terms = [Term("attention", name, size, n_attentions) for name, size in sizes.items()]
    if dense:
        assert model.d_ff is not None
        network = feed_forward_sizes(model.d_model, model.d_ff, gated=model.gated, bias=model.ffn_bias)
        terms += [Term("feed-forward", name, size) for name, size in network.items()]
    else:
        assert model.experts is not None
        terms += expert_terms(model, model.experts)
    terms += [Term("norms", name, size, n_attentions) for name, size in qk_norm_sizes(model).items()]
    terms.append(Term("norms", "block norms", norm_size(model), model.norms_per_block + cross))
    return [term for term in terms if term.size]


# --8<-- [end:block_terms]


# --8<-- [start:parameter_terms]
def parameter_terms(model: Architecture) -> list[Term]:
    """Every term of the whole model, blocks multiplied by their number; terms of size 0 are left out."""
    d, n_stacks = model.d_model, 2 if model.n_encoder_layers else 1
    n_dense = model.n_layers if model.experts is None else model.experts.n_dense_layers
    blocks = [
        (model.n_encoder_layers, "encoder", True),
        (n_dense, "decoder", True),
        (model.n_layers - n_dense, "decoder", False),
    ]
    terms = [
        Term("token embedding", "token table", model.vocab_size * d),
        Term("position embedding", "position table", model.position_rows * d),
        Term("position embedding", "segment table", model.segment_rows * d),
        Term("position embedding", "relative biases", model.relative_buckets * model.n_heads, n_stacks),
        Term("norms", "embedding norm", norm_size(model) * model.embedding_norm),
        *(
            _times(term, number)
            for number, kind, dense in blocks
            if number
            for term in block_terms(model, kind, dense)
        ),
        Term("norms", "final norm", norm_size(model) * model.final_norm, n_stacks),
        Term("pooler", "pooler", (d * d + d) * model.pooler),
        Term("output head", "output matrix", 0 if model.tied else model.vocab_size * d),
        Term("output head", "output bias", model.vocab_size * model.head_bias),
    ]
    return [term for term in terms if term.size]


def _times(term: Term, n: int) -> Term:
    active = None if term.active is None else n * term.active
    return Term(term.part, term.name, term.size, n * term.copies, active, term.trained)


# --8<-- [end:parameter_terms]


# --8<-- [start:total]
def total(terms: Iterable[Term], without: Collection[str] = ()) -> int:
    """Trained parameters; `without` names parts to leave out, such as TABLES.

    Raises:
        ValueError: `without` names no part.
    """
    return sum(term.count for term in _trained(terms, without))


def active(terms: Iterable[Term], without: Collection[str] = ()) -> int:
    """Trained parameters that one token uses. The embedding table counts as a whole, unless left out."""
    return sum(term.active_count for term in _trained(terms, without))


# --8<-- [end:total]


def _trained(terms: Iterable[Term], without: Collection[str]) -> list[Term]:
    if unknown := set(without) - set(PARTS):
        raise ValueError(f"{sorted(unknown)} are no parts: choose from {PARTS}")
    return [term for term in terms if term.trained and term.part not in without]


def buffers(terms: Iterable[Term]) -> int:
    """Numbers that a checkpoint holds and no gradient changes."""
    return sum(term.count for term in terms if not term.trained)


def by_part(terms: Iterable[Term]) -> dict[str, int]:
    """Trained parameters of each part, in the order of PARTS; parts without parameters are left out."""
    counts = dict.fromkeys(PARTS, 0)
    for term in terms:
        counts[term.part] += term.count if term.trained else 0
    return {part: count for part, count in counts.items() if count}
