"""Pictures in colour of a batch as methods read them, and key points in them."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.geometry import cameras, heatmaps, transforms
from handjax.methods.lift import Given


def picture(batch: Batch) -> Float[Array, "batch height width 3"]:
    """What the first camera saw; black where it saw nothing.

    Raises:
        ValueError: the views are not pictures of pinhole cameras.
    """
    views = batch.views
    if views.image is None or not isinstance(views.camera, cameras.Pinhole):
        raise ValueError(
            "this method reads pictures in colour, but these views have pictures: "
            f"{views.image is not None}, {type(views.camera).__name__} cameras; set "
            "synthetic.modality, studio.modality to 'rgb', real.sees to 'image'"
        )
    return jnp.where(views.valid[:, :1, None, None], views.image[:, 0], 0.0)


def camera_of(batch: Batch) -> cameras.Pinhole:
    """That took the pictures, leaves (batch, 2)."""
    return jax.tree.map(lambda x: x[:, 0], batch.views.camera)


def camera_from_world(batch: Batch) -> Float[Array, "batch 4 4"]:
    """Of the pictures."""
    return batch.views.camera_from_world[:, 0]


def in_camera(
    points: Float[Array, "batch points 3"], batch: Batch
) -> Float[Array, "batch points 3"]:
    """Points of the world in the frame of the picture's camera, mm."""
    return jax.vmap(transforms.apply)(camera_from_world(batch), points)


def in_world(
    points: Float[Array, "batch points 3"], batch: Batch
) -> Float[Array, "batch points 3"]:
    """Points of the camera's frame in the world, mm."""
    back = jax.vmap(transforms.invert)(camera_from_world(batch))
    return jax.vmap(transforms.apply)(back, points)


def true_pixels(batch: Batch) -> Float[Array, "batch 21 2"] | None:
    """Key points in the picture, pixels; None where the labels don't say."""
    if batch.labels.keypoints2d is not None:
        return batch.labels.keypoints2d[:, 0]
    if batch.labels.joints is None:
        return None
    camera = camera_of(batch)
    return jax.vmap(cameras.project)(camera, in_camera(batch.labels.joints, batch))


def given_of(batch: Batch, otherwise: Given) -> Given:
    """Scale and root that the labels say, or others."""
    labels = batch.labels
    if labels.scale is None or labels.root is None:
        return otherwise
    said = Given(labels.scale, labels.root[:, 0])
    if labels.scale_valid is None:
        return said
    return jax.tree.map(partial(jnp.where, labels.scale_valid), said, otherwise)


def true_heatmaps(
    uv: Float[Array, "batch 21 2"], pixels: int, size: int, sigma: float
) -> Float[Array, "batch p q 21"]:
    """Gaussians of height one at the key points.

    Args:
        uv: key points in the picture, pixels.
        pixels: its edge.
        size: edge of the heat-maps.
        sigma: of the Gaussians, pixels of the heat-maps.

    Source: [ge2019] Sec. 4.3.
    """
    maps = jax.vmap(lambda at: heatmaps.gaussians(at, pixels, size, sigma))(uv)
    return jnp.moveaxis(maps, 1, -1)


def peaks(h: Float[Array, "p q 21"], pixels: int) -> Float[Array, "21 2"]:
    """Where heat-maps stand out: centroids of what is above half of the peak, pixels
    of the picture; its middle where nothing does."""
    weight = jnp.maximum(h - 0.5 * jnp.max(h, axis=(0, 1)), 0.0)
    # What is below 0 throughout has nothing above half of its highest.
    weight = jnp.where(jnp.max(h, axis=(0, 1)) > 0.0, weight, 1.0)
    weight = weight / jnp.maximum(jnp.sum(weight, axis=(0, 1)), 1e-6)
    uv = cameras.pixel_grid(*h.shape[:2])
    at = jnp.einsum("pqj,pqk->jk", weight, uv)
    return (at + 0.5) * (pixels / h.shape[0]) - 0.5
