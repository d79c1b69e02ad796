"""Fully connected networks over vectors, and the variational auto-encoder of them.

Source: Kingma & Welling, Auto-Encoding Variational Bayes, ICLR 2014 [kingma2014].
"""

from typing import NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

GROUPS = 16


class Coded(NamedTuple):
    """What an auto-encoder makes of a vector.

    Attributes:
        output: the vector again.
        mean: of the latent vector's normal distribution.
        log_variance: of it.
    """

    output: Float[Array, "*batch x"]
    mean: Float[Array, "*batch latent"]
    log_variance: Float[Array, "*batch latent"]


class Perceptron(nn.Module):
    """Hidden layers with group norm and ReLU, then a linear one.

    Attributes:
        hidden: features of the hidden layers, multiples of 16.
        features: numbers out.
    """

    hidden: tuple[int, ...]
    features: int

    @nn.compact
    def __call__(self, x: Float[Array, "*batch x"]) -> Float[Array, "*batch y"]:
        for width in self.hidden:
            # The norm wants one axis of examples before the features.
            y = nn.Dense(width)(x).reshape(-1, width)
            y = nn.relu(nn.GroupNorm(GROUPS)(y))
            x = y.reshape(*x.shape[:-1], width)
        return nn.Dense(self.features)(x)


class VAE(nn.Module):
    """Encoder to a normal distribution, a draw from it, decoder.

        z = mean + spread exp(log_variance / 2) noise

    Attributes:
        hidden: features of the encoder's hidden layers; the decoder mirrors them.
        latent: numbers of z.
        spread: 1 as in [kingma2014].
    """

    hidden: tuple[int, ...]
    latent: int
    spread: float = 1.0

    @nn.compact
    def __call__(
        self, x: Float[Array, "*batch x"], noise: Float[Array, "*batch latent"]
    ) -> Coded:
        code = Perceptron(self.hidden, 2 * self.latent)(x)
        mean, log_variance = jnp.split(code, 2, axis=-1)
        z = mean + self.spread * jnp.exp(0.5 * log_variance) * noise
        output = Perceptron(self.hidden[::-1], x.shape[-1])(z)
        return Coded(output, mean, log_variance)


def divergence(coded: Coded) -> Float[Array, "*batch"]:
    """How far the latent distribution is from the standard normal one, nats.

        D_KL = 1/2 sum(mean^2 + variance - log_variance - 1)

    Source: [kingma2014] Appendix B.
    """
    excess = jnp.exp(coded.log_variance) - coded.log_variance - 1.0
    return 0.5 * jnp.sum(jnp.square(coded.mean) + excess, axis=-1)
