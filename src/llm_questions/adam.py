"""Adam's step, and how large and how noisy its first steps are.

Kingma & Ba 2015, arXiv:1412.6980 (Adam); Loshchilov & Hutter 2019, arXiv:1711.05101 (AdamW); Liu et al. 2020,
arXiv:1908.03265 (the variance of the adaptive rate, RAdam).
"""

from math import exp, lgamma, sqrt

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def _check_step(step: int) -> None:
    if step < 1:
        raise ValueError(f"steps count from 1 (the bias correction divides by 1 - beta^step), got {step}")


# --8<-- [start:adam_step]
def adam_step(
    parameters: Float[ndarray, " p"],
    gradients: Float[ndarray, " p"],
    momentum: Float[ndarray, " p"],
    variance: Float[ndarray, " p"],
    step: int,
    learning_rate: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Float[ndarray, " p"], Float[ndarray, " p"], Float[ndarray, " p"]]:
    """One step of Adam: new parameters, momentum and variance, all of shape (p,).

    `step` counts from 1. Every element is updated from its own history only. That
    is why a shard can be updated without the rest. With `weight_decay` it is AdamW:
    the decay acts on the parameters and does not enter the gradients.

    Raises:
        ValueError: `step` is less than 1.

    Source: arXiv:1412.6980, Algorithm 1; arXiv:1711.05101, Algorithm 2.
    """
    _check_step(step)
    momentum = betas[0] * momentum + (1 - betas[0]) * gradients
    variance = betas[1] * variance + (1 - betas[1]) * gradients**2
    corrected = momentum / (1 - betas[0] ** step)
    scale = np.sqrt(variance / (1 - betas[1] ** step)) + eps
    kept = (1 - learning_rate * weight_decay) * parameters
    return kept - learning_rate * corrected / scale, momentum, variance


# --8<-- [end:adam_step]


# --8<-- [start:momentum_size]
def momentum_size(step: int, beta1: float = 0.9) -> float:
    """Root mean square of the corrected momentum when all gradients are independent noise of variance 1.

    It weighs gradient i by (1 - beta1) beta1^(step - i) / (1 - beta1^step); the squares of the weights add up
    to (1 - beta1) (1 + beta1^step) / ((1 + beta1) (1 - beta1^step)): 1 at step 1, falling to
    (1 - beta1) / (1 + beta1).

    Raises:
        ValueError: `step` is less than 1.
    """
    _check_step(step)
    decayed = beta1**step
    return sqrt((1 - beta1) * (1 + decayed) / ((1 + beta1) * (1 - decayed)))


# --8<-- [end:momentum_size]


# --8<-- [start:largest_step]
def largest_step(step: int, betas: tuple[float, float] = (0.9, 0.999)) -> float:
    """The largest |momentum| / sqrt(second moment), both corrected, that any gradients can bring about.

    With w_i and u_i the weights of gradient i in the two averages, Cauchy and Schwarz bound the ratio by
    sqrt(sum of w_i^2 / u_i), and gradients proportional to w_i / u_i reach it.

    Raises:
        ValueError: `step` is less than 1.
    """
    _check_step(step)
    ages = np.arange(step)
    first, second = (beta**ages * (1 - beta) / (1 - beta**step) for beta in betas)
    return float(np.sqrt((first**2 / second).sum()))


# --8<-- [end:largest_step]


# --8<-- [start:rectification]
def averaged_gradients(step: int, beta2: float = 0.999) -> float:
    """How many gradients the second moment averages, so to say: the length of the plain average with the
    same center of mass. It is 1 at step 1 and tends to 2 / (1 - beta2) - 1.

    Raises:
        ValueError: `step` is less than 1.

    Source: arXiv:1908.03265, §4.1 (there rho_t).
    """
    _check_step(step)
    decayed = beta2**step
    return 2 / (1 - beta2) - 1 - 2 * step * decayed / (1 - decayed)


def rectification(step: int, beta2: float = 0.999, threshold: float = 4.0) -> float | None:
    """RAdam's factor on the learning rate; None while the adaptive rate is switched off.

    It makes the variance of factor / sqrt(second moment) the same at every step, to first order. At
    `threshold` averaged gradients or fewer that variance is not finite in this approximation, and the step
    is the momentum alone. The paper's threshold is 4, PyTorch's is 5.

    Raises:
        ValueError: `step` is less than 1.

    Source: arXiv:1908.03265, §4.2 and Algorithm 2.
    """
    rho, limit = averaged_gradients(step, beta2), 2 / (1 - beta2) - 1
    if rho <= threshold:
        return None
    return sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))


# --8<-- [end:rectification]


# --8<-- [start:adaptive_rate_variance]
def adaptive_rate_variance(n_gradients: float) -> float:
    """Variance of 1 / sqrt(mean of the squares) of independent N(0, 1) gradients; infinite up to 2 of them.

    E[1 / mean square] = rho / (rho - 2), and E[1 / root mean square] = sqrt(rho / 2) Gamma((rho - 1) / 2) /
    Gamma(rho / 2).

    Raises:
        ValueError: no gradient.

    Source: arXiv:1908.03265, Eq. 2, which writes the same with a beta function.
    """
    if n_gradients <= 0:
        raise ValueError(f"need at least one gradient, got {n_gradients}")
    if n_gradients <= 2:
        return float("inf")
    rho = n_gradients
    mean = sqrt(rho / 2) * exp(lgamma((rho - 1) / 2) - lgamma(rho / 2))
    return rho / (rho - 2) - mean**2


# --8<-- [end:adaptive_rate_variance]
