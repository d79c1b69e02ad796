"""Terms of the total, Eqs. (2), (3) and (6) to (10).

Printed are sums over joints, pixels and features of one picture; here they are means,
so that a weight means the same in pictures of any size, but for heat-maps, whose
pixels are nearly all dark. Means over the batch are taken last.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from handjax.geometry import cameras
from handjax.methods.dense_hand_pose import hand
from handjax.methods.dense_hand_pose.hand import ROOT
from handjax.refinement import Skin, masks

BOX = 1.5
"""g over the longer side of the key points' box. Source: [baek2019] Sec. 3.3."""
EDGE = 224
"""Of the paper's pictures, pixels; what is told in pixels is scaled with it."""
SIZE = 32
"""Edge of the paper's heat-maps. Source: [baek2019] Sec. 3.1."""
LEAST = 1e-4
"""Added to a variance under a root: pictures may all be alike."""

Known = Bool[Array, "batch 21"]


def feature_error(
    found: Float[Array, "batch features"], masked: Float[Array, "batch features"]
) -> Float[Array, ""]:
    """How far features are from those of the foreground alone; mean.

        |F(x) - F(x * m)|^2 + max(0, 1 - std over the batch of F(x))

    As printed, the first term alone, it is least where F says nothing, and F that was
    trained so from nothing said nothing. The second wants features to differ.

    Args:
        found: F(x).
        masked: F(x * m).

    Source: [baek2019] Eq. (2); Bardes, Ponce & LeCun, VICReg, ICLR 2022, Eq. (1), for
    the second term.
    """
    spread = jnp.sqrt(jnp.var(found, axis=0) + LEAST)
    return jnp.mean(jnp.square(found - masked)) + jnp.mean(jax.nn.relu(1.0 - spread))


def heatmap_error(
    found: list[Float[Array, "batch p q 21"]],
    true: Float[Array, "batch p q 21"],
    valid: Known,
) -> Float[Array, ""]:
    """Squared differences, summed over pixels; mean over joints and stages.

    Maps of another size count as much as they would at the paper's.

    Args:
        found: of every stage, as convolutional pose machines are taught.
        true: what they should be.
        valid: key points that are known.

    Source: [baek2019] Eq. (3).
    """
    as_many = (SIZE / true.shape[1]) ** 2
    each = [jnp.sum(jnp.square(h - true), axis=(1, 2)) for h in found]
    return as_many * _mean(jnp.mean(jnp.stack(each), axis=0), valid)


def refiner_error(
    seen: list[Float[Array, "batch 21 2"]],
    uv: Float[Array, "batch 21 2"],
    valid: Known,
    pixels: int,
) -> Float[Array, ""]:
    """Squared distances of refined key points, halves of the edge; mean.

    Args:
        seen: of every iteration, as refined; 0 without any.
        uv: where they are, pixels.
        valid: key points that are known.
        pixels: edge of the picture.

    Source: [baek2019] Eq. (6).
    """
    true = hand.in_halves(uv, pixels)
    each = [jnp.sum(jnp.square(at - true), axis=-1) for at in seen]
    return _mean(jnp.mean(jnp.stack(each), axis=0), valid) if each else jnp.zeros(())


def box(uv: Float[Array, "batch 21 2"], valid: Known) -> Float[Array, "batch"]:
    """g: 1.5 times the longer side of the tight box around key points, pixels.

    Source: [baek2019] Sec. 3.3.
    """
    high, low = (jnp.where(valid[..., None], uv, far) for far in (-jnp.inf, jnp.inf))
    side = jnp.max(high, axis=1) - jnp.min(low, axis=1)
    return jnp.maximum(BOX * jnp.max(side, axis=-1), 1.0)


def normalised(
    camera: cameras.Pinhole,
    joints: Float[Array, "batch 21 3"],
    centre: Float[Array, "batch 2"],
    g: Float[Array, "batch"],
) -> Float[Array, "batch 21 3"]:
    """Skeletons free of the camera, the hand's size and its distance.

        ((u - u_m) / g, (v - v_m) / g, (z - z_root) f / (z_root g))

    Args:
        camera: of the pictures.
        joints: in its frame, mm.
        centre: where the middle finger's knuckle is, pixels. Of an estimate, too, it
            is the true one: where a hand appears is learnt from nothing else. (In the
            paper an estimate is compared as it is.)
        g: see `box`.

    Source: [baek2019] Eq. (8).
    """
    uv = jax.vmap(cameras.project)(camera, joints)
    across = (uv - centre[:, None]) / g[:, None, None]
    root = jnp.maximum(joints[:, ROOT, 2], cameras.NEAREST)
    f = jnp.mean(camera.focal, axis=-1)
    away = (joints[..., 2] - root[:, None]) * (f / (root * g))[:, None]
    return jnp.concatenate([across, away[..., None]], axis=-1)


def articulation_error(
    camera: cameras.Pinhole,
    found: Float[Array, "batch 21 3"],
    true: Float[Array, "batch 21 3"],
    valid: Known,
) -> Float[Array, ""]:
    """Squared distances of normalised key points; mean over joints.

    Hands whose middle finger's knuckle nobody knows don't count.

    Args:
        camera: of the pictures.
        found, true: in its frame, mm.
        valid: key points that are known.

    Source: [baek2019] Eq. (8).
    """
    uv = jax.vmap(cameras.project)(camera, true)
    at, g = uv[:, ROOT], box(uv, valid)
    off = normalised(camera, found, at, g) - normalised(camera, true, at, g)
    each = jnp.sum(jnp.square(off), axis=-1)
    return _mean(each, valid & valid[:, ROOT, None])


def shape_error(
    camera: cameras.Pinhole,
    vertices: Float[Array, "batch vertices 3"],
    mask: Float[Array, "batch height width"],
    share: Float[Array, "batch"],
    skin: Skin,
) -> Float[Array, ""]:
    """Squared differences of drawn masks from true ones; mean over pixels.

    Args:
        camera: of the pictures.
        vertices: of estimates, in its frame, mm.
        mask: m.
        share: lambda of each, see `gate`; 0 where no mask is known.
        skin: of the surface.

    Source: [baek2019] Eq. (9), times the lambda of Eq. (7).
    """
    drawn = masks(vertices, camera, skin, mask.shape[-1])
    each = jnp.mean(jnp.square(drawn - mask), axis=(1, 2))
    return jnp.mean(share * each)


def gate(
    found: Float[Array, "batch 21 2"],
    true: Float[Array, "batch 21 2"],
    valid: Known,
    pixels: int,
    most: float,
) -> Float[Array, "batch"]:
    """lambda: 1 for hands whose key points lie near enough in the picture, else 0.

        mean over joints of |uv - uv_true| < tau

    Printed as a squared norm of all joints under 15 pixels, that is 3 pixels from
    joint to joint if each erred alike.

    Args:
        found, true: key points, pixels.
        valid: those that are known.
        pixels: edge of the picture.
        most: tau in pictures of 224 pixels; 0 for lambda = 1 throughout.

    Source: [baek2019] Eq. (10).
    """
    if not most:
        return jnp.ones(len(found))
    off = jax.lax.stop_gradient(found) - jax.lax.stop_gradient(true)
    apart = jnp.sum(jnp.where(valid, jnp.linalg.norm(off, axis=-1), 0.0), axis=-1)
    apart = apart / jnp.maximum(jnp.sum(valid, axis=-1), 1)
    near = (apart < most * pixels / EDGE) & jnp.any(valid, axis=-1)
    return near.astype(jnp.float32)


def habit_error(
    h: Float[Array, "batch 63"], start: Float[Array, "63"]
) -> Float[Array, ""]:
    """Squared coefficients of shape, and turns of the fingers from the mean; means.

    Not in the paper: Eq. (8) is free of a hand's size, so nothing else holds it.
    """
    return jnp.mean(habits(h, start))


def habits(
    h: Float[Array, "batch 63"], start: Float[Array, "63"]
) -> Float[Array, "batch"]:
    """`habit_error` of each hand."""
    said, usual = jax.vmap(hand.parts)(h), hand.parts(start)
    turned = jnp.mean(jnp.square(said.fingers - usual.fingers), axis=-1)
    return turned + jnp.mean(jnp.square(said.shape), axis=-1)


def _mean(each: Array, valid: Array) -> Array:
    """Over what is known."""
    return jnp.sum(jnp.where(valid, each, 0.0)) / jnp.maximum(jnp.sum(valid), 1)
