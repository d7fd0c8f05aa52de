"""How many heads a query needs to fetch the contents of several tokens, each into a place of its own.

A token is a row of four parts: its role (one-hot: which of the relations it fulfills for the query, zeros if
none), its content, a constant 1, and an empty slot for each relation, where the output is written.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from llm_questions.multi_head import AttentionWeights


# --8<-- [start:token_rows]
def token_rows(
    roles: Int[ndarray, " n"], contents: Float[ndarray, "n m"], n_relations: int
) -> Float[ndarray, "n d_model"]:
    """Rows (role, content, 1, slots) of width d_model = n_relations + m + 1 + n_relations · m.

    Shapes: `roles` (n,) with 0 to n_relations - 1, or -1 for none; `contents` (n, m).

    Raises:
        ValueError: a role is out of range.
    """
    if roles.min() < -1 or roles.max() >= n_relations:
        raise ValueError(f"roles are -1 to {n_relations - 1}, got {roles.tolist()}")
    n, m = contents.shape
    one_hot = (roles[:, None] == np.arange(n_relations)).astype(float)  # (n, n_relations)
    return np.hstack([one_hot, contents, np.ones((n, 1)), np.zeros((n, n_relations * m))])


# --8<-- [end:token_rows]


# --8<-- [start:one_head_per_relation]
def one_head_per_relation(
    n_relations: int,
    m: int,
    sharpness: float,
) -> AttentionWeights:
    """A layer whose head r copies the content of the token with role r to slot r.

    Each head has d_k = 1 and d_v = m. Its logit is `sharpness` for the token with
    its role and 0 for all others, whatever their contents.
    """
    content, constant, slots = n_relations, n_relations + m, n_relations + m + 1
    d_model = slots + n_relations * m
    query, key = np.zeros((2, d_model, n_relations))
    value = np.zeros((d_model, n_relations * m))
    output = np.zeros((n_relations * m, d_model))
    query[constant] = sharpness
    key[:n_relations] = np.eye(n_relations)
    value[content:constant] = np.tile(np.eye(m), n_relations)
    output[:, slots:] = np.eye(n_relations * m)
    return AttentionWeights(query, key, value, output)


# --8<-- [end:one_head_per_relation]


# --8<-- [start:unexplained_share]
def unexplained_share(
    attention: Float[ndarray, "n_heads n"],
    wanted: Int[ndarray, " r"],
) -> float:
    """Share of the wanted contents' variance that value and output matrices miss.

    Shapes: `attention` (n_heads, n), the weights of every head for one query;
    `wanted` (r,), the tokens whose contents are wanted, each in a slot of its own.
    Contents have mean 0 and variance 1 and are independent, of each other and of
    the weights. A wanted token counts by the squared distance of its unit vector
    from the span of the weights.

    Raises:
        ValueError: a token is wanted twice.
    """
    if len(set(wanted.tolist())) < len(wanted):
        raise ValueError(f"each wanted token counts once, got {wanted.tolist()}")
    # a pseudoinverse is wrong where rows nearly coincide; these stay orthonormal
    _, lengths, directions = np.linalg.svd(attention, full_matrices=False)
    directions = directions[lengths > 1e-12 * lengths[0]]  # (rank, n)
    return 1.0 - (directions[:, wanted] ** 2).sum(axis=0).mean().item()


# --8<-- [end:unexplained_share]


# --8<-- [start:one_head_for_two]
def one_head_for_two(epsilon: float, sharpness: float) -> AttentionWeights:
    """One head for two relations with contents of width 1: its logits carry what its average cannot.

    Its logit is `sharpness` for both wanted tokens, plus `epsilon` times the content. The two weights then
    differ by about epsilon/2 times the difference of the contents, which values of ±1/epsilon bring back to
    full size. The error is about epsilon/4 times the squared difference.
    """
    d_model = 6  # two roles, content, constant, two slots
    query, key = np.zeros((2, d_model, 1))
    value = np.zeros((d_model, 2))
    query[3] = 1.0
    key[:3, 0] = sharpness, sharpness, epsilon
    value[:3] = [[1 / epsilon, -1 / epsilon], [-1 / epsilon, 1 / epsilon], [1.0, 1.0]]
    output = np.zeros((2, d_model))
    output[:, 4:] = np.eye(2)
    return AttentionWeights(query, key, value, output)


# --8<-- [end:one_head_for_two]
