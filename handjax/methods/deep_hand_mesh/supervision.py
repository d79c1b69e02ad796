"""What a capture tells: where the joints are, and how far its cameras see.

Lengths are in mm, as in the released code.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import Views
from handjax.geometry import transforms
from handjax.geometry.cameras import Pinhole
from handjax.losses import smooth_l1
from handjax.methods.views import crop_from_world, mean_of_views
from handjax.render.rasterize import rasterize

FAR = 1e4
"""Depth where no hand is drawn, mm."""


def pose_error(
    found: Float[Array, "batch 21 3"],
    true: Float[Array, "batch 21 3"],
    valid: Bool[Array, "batch 21"] | None = None,
) -> Float[Array, ""]:
    """L1 distance of joints, mm; mean over those that are known.

        L_pose = 1/J sum_j |p_j - p*_j|_1

    Of our 22 joints a capture has 21: the thumb's carpal one is not labelled. The
    released code has the mean over coordinates too, a third of this.

    Args:
        found: key points by forward kinematics, aligned by `decoder.world_from_model`.
        true: those of the capture, mm.
        valid: which of these are known; None for all.

    Source: [moon2020] Sec. 6, L_pose.
    """
    each = jnp.sum(absolute(found - true), axis=-1)
    if valid is None:
        return jnp.mean(each)
    return jnp.sum(jnp.where(valid, each, 0.0)) / jnp.maximum(jnp.sum(valid), 1)


def depth_error(
    vertices: Float[Array, "batch vertices 3"],
    faces: Int[Array, "faces 3"],
    targets: Views,
) -> Float[Array, ""]:
    """Smooth L1 between the depth that target views measured and that of the mesh, mm.

        L_depth = 1/C sum_c delta_c SmoothL1(D_c - D*_c)

    delta is 1 where both have the hand; the mean is over those pixels of a view, 0 in
    one that has none, then over the views that exist. The released code's is over all
    pixels of the picture. An outline that lies wrong has no gradient here.

    Views are drawn one after the other, and drawn again for the gradient: memory is
    that of one view, however many there are.

    Args:
        vertices: in the world, mm.
        faces: of the mesh, counter-clockwise from outside.
        targets: with depth and mask of the hand.

    Source: [moon2020] Sec. 6, L_depth.

    Raises:
        ValueError: the targets have no depth or no mask.
    """
    # Without a mask, an arm or a wall would be taken for the hand.
    if targets.depth is None or targets.mask is None:
        raise ValueError(
            "the term `depth` needs target views with depth and mask; name 'depth' and "
            "'mask' among the labels of the source"
        )
    known = targets.mask & measured(targets)[..., None, None]
    of_view = jax.vmap(partial(_view_error, faces=faces))

    @jax.checkpoint
    def one(view):
        return of_view(vertices, *view)

    camera = jax.tree.map(
        lambda x: jnp.where(targets.valid[..., None], x, 1.0), targets.camera
    )
    views = camera, crop_from_world(targets), targets.depth, known
    views = jax.tree.map(lambda x: jnp.moveaxis(x, 1, 0), views)
    return mean_of_views(jax.lax.map(one, views).T[..., None], measured(targets))


def measured(views: Views) -> Bool[Array, "batch view"]:
    """Which views exist and have depth and mask."""
    there = views.valid
    for known in (views.depth_valid, views.mask_valid):
        there = there if known is None else there & known
    return there


def absolute(x: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """|x|, with slope 0 at 0, where JAX has 1."""
    return x * jnp.sign(x)


def _view_error(
    vertices: Float[Array, "vertices 3"],
    camera: Pinhole,
    crop_from_world: Float[Array, "4 4"],
    D: Float[Array, "height width"],
    known: Bool[Array, "height width"],
    *,
    faces: Int[Array, "faces 3"],
) -> Float[Array, ""]:
    """Smooth L1 of one view's depth; mean over the pixels that show the hand in both.

    Faces that turn their back are not drawn, and have no gradient.
    """
    height, width = D.shape
    size = {"height": height, "width": width, "far": FAR}
    inside = transforms.apply(crop_from_world, vertices)
    drawn = rasterize(camera, inside, faces, **size, cull=True)
    both = known & (drawn.face >= 0)
    each = smooth_l1(jnp.where(both, drawn.depth - D, 0.0))
    return jnp.sum(each) / jnp.maximum(jnp.sum(both), 1)
