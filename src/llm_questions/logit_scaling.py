"""How large attention logits are, and the ways to keep their size in hand.

The standard deviation of the logits is the inverse temperature of the attention softmax: too large and it
saturates, too small and it averages over all keys. Every rule below is about that number.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from llm_questions.rms_norm import rms_norm


def _check_positive(**sizes: float | int) -> None:
    for name, size in sizes.items():
        if not size > 0:
            raise ValueError(f"{name} must be positive, got {size}")


# --8<-- [start:dot_product_moments]
def dot_product_moments(
    d_k: int, query_std: float = 1.0, key_std: float = 1.0, correlation: float = 0.0
) -> tuple[float, float]:
    """Mean and variance of q · k for random vectors of `d_k` components with mean 0.

    Assumptions: the pairs (q_i, k_i) are independent of each other and alike, with standard deviations
    `query_std` σ_q and `key_std` σ_k and with `correlation` ρ inside a pair. Then

        mean = d_k ρ σ_q σ_k        variance = d_k σ_q² σ_k² (1 + ρ²)

    The mean holds for every distribution; the variance for every distribution if q_i and k_i are
    independent (ρ = 0), and for jointly Gaussian pairs otherwise. So the typical size of q · k grows like
    √d_k while q and k are unrelated (at initialization) and like d_k once training has correlated them: the
    arguments for 1/√d_k and for 1/d_k.

    Raises:
        ValueError: `d_k`, `query_std` or `key_std` is not positive; `correlation` is not in [-1, 1].

    Source: ρ = 0: arXiv:1706.03762, §3.2.1, footnote 4. Correlated case: Isserlis' theorem,
    E[(q_i k_i)²] = σ_q² σ_k² (1 + 2ρ²); use of it for 1/d_k: arXiv:2203.03466 (μP).
    """
    _check_positive(d_k=d_k, query_std=query_std, key_std=key_std)
    if not -1 <= correlation <= 1:
        raise ValueError(f"a correlation is in [-1, 1], got {correlation}")
    product = query_std * key_std
    return d_k * correlation * product, d_k * product**2 * (1 + correlation**2)


# --8<-- [end:dot_product_moments]


# --8<-- [start:attention_scale]
def attention_scale(d_k: int) -> float:
    """1/√d_k, the factor of scaled dot-product attention; d_k is the width of one key head, not d_model.

    Raises:
        ValueError: `d_k` is not positive.

    Source: arXiv:1706.03762, §3.2.1, Eq. 1.
    """
    _check_positive(d_k=d_k)
    return 1.0 / math.sqrt(d_k)


# --8<-- [end:attention_scale]


# --8<-- [start:mup_attention_scale]
def mup_attention_scale(d_k: int, base_d_k: int = 64) -> float:
    """√base_d_k / d_k: proportional to 1/d_k, and equal to 1/√d_k at d_k = `base_d_k`.

    The constant only fixes at which head width the rule agrees with the standard one. With base 64 it is
    the 8/d of the reference implementation.

    Raises:
        ValueError: `d_k` or `base_d_k` is not positive.

    Source: arXiv:2203.03466 (μP replaces 1/√d by 1/d); README of github.com/microsoft/mup (8/d).
    """
    _check_positive(d_k=d_k, base_d_k=base_d_k)
    return math.sqrt(base_d_k) / d_k


# --8<-- [end:mup_attention_scale]


# --8<-- [start:query_pre_attn_scale]
def query_pre_attn_scale(query_pre_attn_scalar: float) -> float:
    """1/√query_pre_attn_scalar: the 1/√d_k rule with a configured number in place of the head width.

    Gemma-2 27B sets it to 144 = d_model / n_heads = 4608 / 32, although its heads are 128 wide.

    Raises:
        ValueError: `query_pre_attn_scalar` is not positive.

    Source: transformers, models/gemma2 (`self.scaling = config.query_pre_attn_scalar**-0.5`).
    """
    _check_positive(query_pre_attn_scalar=query_pre_attn_scalar)
    return 1.0 / math.sqrt(query_pre_attn_scalar)


# --8<-- [end:query_pre_attn_scale]


# --8<-- [start:t5_init_std]
@dataclass(frozen=True)
class T5InitStd:
    """Standard deviations of the normal initialization of T5's four attention matrices."""

    query: float
    key: float
    value: float
    output: float


def t5_init_std(d_model: int, n_heads: int, d_kv: int) -> T5InitStd:
    """The initialization with which T5 does without any scale on its logits (scale = 1 at run time).

    The query matrix is drawn √d_kv smaller than the others, (d_model · d_kv)^-½ against d_model^-½, so that
    at initialization q · k has the variance that 1/√d_kv would have given it. Nothing holds it there during
    training.

    Raises:
        ValueError: a size is not positive.

    Source: transformers, models/t5/modeling_t5.py, `_init_weights`, after
    mesh_tensorflow/transformer/attention.py.
    """
    _check_positive(d_model=d_model, n_heads=n_heads, d_kv=d_kv)
    return T5InitStd(
        query=(d_model * d_kv) ** -0.5,
        key=d_model**-0.5,
        value=d_model**-0.5,
        output=(n_heads * d_kv) ** -0.5,
    )


# --8<-- [end:t5_init_std]


# --8<-- [start:l2_qk_norm_logits]
def l2_qk_norm_logits(
    query: Float[ndarray, "*batch n_queries d_k"],
    key: Float[ndarray, "*batch n_keys d_k"],
    scale: float,
    eps: float = 1e-12,
) -> Float[ndarray, "*batch n_queries n_keys"]:
    """scale · cos(q, k): queries and keys divided by their Euclidean length, times a learned scalar.

    Shapes: `query` (..., n_queries, d_k), `key` (..., n_keys, d_k), result (..., n_queries, n_keys). Every
    logit is in [-scale, scale] whatever the weights do. There is no 1/√d_k. A vector shorter than `eps` is
    divided by `eps`.

    Raises:
        ValueError: `eps` is not positive.

    Source: arXiv:2010.04245 (scalar g); arXiv:2111.09883, §3.2 (cosine divided by a learned τ ≥ 0.01).
    """
    _check_positive(eps=eps)
    unit_query = query / np.maximum(np.linalg.norm(query, axis=-1, keepdims=True), eps)
    unit_key = key / np.maximum(np.linalg.norm(key, axis=-1, keepdims=True), eps)
    return scale * (unit_query @ unit_key.swapaxes(-1, -2))  # (..., n_queries, n_keys)


# --8<-- [end:l2_qk_norm_logits]


# --8<-- [start:l2_qk_norm_initial_scale]
def l2_qk_norm_initial_scale(n_tokens: int) -> float:
    """log₂(L² - L), the value at which the learned scale of `l2_qk_norm_logits` starts.

    `n_tokens` L is the 97.5th percentile of the sequence lengths of the training data.

    Raises:
        ValueError: `n_tokens` is less than 2.

    Source: arXiv:2010.04245 (g₀).
    """
    if n_tokens < 2:
        raise ValueError(f"log2(L^2 - L) needs at least 2 tokens, got {n_tokens}")
    return math.log2(n_tokens**2 - n_tokens)


# --8<-- [end:l2_qk_norm_initial_scale]


# --8<-- [start:rms_qk_norm_logits]
def rms_qk_norm_logits(
    query: Float[ndarray, "*batch n_queries d_k"],
    key: Float[ndarray, "*batch n_keys d_k"],
    query_gain: Float[ndarray, " d_k"],
    key_gain: Float[ndarray, " d_k"],
    eps: float = 1e-6,
) -> Float[ndarray, "*batch n_queries n_keys"]:
    """RMSNorm(q) · RMSNorm(k) / √d_k, with a learned gain for queries and one for keys.

    Shapes: `query` (..., n_queries, d_k), `key` (..., n_keys, d_k), gains (d_k,),
    result (..., n_queries, n_keys). With gains of 1 every normalized vector is (up to
    `eps`) √d_k long, so that |logit| ≤ √d_k; with other gains it is at most √d_k ·
    max_i |query_gain_i| · max_i |key_gain_i|.

    This normalizes each head by itself, as Qwen3 and Gemma 3 do; OLMo 2 normalizes all
    heads of a token together, before they are split.

    Raises:
        ValueError: `eps` is negative.

    Source: arXiv:2302.05442, §2 (LayerNorm on queries and keys); arXiv:2505.09388, §2
    (Qwen3).
    """
    normalized_query = rms_norm(query, query_gain, eps)
    normalized_key = rms_norm(key, key_gain, eps)
    scale = attention_scale(query.shape[-1])
    # (..., n_queries, n_keys)
    return scale * (normalized_query @ normalized_key.swapaxes(-1, -2))


# --8<-- [end:rms_qk_norm_logits]


# --8<-- [start:soft_cap]
def soft_cap(logits: Float[ndarray, "*shape"], cap: float) -> Float[ndarray, "*shape"]:
    """cap · tanh(logits / cap): nearly the identity near 0, never beyond ±cap.

    It is applied after the scale and before the mask (a masked -inf would come back as
    -cap).

    Raises:
        ValueError: `cap` is not positive.

    Source: arXiv:1611.09940 (tanh on logits); arXiv:2408.00118, §2 (Gemma 2: 50 in
    attention, 30 on the output).
    """
    _check_positive(cap=cap)
    return cap * np.tanh(logits / cap)


def soft_cap_derivative(
    logits: Float[ndarray, "*shape"],
    cap: float,
) -> Float[ndarray, "*shape"]:
    """∂ soft_cap / ∂ logits = 1 - tanh²(logits / cap): 1 at 0, vanishing far off.

    Raises:
        ValueError: `cap` is not positive.
    """
    _check_positive(cap=cap)
    return 1.0 - np.tanh(logits / cap) ** 2


# --8<-- [end:soft_cap]


# --8<-- [start:log_n_scale]
def log_n_scale(n_keys: int, training_length: int, *, never_below_one: bool = True) -> float:
    """log(n_keys) / log(training_length), an extra factor on the logits of a query that sees `n_keys` keys.

    With bounded logits the softmax over more and more keys goes to uniform; logits that grow like log n can
    keep their weight on few keys. The factor is 1 at the training length. `never_below_one` leaves shorter
    contexts as they were trained, which is what Qwen (1) does at inference.

    Raises:
        ValueError: `n_keys` is less than 1 or `training_length` less than 2.

    Source: Chiang & Cholak 2022, arXiv:2202.12172, §5.3; Su 2021, kexue.fm/archives/8823;
    `use_logn_attn` in modeling_qwen.py.
    """
    if n_keys < 1 or training_length < 2:
        raise ValueError(
            f"need n_keys >= 1 and training_length >= 2 (its log divides), got {n_keys} and {training_length}"
        )
    factor = math.log(n_keys) / math.log(training_length)
    return max(1.0, factor) if never_below_one else factor


# --8<-- [end:log_n_scale]
