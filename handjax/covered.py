"""Pixels that an estimated surface covers, beside those that show the hand.

vertices -> mask -> TP, FP, FN, TN of each picture, see `evaluation.masks`
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import Batch
from handjax.geometry import transforms
from handjax.render.rasterize import rasterize
from handjax.render.silhouette import BEYOND

DRAWN = ("vertices", "vertices_refined")
"""Sets of vertices that are drawn: where the method itself has the hand."""


def drawn(
    vertices: Float[Array, "batch vertices 3"],
    batch: Batch,
    faces: Int[Array, "faces 3"],
) -> Bool[Array, "batch height width"]:
    """Pixels of the first views whose centres a surface covers.

    Args:
        vertices: in the world, mm.
        batch: with pictures.
        faces: of the surface.
    """
    views = batch.views
    assert views.image is not None
    height, width = views.image.shape[2:4]

    def one(camera, camera_from_world, vertices):
        seen = transforms.apply(camera_from_world, vertices)
        size = {"height": height, "width": width, "far": BEYOND}
        return rasterize(camera, seen, faces, **size, cull=True).face >= 0

    camera = jax.tree.map(lambda leaf: leaf[:, 0], views.camera)
    return jax.vmap(one)(camera, views.camera_from_world[:, 0], vertices)


def counts(
    found: Bool[Array, "batch height width"], true: Bool[Array, "batch height width"]
) -> Int[Array, "batch 4"]:
    """TP, FP, FN and TN of each picture."""
    each = (found & true, found & ~true, ~found & true, ~found & ~true)
    return jnp.stack([jnp.sum(some, axis=(1, 2)) for some in each], axis=-1)
