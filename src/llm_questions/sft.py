"""The loss of supervised fine-tuning: next-token cross-entropy, usually over the response only.

Ouyang et al. 2022, arXiv:2203.02155, §3.5 (InstructGPT).
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from llm_questions.softmax import log_softmax


# --8<-- [start:sft_loss]
def sft_loss(
    logits: Float[ndarray, "n vocab_size"],
    tokens: Int[ndarray, " n"],
    is_response: Bool[ndarray, " n"],
) -> float:
    """Mean of -log p(token | those before it) over the tokens of the response, in nats.

    Shapes: `logits` (n, vocab_size), row i scored by the model after reading tokens 0
    to i; `tokens` (n,); `is_response` (n,), True for the tokens to learn, False for the
    prompt. Row i predicts token i + 1, so the last row predicts nothing and the first
    token is never predicted.

    Raises:
        ValueError: no token after the first belongs to the response.
    """
    learned = is_response[1:]  # (n - 1,)
    if not learned.any():
        raise ValueError("no token after the first is marked as response: there is nothing to learn")
    log_probabilities = log_softmax(logits[:-1])  # (n - 1, vocab_size)
    # (n - 1,)
    chosen = np.take_along_axis(log_probabilities, tokens[1:, None], axis=1)[:, 0]
    return float(-chosen[learned].mean())


# --8<-- [end:sft_loss]
