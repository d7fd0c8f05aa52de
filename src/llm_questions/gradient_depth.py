"""Gradients of a deep stack of sublayers at initialization, for each place where a norm can stand.

A sublayer is u · up · down: the value and output projection of a token that attends to itself only, or, with
`relu`, a feed-forward network. Fixed factors keep the size of what passes, so that the entries of `up` and
`down` are of size 1 (or beta) and gradients of different widths and depths can be compared.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from llm_questions.layer_norm import layer_norm, layer_norm_backward


# --8<-- [start:Placement]
@dataclass(frozen=True)
class Placement:
    """Where LayerNorms stand in y = on_stream(alpha · x + after(F(before(x))))."""

    before: bool = False  # in the branch, on the sublayer's input
    after: bool = False  # in the branch, on the sublayer's output
    on_stream: bool = False  # after the sum


PLACEMENTS = {
    "post": Placement(on_stream=True),  # with alpha > 1 it is DeepNorm
    "pre": Placement(before=True),
    "peri": Placement(before=True, after=True),
    "output": Placement(after=True),
}
# --8<-- [end:Placement]


@dataclass(frozen=True)
class Stack:
    """`up` (m, d, d_ff) and `down` (m, d_ff, d) of m sublayers; norms have gain 1 and bias 0."""

    placement: Placement
    up: Float[ndarray, "m d d_ff"]
    down: Float[ndarray, "m d_ff d"]
    alpha: float = 1.0
    relu: bool = False  # between the two matrices


def init_stack(
    placement: Placement,
    n_sublayers: int,
    d: int,
    d_ff: int,
    alpha: float = 1.0,
    beta: float = 1.0,
    relu: bool = False,
    seed: int = 0,
) -> Stack:
    """Independent normal weights with standard deviation `beta`.

    Raises:
        ValueError: a size is below 1.
    """
    if min(n_sublayers, d, d_ff) < 1:
        raise ValueError(f"sizes must be at least 1, got {n_sublayers}, {d} and {d_ff}")
    rng = np.random.default_rng(seed)
    up = beta * rng.standard_normal((n_sublayers, d, d_ff))
    down = beta * rng.standard_normal((n_sublayers, d_ff, d))
    return Stack(placement, up, down, alpha, relu)


def _norm(x: ndarray) -> ndarray:
    return layer_norm(x, np.ones(x.shape[-1]), np.zeros(x.shape[-1]))


def _norm_backward(grad: ndarray, x: ndarray) -> ndarray:
    return layer_norm_backward(grad, x, np.ones(x.shape[-1]))[0]


@dataclass(frozen=True)
class _Step:
    """What the backward pass of one sublayer needs."""

    x: ndarray  # (n, d)
    read: ndarray  # (n, d), what the sublayer sees
    hidden: ndarray  # (n, d_ff), between the matrices
    branch: ndarray  # (n, d), what the sublayer returns
    total: ndarray  # (n, d), the sum before a norm on the stream


def _factors(stack: Stack) -> tuple[float, float]:
    """Keep the mean square: each matrix multiplies it by its number of rows, the ReLU halves it."""
    d, d_ff = stack.up.shape[1:]
    return ((2 if stack.relu else 1) / d) ** 0.5, (1 / d_ff) ** 0.5


# --8<-- [start:forward]
def forward(
    x: Float[ndarray, "n d"],
    stack: Stack,
) -> tuple[Float[ndarray, "n d"], list[_Step]]:
    """Output of the stack, and the trace for `backward`.

    A final norm stands behind the last sublayer unless the stream has norms anyway.

    Source: arXiv:2002.04745, Table 1 (post and pre); arXiv:2203.00555, §4.1 (alpha).
    """
    place, steps = stack.placement, []
    into, out_of = _factors(stack)
    for up, down in zip(stack.up, stack.down, strict=True):
        read = _norm(x) if place.before else x  # (n, d)
        hidden = into * read @ up  # (n, d_ff)
        hidden = np.maximum(hidden, 0.0) if stack.relu else hidden
        branch = out_of * hidden @ down  # (n, d)
        total = stack.alpha * x + (_norm(branch) if place.after else branch)
        steps.append(_Step(x, read, hidden, branch, total))
        x = _norm(total) if place.on_stream else total
    return (x if place.on_stream else _norm(x)), steps


# --8<-- [end:forward]


@dataclass(frozen=True)
class Gradients:
    """Of a loss with respect to the weights, one entry a sublayer, and to the stack's input."""

    up: Float[ndarray, "m d d_ff"]
    down: Float[ndarray, "m d_ff d"]
    x: Float[ndarray, "n d"]

    def squared_sizes(self) -> Float[ndarray, " m"]:
        """Squared norm of both matrices' gradients, over n · d: over that of a loss gradient of size 1."""
        squares = (self.up**2).sum(axis=(1, 2)) + (self.down**2).sum(axis=(1, 2))
        return squares / self.x.size


# --8<-- [start:backward]
def backward(grad: Float[ndarray, "n d"], stack: Stack, steps: list[_Step]) -> Gradients:
    """Gradients for `grad`, that of the loss at the stack's output."""
    place, ups, downs = stack.placement, [], []
    into, out_of = _factors(stack)
    if not place.on_stream:
        grad = _norm_backward(grad, steps[-1].total)  # the final norm
    for up, down, step in reversed(list(zip(stack.up, stack.down, steps, strict=True))):
        if place.on_stream:
            grad = _norm_backward(grad, step.total)
        in_branch = _norm_backward(grad, step.branch) if place.after else grad
        downs.append(out_of * step.hidden.T @ in_branch)  # (d_ff, d)
        at_hidden = out_of * in_branch @ down.T  # (n, d_ff)
        at_hidden = at_hidden * (step.hidden > 0) if stack.relu else at_hidden
        ups.append(into * step.read.T @ at_hidden)  # (d, d_ff)
        at_read = into * at_hidden @ up.T  # (n, d)
        at_x = _norm_backward(at_read, step.x) if place.before else at_read
        grad = stack.alpha * grad + at_x
    return Gradients(np.stack(ups[::-1]), np.stack(downs[::-1]), grad)


# --8<-- [end:backward]


def gradient_sizes(stack: Stack, n_tokens: int = 64, seed: int = 1) -> Float[ndarray, " m"]:
    """`Gradients.squared_sizes` for standard normal tokens and a standard normal gradient at the output."""
    x, grad = np.random.default_rng(seed).standard_normal((2, n_tokens, stack.up.shape[1]))
    _, steps = forward(x, stack)
    return backward(grad, stack, steps).squared_sizes()
