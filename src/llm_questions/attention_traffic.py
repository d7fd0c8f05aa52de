"""Elements that attention moves between slow and fast memory, and the operations of its matrix products.

One head of one sequence, n queries and n keys, head dimension d for keys and values, no mask and no dropout.
An element is a number, whatever its bytes. The slow memory is a GPU's HBM, the fast one the SRAM on its chip.
Setting an array to zero beforehand is not counted.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PassCost:
    """A count for the forward pass and one for the backward pass."""

    forward: int
    backward: int

    @property
    def both(self) -> int:
        return self.forward + self.backward


def _check(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")


# --8<-- [start:standard_traffic]
def standard_traffic(n: int, d: int) -> PassCost:
    """Elements read and written by attention that stores the n × n matrices, each operand of a step once.

    Forward:  S = QKᵀ, P = softmax(S), O = PV.
    Backward: dV = PᵀdO, dP = dO Vᵀ, dS = P ∘ (dP - rowsum(P ∘ dP)), dQ = dS K, dK = dSᵀQ.

    Raises:
        ValueError: a size below 1.

    Source: arXiv:2205.14135, Algorithms 0 and 3.
    """
    _check(n=n, d=d)
    rows, square = n * d, n * n
    forward = (2 * rows + square) + (square + square) + (square + rows + rows)
    product = square + 2 * rows  # each of the four products has one n × n matrix
    return PassCost(forward, 4 * product + 3 * square)


# --8<-- [end:standard_traffic]


# --8<-- [start:flash_traffic]
def flash_traffic(n: int, d: int, query_tile: int, key_tile: int) -> PassCost:
    """Elements read and written by `flash_attention_forward` and `flash_attention_backward`.

    Forward: queries are read and outputs written once, keys and values once for each tile of queries.
    Backward: keys, values and their gradients move once; queries, upstream gradients and two numbers for
    each query are read, and the queries' gradients read and written, once for each tile of keys.

    Raises:
        ValueError: a size below 1.

    Source: arXiv:2307.08691, Algorithms 1 and 2.
    """
    _check(n=n, d=d, query_tile=query_tile, key_tile=key_tile)
    query_passes, key_passes = -(-n // query_tile), -(-n // key_tile)
    forward = 2 * n * d + n + query_passes * 2 * n * d
    delta = 2 * n * d + n
    return PassCost(forward, delta + 4 * n * d + key_passes * (4 * n * d + 2 * n))


# --8<-- [end:flash_traffic]


# --8<-- [start:first_flash_traffic]
def first_flash_traffic(n: int, d: int, key_tile: int) -> PassCost:
    """The same for the loops of the first FlashAttention, which keeps a tile of keys in both passes.

    Forward, for each tile of keys: queries, outputs, row maxima and row sums are read, all but the queries
    written. Backward: queries, outputs, their gradients and the two statistics are read, and the queries'
    gradients written.

    Raises:
        ValueError: a size below 1.

    Source: arXiv:2205.14135, Algorithms 1 and 4.
    """
    _check(n=n, d=d, key_tile=key_tile)
    passes = -(-n // key_tile)
    return PassCost(2 * n * d + passes * (3 * n * d + 4 * n), 4 * n * d + passes * (5 * n * d + 2 * n))


# --8<-- [end:first_flash_traffic]


# --8<-- [start:largest_query_tile]
def largest_query_tile(sram_elements: int, d: int, key_tile: int) -> int:
    """How many queries fit: 2 B_r d (queries, output) + 2 B_c d (keys, values) + B_r B_c (logits) ≤ M.

    Raises:
        ValueError: a size below 1; not even one query fits.
    """
    _check(sram_elements=sram_elements, d=d, key_tile=key_tile)
    fitting = (sram_elements - 2 * key_tile * d) // (2 * d + key_tile)
    if fitting < 1:
        raise ValueError(f"{sram_elements} elements do not hold {key_tile} keys and one query of width {d}")
    return fitting


# --8<-- [end:largest_query_tile]


# --8<-- [start:matmul_flops]
def matmul_flops(n: int, d: int, recompute: bool) -> PassCost:
    """Operations of the matrix products, 2n²d each: two forward, four backward, one more to `recompute` S.

    Raises:
        ValueError: a size below 1.

    Source: arXiv:2307.08691, §4.1 (two products forward, five backward with recomputation).
    """
    _check(n=n, d=d)
    product = 2 * n * n * d
    return PassCost(2 * product, (5 if recompute else 4) * product)


# --8<-- [end:matmul_flops]
