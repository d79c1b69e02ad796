"""Where fits to key points in a picture start: a hand seen from many sides.

Notation, shared by every function here and by the tests:
    V: rotation from rest to a view along z, (3, 3).
    p, q: key points in the plane as complex numbers: of the view, mm, and as seen, at
        depth 1.
    a, b: the similarity a p + b of the plane; |a| is 1 / depth, its angle a turn.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import cameras
from handjax.geometry.precision import einsum, small_matmul
from handjax.hands.inverse import chain, prior
from handjax.hands.inverse.chain import Variables
from handjax.hands.inverse.start import PALM
from handjax.hands.template import Template

VIEWS = 64
"""How many sides the hand is looked at from."""

STARTS = 6
"""How many of these are refined."""

FINGERS_WEIGHT = 0.1
"""Of a key point of a finger, which may be bent anyhow, over one of the palm."""

_WEIGHTS = np.full(21, FINGERS_WEIGHT, np.float32)
_WEIGHTS[list(PALM)] = 1.0


def _views() -> np.ndarray:
    """Rotations that bring directions, spread evenly over the sphere, to z."""
    k = np.arange(VIEWS) + 0.5
    z, turn = 1.0 - 2.0 * k / VIEWS, np.pi * (1.0 + np.sqrt(5.0)) * k
    r = np.sqrt(1.0 - z**2)
    forward = np.stack([r * np.cos(turn), r * np.sin(turn), z], axis=-1)
    right = np.stack([-np.sin(turn), np.cos(turn), 0.0 * turn], axis=-1)
    return np.stack([right, np.cross(forward, right), forward], 1).astype(np.float32)


_VIEWS = _views()


def starts(
    template: Template,
    uv: Float[Array, "21 2"],
    w: Float[Array, "21"],
    camera: cameras.Pinhole,
    shape: Float[Array, "shape"] | None,
    root_depth: Float[Array, ""] | None,
) -> Variables:
    """The views from which a hand in the mean pose looks most like what was seen.

        min over a, b of  sum_i w_i |a p_i + b - q_i|^2

    as if all key points were as far away as their mean.

    Args:
        template: the hand at rest.
        uv: pixels.
        w: weights, 0 where a key point is missing.
        camera: that saw them.
        shape: coefficients where they are known, else None.
        root_depth: of the wrist, mm, or None where |a| is to give it.

    Returns:
        `STARTS` of them, each leaf (starts, ...).
    """
    w = w * _WEIGHTS
    w = w / jnp.sum(w)
    usual = jnp.clip(jnp.asarray(prior.MEAN), *chain.limits(template).T)
    if shape is None:
        shape = jnp.zeros(len(template.shape_joints))
    to_wrist = chain.shaped(template, shape)[0]
    still = Variables(jnp.eye(3), -to_wrist, usual, shape)
    x, _ = chain.keypoints_and_slopes(template, still)
    viewed = einsum("vab,ib->via", jnp.asarray(_VIEWS), x)
    q = _complex((uv - camera.centre) / camera.focal)
    a, off = jax.vmap(lambda p: _similarity(p, q, w))(_complex(viewed))
    best = jax.lax.top_k(-off, STARTS)[1]
    R = small_matmul(jax.vmap(_about_z)(a[best]), jnp.asarray(_VIEWS)[best])
    middle = einsum("vab,i,ib->va", R, w, x)
    depth = 1.0 / jnp.abs(a[best]) if root_depth is None else root_depth + middle[:, 2]
    to = jnp.sum(w * q)
    seen = depth[:, None] * jnp.stack([to.real, to.imag, jnp.ones_like(to.real)])
    return Variables(
        R=R,
        translation=seen - middle - to_wrist,
        angles=jnp.broadcast_to(usual, (STARTS, *usual.shape)),
        shape=jnp.broadcast_to(shape, (STARTS, *shape.shape)),
    )


def _similarity(p, q, w) -> tuple[Array, Array]:
    """a, and what it leaves of the squared distances."""
    p, q = p - jnp.sum(w * p), q - jnp.sum(w * q)
    a = jnp.sum(w * jnp.conj(p) * q) / jnp.sum(w * _squared(p))
    return a, jnp.sum(w * _squared(a * p - q))


def _complex(x: Float[Array, "*points"]) -> Array:
    return jax.lax.complex(x[..., 0], x[..., 1])


def _squared(p: Array) -> Array:
    return p.real**2 + p.imag**2


def _about_z(a: Array) -> Float[Array, "3 3"]:
    """The turn about z that the angle of a is in the plane."""
    c, s = a.real / jnp.abs(a), a.imag / jnp.abs(a)
    zero, one = jnp.zeros_like(c), jnp.ones_like(c)
    return jnp.stack([c, -s, zero, s, c, zero, zero, zero, one]).reshape(3, 3)
