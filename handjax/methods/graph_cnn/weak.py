"""Terms of pictures without surface and without key points in space: Eqs. (7) and (8).

Units and means as in `labelled`.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from handjax.batch import Batch
from handjax.losses import smooth_l1
from handjax.methods.graph_cnn.estimate import (
    Prediction,
    Room,
    decode,
    encode,
)
from handjax.methods.graph_cnn.labelled import CM, Mesh
from handjax.methods.pictures import camera_of, picture
from handjax.render.rasterize import rasterize

PIXELS = 32
"""Edge of the depth maps. Source: [ge2019] Sec. 4.4."""
FAR = 1e4
"""Depth where no hand is drawn, mm."""


def depth_error(
    prediction: Prediction, batch: Batch, mesh: Mesh, pixels: int
) -> Float[Array, ""]:
    """Smooth L1 between the depth that was measured and that of the estimate, cm.

    Over pixels where both have a hand: an outline's gradient would be that of pixels
    that leave it, which a drawing by faces has not.

    Args:
        prediction: with a surface.
        batch: with depth, and masks of the hand.
        mesh: of the template.
        pixels: edge of the pictures.

    Raises:
        ValueError: the batch has no depth or no mask, or the prediction no surface.

    Source: [ge2019] Eq. (7).
    """
    views = batch.views
    # Without a mask, what lies behind the hand would be taken for it.
    if views.depth is None or views.mask is None or prediction.vertices is None:
        raise ValueError(
            "the term `depth` needs views with depth and mask, and a pipeline with a "
            "mesh; name 'depth' and 'mask' among the labels of the source"
        )
    D, there = reference(batch, pixels)
    found = drawn(prediction.vertices, batch, mesh, pixels)
    both = there & (found < FAR)
    each = smooth_l1(jnp.where(both, D - found, 0.0) / CM)
    # As in the paper a sum over pixels; shares of the hand's vertices.
    return jnp.sum(each) / (len(D) * prediction.vertices.shape[1])


def reference(
    batch: Batch, pixels: int
) -> tuple[Float[Array, "batch 32 32"], Bool[Array, "batch 32 32"]]:
    """D, mm, and where it shows the hand, at the pixel in each patch's middle."""
    views = batch.views
    step = max(pixels // PIXELS, 1)
    middles = (slice(None), 0, *[slice(step // 2, None, step)] * 2)
    assert views.depth is not None
    D = views.depth[middles]
    there = (D > 0.0) & views.valid[:, 0, None, None]
    if views.mask is not None:
        there &= views.mask[middles]
    if views.depth_valid is not None:
        there &= views.depth_valid[:, 0, None, None]
    if views.mask_valid is not None:
        there &= views.mask_valid[:, 0, None, None]
    return jnp.where(there, D, 0.0), there


def drawn(
    vertices: Float[Array, "batch vertices 3"], batch: Batch, mesh: Mesh, pixels: int
) -> Float[Array, "batch 32 32"]:
    """Depth of estimated surfaces at the same places, mm."""
    step = max(pixels // PIXELS, 1)

    def one(camera, vertices):
        # The pixel in a patch's middle has its centre where the small picture's is.
        small = camera._replace(
            focal=camera.focal / step, centre=(camera.centre - step // 2) / step
        )
        size = {"height": pixels // step, "width": pixels // step, "far": FAR}
        return rasterize(small, vertices, mesh.faces, **size, cull=True).depth

    return jax.vmap(one)(camera_of(batch), vertices)


def pseudo_truth(
    teacher: Any, batch: Batch, known: Float[Array, "batch p q 21"], room: Room
) -> Float[Array, "batch vertices 3"]:
    """The mesh of the pre-trained networks from true heat-maps, mm.

    Source: [ge2019] Sec. 4.4.
    """
    frozen = jax.lax.stop_gradient(teacher)
    maps, latent = encode(frozen, picture(batch), known, room)
    vertices = decode(frozen, latent, batch, maps, room).vertices
    assert vertices is not None
    return jax.lax.stop_gradient(vertices)
