"""Learned absolute positions: one trained row of a table per position, added to the token embedding.

Devlin et al. 2018 (BERT, 512 rows), arXiv:1810.04805; Radford et al. 2019 (GPT-2, 1,024 rows).
"""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


# --8<-- [start:learned_encoding]
def learned_encoding(
    table: Float[ndarray, "n_rows d_model"], positions: Int[ndarray, "*shape"]
) -> Float[ndarray, "*shape d_model"]:
    """The rows of `table` at `positions`, counted from 0.

    Shapes: `table` (n_rows, d_model), `positions` of any shape, result
    (*positions.shape, d_model). Past the last row there is nothing to look up: the
    limit is hard, not a slow decline.

    Raises:
        ValueError: a position is negative or has no row.

    Source: arXiv:1706.03762, §3.5 (learned variant), Table 3 row E.
    """
    n_rows = table.shape[0]
    # NumPy would count a negative index from the end of the table and return a row
    if (positions < 0).any() or (positions >= n_rows).any():
        raise ValueError(
            f"the table has rows for the positions 0 to {n_rows - 1}, but positions run "
            f"from {positions.min()} to {positions.max()}; shorten the sequence, or "
            "lengthen the table with "
            "interpolate_table and train further"
        )
    return table[positions]  # (*shape, d_model)


# --8<-- [end:learned_encoding]


# --8<-- [start:interpolate_table]
def interpolate_table(
    table: Float[ndarray, "n_rows d_model"], n_positions: int
) -> Float[ndarray, "n_positions d_model"]:
    """A longer table: row i is read off the old one at i (n_rows - 1) / (n_positions - 1), linearly.

    Shapes: (n_rows, d_model) -> (n_positions, d_model). The first and the last row stay as they are and all
    others move closer together, so that one step is a fraction (n_rows - 1) / (n_positions - 1) of a trained
    step. A model has not seen such rows: it needs further training.

    Raises:
        ValueError: `table` has fewer than two rows; `n_positions` is smaller than their number.

    Source: arXiv:2010.11929, §3.2 (Vision Transformer at higher resolution, there in two dimensions).
    """
    n_rows = table.shape[0]
    if n_rows < 2:
        raise ValueError(f"interpolation needs two rows or more, the table has {n_rows}")
    if n_positions < n_rows:
        raise ValueError(
            f"{n_positions} positions need no interpolation of a table of {n_rows} rows; "
            f"take table[:{n_positions}]"
        )
    where = np.arange(n_positions) * (n_rows - 1) / (n_positions - 1)  # (n_positions,), 0 to n_rows - 1
    below = np.minimum(where.astype(np.int64), n_rows - 2)  # (n_positions,)
    share = (where - below)[:, None].astype(table.dtype)  # (n_positions, 1), of the row above
    return table[below] + share * (table[below + 1] - table[below])  # (n_positions, d_model)


# --8<-- [end:interpolate_table]
