"""Inverse kinematics: 21 key points to pose and shape of a template.

key points -> closed-form start -> descent within the joints' limits -> JointFit

In space (`fit_joints`) or in a picture (`fit_pixels`), of one hand or of batches, under
`jit`, `vmap` and `grad`. Left hands are fitted by the mirrored template. Example:

    template = load_template("hand_1721")
    found = fit_joints(template, joints)  # (21, 3), mm -> found.pose, found.vertices
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from handjax.geometry import cameras, rotations
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.inverse import aim, chain, descent, given, start
from handjax.hands.inverse.chain import Variables
from handjax.hands.inverse.descent import Evidence
from handjax.hands.template import Template

DEPTH_NOISE = 1.0
"""How far off a known depth of the wrist is, standard deviation, mm."""


class JointFit(NamedTuple):
    """A hand whose key points are where they were seen, as far as a hand can be.

    Attributes:
        pose: rotations, translation and shape, as `articulate` takes them.
        angles: flexion, abduction and twist of each posed joint, within the template's
            limits, radians; the wrist's, whose rotation turns the whole hand, are 0.
        transforms: posed_from_rest of each posed joint.
        vertices: the surface, mm.
        joints: the 21 key points of the fit, mm.
        residual: distance of these from those given, weighted mean, mm; in a picture
            from their pixels' rays, at the depth of the fit.
    """

    pose: Pose
    angles: Float[Array, "*batch 17 3"]
    transforms: Float[Array, "*batch 17 4 4"]
    vertices: Float[Array, "*batch vertices 3"]
    joints: Float[Array, "*batch 21 3"]
    residual: Float[Array, "*batch"]


def fit_joints(
    template: Template,
    joints: Float[ArrayLike, "..."],
    *,
    weights: Float[ArrayLike, "..."] | None = None,
    shape: Float[ArrayLike, "..."] | None = None,
    noise: Float[ArrayLike, ""] = 1.0,
    steps: int = 8,
) -> JointFit:
    """The likeliest hand with key points in given places.

        min over pose, shape of  sum_i w_i |x_i - y_i|^2 / noise^2 + |shape|^2 + prior

    The prior on angles is `inverse.prior`; they stay within their limits.

    Args:
        template: the hand at rest.
        joints: y, in the order of `skeleton.KEYPOINTS`, mm, (*batch, 21, 3). Those that
            are no numbers count as missing.
        weights: w >= 0, (*batch, 21) or fewer axes; 0 leaves out, None is all 1.
        shape: coefficients where the person is known, (*batch, shape) or fewer axes.
        noise: how far off a joint is, standard deviation along an axis, mm. The larger
            it is, the less do joints bend and shape a hand away from the usual.
        steps: how many refine the start.

    Raises:
        ValueError: shapes don't fit, a weight is negative, less than three key points
            of the palm are there, wrist or thumb_cmc among them, noise is not above 0,
            or a hand is of the size of none in mm. Traced values are not looked into.
    """
    given.above_zero(noise, "noise", "mm")
    y = given.keypoints(joints, 3, "joints", "mm")
    y, w = given.weighted(y, weights, least=3)
    given.check_size(y, w)
    shape = _known_shape(template, shape, y.shape[:-2])
    return _fit_joints(template, y, w, shape, noise, steps=steps)


def fit_pixels(
    template: Template,
    uv: Float[ArrayLike, "..."],
    camera: cameras.Camera,
    *,
    weights: Float[ArrayLike, "..."] | None = None,
    shape: Float[ArrayLike, "..."] | None = None,
    root_depth: Float[ArrayLike, "..."] | None = None,
    noise: Float[ArrayLike, ""] = 1.0,
    steps: int = 12,
) -> JointFit:
    """The likeliest hand whose key points appear at given pixels.

        min over pose, shape of  sum_i w_i |project(x_i) - uv_i|^2 / noise^2
            + |shape|^2 + prior

    A picture does not tell a large hand far away from a small one close by: without
    `root_depth` or `shape` the distance is that of a hand of about the usual size. The
    best of several starts (`inverse.aim`) is taken; fingers seen from their tips can
    still end bent the other way.

    Args:
        template: the hand at rest.
        uv: pixels, in the order of `skeleton.KEYPOINTS`, (*batch, 21, 2). Those that
            are no numbers count as missing.
        camera: that sees them, its leaves (*batch, 2) or fewer axes.
        weights: w >= 0, (*batch, 21) or fewer axes; 0 leaves out, None is all 1.
        shape: coefficients where the person is known, (*batch, shape) or fewer axes.
        root_depth: of the wrist where it is known, mm, (*batch) or fewer axes.
        noise: how far off a key point is, standard deviation along an axis, pixels.
        steps: how many refine each start.

    Returns:
        The hand in the camera's axes.

    Raises:
        ValueError: as `fit_joints`, with four of the palm; a camera is none that has
            a centre of projection, a depth is not above 0, or pixels are no hand's.
    """
    given.above_zero(noise, "noise", "pixels")
    if not isinstance(camera, cameras.Pinhole):
        raise ValueError(
            "camera wants a handjax.geometry.cameras.Pinhole; got "
            f"{type(camera).__name__}"
        )
    uv = given.keypoints(uv, 2, "uv", "pixels")
    uv, w = given.weighted(uv, weights, least=4)
    batch = uv.shape[:-2]
    leaves = zip(("camera.focal", "camera.centre"), camera, strict=True)
    camera = cameras.Pinhole(*(given.every(x, (*batch, 2), n) for n, x in leaves))
    shape = _known_shape(template, shape, batch)
    given.check_seen(uv, w, camera)
    if root_depth is not None:
        root_depth = given.every(root_depth, batch, "root_depth")
        given.above_zero(root_depth, "root_depth", "mm")
    return _fit_pixels(template, uv, w, camera, shape, root_depth, noise, steps=steps)


def _known_shape(template: Template, shape: Any, batch: tuple[int, ...]) -> Any:
    if shape is None:
        return None
    return given.every(shape, (*batch, len(template.shape_joints)), "shape")


@partial(jax.jit, static_argnames="steps")
def _fit_joints(template, y, w, shape, noise, *, steps):
    def fit(y, w, shape):
        first = start.start(template, y, w, shape=shape)
        sure = jnp.broadcast_to(w[:, None] / noise**2, y.shape)
        evidence = Evidence(y, sure, None)
        found, _ = descent.descend(
            template, evidence, first, steps=steps, hold_shape=shape is not None
        )
        return _result(template, found, lambda x: y, w)

    return _each(fit, y.shape[:-2], y, w, shape)


@partial(jax.jit, static_argnames="steps")
def _fit_pixels(template, uv, w, camera, shape, root_depth, noise, *, steps):
    def fit(uv, w, camera, shape, root_depth):
        starts = aim.starts(template, uv, w, camera, shape, root_depth)
        y = jnp.pad(uv, ((0, 0), (0, 1)))
        sure = jnp.pad(w[:, None] / noise**2 * jnp.ones(2), ((0, 0), (0, 1)))
        if root_depth is not None:
            y = y.at[0, 2].set(root_depth)
            sure = sure.at[0, 2].set(1.0 / DEPTH_NOISE**2)
        evidence = Evidence(y, sure, camera)
        descend = partial(
            descent.descend,
            template,
            evidence,
            steps=steps,
            hold_shape=shape is not None,
        )
        found, e = jax.vmap(descend)(starts)
        best = jax.tree.map(lambda leaf: leaf[jnp.argmin(e)], found)

        def behind(x):
            return cameras.unproject(camera, uv, x[:, 2])

        return _result(template, best, behind, w)

    return _each(fit, uv.shape[:-2], uv, w, camera, shape, root_depth)


def _result(template: Template, found: Variables, wanted, w) -> JointFit:
    """The hand of the variables, and how far it is from where it is wanted."""
    angles = chain.all_angles(found.angles)
    turns = rotations_from_angles(template, angles)
    turns = turns.at[0].set(rotations.axis_angle_from_matrix(found.R))
    pose = Pose(turns, found.translation, found.shape)
    hand = articulate(template, pose)
    x = keypoints(hand)
    squared = jnp.sum((x - wanted(x)) ** 2, axis=-1)
    # A root of 0, where nothing is left of the distance, has no slope.
    off = jnp.where(
        squared > 0.0, jnp.sqrt(jnp.where(squared > 0.0, squared, 1.0)), 0.0
    )
    residual = jnp.sum(w * off) / jnp.sum(w)
    return JointFit(pose, angles, hand.transforms, hand.vertices, x, residual)


def _each(fit: Any, batch: tuple[int, ...], *hands: Any) -> Any:
    """The fit of every hand of a batch with any number of axes."""
    flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[len(batch) :]), hands)
    found = jax.vmap(fit)(*flat)
    return jax.tree.map(lambda x: x.reshape(*batch, *x.shape[1:]), found)
