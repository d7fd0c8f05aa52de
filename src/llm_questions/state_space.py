"""The selective state-space model of Mamba (S6): a linear recurrence whose coefficients depend on the input.

Continuous time:  h'(t) = A h(t) + B x(t),  y(t) = C h(t) + D x(t), for each channel by itself, A diagonal.
Discrete time:    h_t = Ā h_{t-1} + B̄ x_t,  y_t = C h_t + D x_t, after holding x for a time Δ.
Selective:        Δ, B and C are computed from x_t; A and D are parameters.

Gu & Dao 2023, "Mamba", arXiv:2312.00752. A is kept as its diagonal: row c holds the d_state numbers of
channel c.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray


# --8<-- [start:discretize]
def discretize(
    delta: Float[ndarray, "*batch d_inner"],
    a: Float[ndarray, "d_inner d_state"],
    b: Float[ndarray, "*batch d_state"],
    rule: str = "zoh",
) -> tuple[Float[ndarray, "*batch d_inner d_state"], Float[ndarray, "*batch d_inner d_state"]]:
    """Ā and B̄ for the step sizes `delta`. Both rules have Ā = exp(Δ A); they differ in B̄:

    - "zoh", zero-order hold, the rule of the paper: B̄ = (Δ A)⁻¹ (exp(Δ A) - I) Δ B. It solves the
      continuous system exactly for an input that is constant during the step.
    - "euler_b", what the released code computes: B̄ = Δ B, the first-order term of the above. The authors
      call it a mix of zero-order hold for A and Euler for B, chosen because it is simpler and changed no
      result.

    Shapes: `delta` (..., d_inner) > 0, `a` (d_inner, d_state), `b` (..., d_state); both results
    (..., d_inner, d_state). `b` is shared by all channels.

    Raises:
        ValueError: `rule` is neither "zoh" nor "euler_b"; a step size is not positive.

    Source: arXiv:2312.00752, §2, Eq. 4; `selective_scan_ref` and issue 114 of github.com/state-spaces/mamba.
    """
    if rule not in ("zoh", "euler_b"):
        raise ValueError(f'rule must be "zoh" (paper) or "euler_b" (released code), got {rule!r}')
    if not (delta > 0).all():
        raise ValueError("every step size delta must be positive; pass it through softplus")
    delta_a = delta[..., None] * a  # (..., d_inner, d_state)
    delta_b = delta[..., None] * b[..., None, :]  # (..., d_inner, d_state)
    if rule == "euler_b":
        return np.exp(delta_a), delta_b
    # expm1(x) / x, whose limit at x = 0 is 1; expm1 stays accurate where exp(x) - 1 would cancel
    nonzero = np.where(delta_a == 0.0, 1.0, delta_a)
    gain = np.where(delta_a == 0.0, 1.0, np.expm1(nonzero) / nonzero)
    return np.exp(delta_a), gain * delta_b


# --8<-- [end:discretize]


# --8<-- [start:SelectionWeights]
@dataclass(frozen=True)
class SelectionWeights:
    """Projections from the input to Δ, B and C. Δ goes through a narrow layer of `delta_rank` features."""

    b: Float[ndarray, "d_inner d_state"]
    c: Float[ndarray, "d_inner d_state"]
    delta_down: Float[ndarray, "d_inner delta_rank"]
    delta_up: Float[ndarray, "delta_rank d_inner"]
    delta_bias: Float[ndarray, " d_inner"]


# --8<-- [end:SelectionWeights]


# --8<-- [start:select]
def select(
    x: Float[ndarray, "*batch d_inner"], weights: SelectionWeights
) -> tuple[
    Float[ndarray, "*batch d_inner"], Float[ndarray, "*batch d_state"], Float[ndarray, "*batch d_state"]
]:
    """Δ, B and C of each token from the token itself: what makes the state space selective.

    Δ = softplus(x W_down W_up + bias) > 0, B = x W_B, C = x W_C.

    Shapes: `x` (..., d_inner); Δ (..., d_inner), B and C (..., d_state). A large Δ lets the token overwrite
    the state, a small one lets the state pass the token by.

    Source: arXiv:2312.00752, §3.2, Algorithm 2; low-rank Δ: §3.6.
    """
    delta = x @ weights.delta_down @ weights.delta_up + weights.delta_bias  # (..., d_inner)
    return np.logaddexp(0.0, delta, dtype=x.dtype), x @ weights.b, x @ weights.c


# --8<-- [end:select]


# --8<-- [start:selective_state_space_step]
def selective_state_space_step(
    state: Float[ndarray, "*batch d_inner d_state"],
    x: Float[ndarray, "*batch d_inner"],
    delta: Float[ndarray, "*batch d_inner"],
    a: Float[ndarray, "d_inner d_state"],
    b: Float[ndarray, "*batch d_state"],
    c: Float[ndarray, "*batch d_state"],
    d: Float[ndarray, " d_inner"] | None = None,
    rule: str = "zoh",
) -> tuple[Float[ndarray, "*batch d_inner d_state"], Float[ndarray, "*batch d_inner"]]:
    """One token: h = Ā h + B̄ x, y = C h (+ D x). Returns the new state and output.

    Shapes: `state` (..., d_inner, d_state), `x` and `delta` (..., d_inner), `a`
    (d_inner, d_state), `b` and `c` (..., d_state), `d` (d_inner,) or None for no skip
    connection. The state has a fixed size: no cache grows with the sequence. `rule` as
    in `discretize`.

    Raises:
        ValueError: as `discretize`.

    Source: arXiv:2312.00752, §2, Eq. 2a and 2b.
    """
    a_bar, b_bar = discretize(delta, a, b, rule)  # (..., d_inner, d_state) each
    state = a_bar * state + b_bar * x[..., None]  # (..., d_inner, d_state)
    y = (state @ c[..., :, None])[..., 0]  # (..., d_inner)
    return state, y if d is None else y + d * x


# --8<-- [end:selective_state_space_step]


# --8<-- [start:selective_scan]
def selective_scan(
    x: Float[ndarray, "*batch n d_inner"],
    delta: Float[ndarray, "*batch n d_inner"],
    a: Float[ndarray, "d_inner d_state"],
    b: Float[ndarray, "*batch n d_state"],
    c: Float[ndarray, "*batch n d_state"],
    d: Float[ndarray, " d_inner"] | None = None,
    *,
    rule: str = "zoh",
    initial_state: Float[ndarray, "*batch d_inner d_state"] | None = None,
) -> tuple[Float[ndarray, "*batch n d_inner"], Float[ndarray, "*batch d_inner d_state"]]:
    """`selective_state_space_step` over a whole sequence. Returns all outputs and the last state.

    Shapes: as in the step, with the axis n of the tokens before the last. `initial_state` is 0 by default;
    pass the returned state to go on where another call stopped. Hardware-aware implementations compute the
    same in parallel by an associative scan.

    Raises:
        ValueError: as `discretize`.

    Source: arXiv:2312.00752, §3.2, Algorithm 2.
    """
    *batch, n, _ = x.shape
    state = np.zeros((*batch, *a.shape), x.dtype) if initial_state is None else initial_state
    y = np.empty_like(x)  # (..., n, d_inner)
    for t in range(n):
        state, y[..., t, :] = selective_state_space_step(
            state, x[..., t, :], delta[..., t, :], a, b[..., t, :], c[..., t, :], d, rule
        )
    return y, state


# --8<-- [end:selective_scan]
