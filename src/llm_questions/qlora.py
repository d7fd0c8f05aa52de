"""How much memory QLoRA's frozen parameters take: 4 bits each, and the constants that scale them.

Dettmers et al. 2023, "QLoRA: Efficient Finetuning of Quantized LLMs", arXiv:2305.14314, §3.
"""

from llm_questions.lora import adapted_model_bytes


# --8<-- [start:constant_bits]
def constant_bits(block: int = 64, second_block: int | None = 256) -> float:
    """Bits for the scaling constants, for each quantized parameter.

    A constant of 32 bits serves `block` parameters. Double quantization keeps it in 8 bits, with one of 32
    bits for each `second_block` of them; None leaves it out.

    Raises:
        ValueError: a block is less than 1.

    Source: arXiv:2305.14314, §3, "Double Quantization": 0.127 in place of 0.5 bits.
    """
    if block < 1 or (second_block is not None and second_block < 1):
        raise ValueError(f"blocks hold at least one number, got {block} and {second_block}")
    return 32 / block if second_block is None else 8 / block + 32 / (block * second_block)


# --8<-- [end:constant_bits]


# --8<-- [start:qlora_model_bytes]
def qlora_model_bytes(
    n_parameters: int, n_quantized: int, n_adapted: int, bits: float = 4 + constant_bits()
) -> dict[str, float]:
    """Bytes of parameters, gradients and optimizer states: LoRA's, with `n_quantized` parameters in `bits`.

    The other frozen parameters keep 2 bytes: tables, the output matrix, norms, biases.

    Raises:
        ValueError: more parameters are quantized than there are, or a count or `bits` is not positive.
    """
    if not 0 <= n_quantized <= n_parameters:
        raise ValueError(f"{n_quantized} of {n_parameters} parameters cannot be quantized")
    if bits <= 0:
        raise ValueError(f"bits must be positive, got {bits}")
    parts = adapted_model_bytes(n_parameters, n_adapted)
    parts["parameters"] += (bits / 8 - 2) * n_quantized
    return parts


# --8<-- [end:qlora_model_bytes]
