"""What a hand may look like, whatever was seen: the three priors.

Notation as in the room, and
    x: the 123 coordinates of c, in units of `UNIT`.
"""

from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.geometry import alignment, transforms
from handjax.geometry import spheres as balls
from handjax.hands import spheres
from handjax.hands.template import Template
from handjax.methods.method import Config
from handjax.methods.views import UNIT, mean_of_views, over_views
from handjax.methods.wan_spheres.estimate import Prediction
from handjax.networks.vae import VAE, divergence

Collision = Literal["excess", "printed", "code"]

# Spheres that no pose moves apart: around the palm, and the two of each segment of a
# finger. Source: [wan2019], released code.
BONES = np.array([
    *((3, 2), (2, 9), (3, 8), (8, 2), (2, 4), (2, 10), (9, 10), (8, 4), (4, 10)),
    *((8, 7), (7, 4), (4, 6), (6, 10), (7, 6), (0, 5), (5, 1), (7, 0), (7, 5)),
    *((6, 5), (6, 1)),
    *((near, near + 1) for near in range(spheres.PALM, 41, 2)),
])  # fmt: skip


def vae(config: Config) -> VAE:
    """The auto-encoder that a config's `prior` describes."""
    return VAE((config.hidden, config.hidden), config.latent, config.spread)


def lower_bound(
    params,
    c: Float[Array, "*batch 41 3"],
    draws: Float[Array, "*batch 123"],
    *,
    config: Config,
    rest: Float[Array, "41 3"],
) -> Float[Array, "*batch"]:
    """Minus the lower bound on a hand's log-likelihood, nats a coordinate.

        L_vae = (|x - x'|^2 / (2 sigma^2) + D_KL[Q(z|x) || N(0, 1)]) / 123

    The expectation over z is one draw, as usual.

    Args:
        params: of the auto-encoder.
        c: the hands, in any crop frame, mm.
        draws: normal; the first are for z.
        config: `sigma`, mm, how exactly a hand must be met: ours, the released code
            has the mean squared error in units of 100 mm in place of the first
            quotient; `aligned`, whether the palm is brought to rest first, so that
            the prior need not learn every view of a hand: ours, the paper's 123
            coordinates are raw.
        rest: the resting spheres.

    Source: [wan2019] Eq. (13).
    """
    if config.aligned:
        c = _to_rest(c, rest)
    x = c.reshape(*c.shape[:-2], -1) / UNIT
    coded: Any = vae(config).apply(params, x, draws[..., : config.latent])
    error = jnp.sum(jnp.square(coded.output - x), axis=-1)
    likelihood = error / (2.0 * (config.sigma / UNIT) ** 2)
    return (likelihood + divergence(coded)) / x.shape[-1]


def _to_rest(c, rest):
    """Hands with their palm where the resting hand has it."""
    palm = slice(0, spheres.PALM)

    def one(c):
        return transforms.apply(alignment.align_rigid(c[palm], rest[palm]), c)

    flat = jax.vmap(one)(c.reshape(-1, *c.shape[-2:]))
    return flat.reshape(c.shape)


def plausibility(
    params, prediction: Prediction, batch: Batch, *, config: Config, rest
) -> Float[Array, ""]:
    """`lower_bound` of the estimate.

    Source: [wan2019] Eq. (13).
    """
    bound = lower_bound(
        params, prediction.centres, prediction.draws, config=config, rest=rest
    )
    return mean_of_views(bound, batch.views.valid)


def bone_length(
    prediction: Prediction,
    batch: Batch,
    *,
    rest: Float[Array, "41 3"],
    allowed: tuple[float, float],
) -> Float[Array, ""]:
    """Squared excess of distances that no pose changes over their range, mm^2.

        L_bone = mean_jk max(d_jk - l_max, 0)^2 + max(l_min - d_jk, 0)^2

    Args:
        prediction: the spheres.
        batch: which views there are.
        rest: the resting spheres, mm.
        allowed: l_min and l_max over the resting length. The released code allows
            0.80 to 1.05 of its mean hand's and takes the excess of squared lengths.

    Source: [wan2019] Eq. (14).
    """
    length = distances(prediction.centres)
    low, high = (share * distances(rest) for share in allowed)
    excess = jnp.maximum(length - high, 0.0) + jnp.maximum(low - length, 0.0)
    return mean_of_views(jnp.square(excess), batch.views.valid)


def distances(c: Float[Array, "*batch 41 3"]) -> Float[Array, "*batch 35"]:
    """Lengths of `BONES`, mm; 0 has slope 0.

    Source: [wan2019] Eq. (15).
    """
    squared = jnp.sum(
        jnp.square(c[..., BONES[:, 0], :] - c[..., BONES[:, 1], :]), axis=-1
    )
    some = squared > 0.0
    return jnp.where(some, jnp.sqrt(jnp.where(some, squared, 1.0)), 0.0)


def collision(
    prediction: Prediction, batch: Batch, *, form: Collision, template: Template
) -> Float[Array, ""]:
    """How deep spheres of different fingers, or of finger and palm, reach, summed.

    Args:
        prediction: the spheres.
        batch: which views there are.
        form: "excess" over what overlaps at rest, mm (ours: 26 of the 690 pairs do);
            "printed", mixed units; or "code", mm^2 within 6 mm.
        template: the hand at rest.

    Source: [wan2019] Eq. (16).
    """
    pairs, r = jnp.asarray(spheres.PAIRS), prediction.radii
    at_rest = balls.overlap(template.sphere_centres, template.sphere_radii, pairs)
    forms = {
        "excess": lambda c: balls.collision(c, r, pairs, at_rest),
        "printed": lambda c: balls.collision_as_printed(c, r, pairs),
        "code": partial(balls.collision_of_centres, pairs=pairs),
    }
    return mean_of_views(over_views(forms[form])(prediction.centres), batch.views.valid)
