"""Records as batches: crops and labels on the host, the rest within the jitted step."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from handjax.batch import FAR, Batch, Labels, Views
from handjax.data.crop import PIXELS
from handjax.data.real import beside, crops, points
from handjax.data.real.frame import About
from handjax.data.real.looks import OF_PICTURES, Look, place
from handjax.data.real.records import Part, Record
from handjax.geometry import cameras, transforms
from handjax.hands.skeleton import from_dataset

Held = dict[str, Any]
"""What a batch is made of, each (batch, ...); what nobody named is not there."""

Vector = Float[np.ndarray, "3"]


def hold(
    record: Record, look: Look, random: np.random.Generator, given: Vector | None = None
) -> Held:
    """What a batch is made of, for one frame.

    Args:
        record: the frame.
        look: how it is shown.
        random: of the jitter.
        given: the crop's centre in the first view instead, mm; NaN for none.
    """
    size = look.cube or record.cube
    placed = place(record, look, given)[: look.views]
    views = [
        _show(record, part, centre + _within_ball(random, look.jitter), size, look)
        for part, centre in placed
    ]
    # Views that are not there repeat the first, or show nothing, and say so.
    absent = (views[0] if views else _nothing(look)) | _validity(look)
    views += [absent] * (look.views - len(views))
    stacked = {name: np.stack([view[name] for view in views]) for name in views[0]}
    stacked |= {"size": np.float32(size), "right": np.bool_(record.right)}
    if look.sees == "image":
        rig, camera = (np.asarray(stacked[name]) for name in ("rig", "camera"))
        stacked |= points.labels(record, look, rig, camera)
    return stacked | _labels(record, look)


def collate(held: Sequence[Held]) -> Held:
    """Frames as a batch."""
    return {name: np.stack([one[name] for one in held]) for name in held[0]}


def as_batch(held: Held, about: About, look: Look) -> Batch:
    """The batch of what `collate` gave, within a jitted step."""
    held = jax.tree.map(jnp.asarray, held)
    views = _depth_views(held) if look.sees == "depth" else _image_views(held)
    return Batch(views, None, _known(held, about), held["right"])


def _within_ball(random: np.random.Generator, radius: float) -> Vector:
    direction = random.normal(size=3)
    length = radius * random.uniform() ** (1 / 3)
    return (direction * (length / math.hypot(*direction))).astype(np.float32)


def _show(record: Record, part: Part, centre: Vector, size: float, look: Look) -> Held:
    """A view as all views of a look are."""
    there = {"centre": centre, "rig": part.camera_from_world, "valid": np.True_}
    if look.sees == "depth":
        return _show_depth(part, centre, size, look) | there
    return _nothing(look) | _show_image(record, part, centre, size, look) | there


def _show_depth(part: Part, centre: Vector, size: float, look: Look) -> Held:
    depth = crops.crop_depth(
        part.depth, part.camera, centre, size=size, exact=look.exact
    )
    return {"depth": depth}


def _show_image(
    record: Record, part: Part, centre: Vector, size: float, look: Look
) -> Held:
    shown = crops.crop_image(part, centre, size=size, pixels=look.pixels)
    if look.beside and {"depth", "mask"} & set(look.labels):
        shown = beside.with_depth(
            shown, record, part, centre, size=size, joints=look.joints
        )
    held = {"image": shown.image, "camera": shown.camera}
    for label, found in (("depth", shown.depth), ("mask", shown.mask)):
        if label in look.labels and found is not None:
            held |= {label: found, f"{label}_valid": np.True_}
    return held


def _nothing(look: Look) -> Held:
    """A view in which nothing is seen."""
    there = {"centre": np.zeros(3, np.float32), "rig": np.eye(4, dtype=np.float32)}
    if look.sees == "depth":
        depth = np.full((PIXELS, PIXELS), FAR, np.float32)
        return there | _validity(look) | {"depth": depth}
    size = (look.pixels, look.pixels)
    # Any camera will do whose focal length can be divided by.
    held = there | {
        "image": np.zeros((*size, 3), np.uint8),
        "camera": np.full((2, 2), look.pixels / 2, np.float32),
        "depth": np.full(size, FAR, np.float32),
        "mask": np.zeros(size, bool),
    }
    left_out = {"depth", "mask"} - set(look.labels)
    kept = {name: held[name] for name in held.keys() - left_out}
    return kept | _validity(look)


def _validity(look: Look) -> Held:
    """That neither a view is there nor what is named of it."""
    named = {"depth", "mask"} & set(look.labels) if look.sees == "image" else set()
    return {"valid": np.False_} | {f"{label}_valid": np.False_ for label in named}


def _labels(record: Record, look: Look) -> Held:
    named: Held = {}
    if "joints" in look.labels:
        named |= {"joints": record.joints, "joints_valid": record.valid}
    if "vertices" in look.labels:
        known = len(record.vertices) > 0
        nothing = np.zeros((look.vertices, 3), np.float32)
        named["vertices"] = record.vertices if known else nothing
        named["vertices_valid"] = np.bool_(known)
    return named


def _depth_views(held: Held) -> Views:
    depth, valid = held["depth"], held["valid"]
    focal = (PIXELS / held["size"])[:, None, None]
    camera = cameras.orthographic_crop(1.0, PIXELS)
    return Views(
        depth=depth,
        image=None,
        mask=depth < FAR,
        valid=valid,
        camera=cameras.Orthographic(
            jnp.broadcast_to(focal, (*valid.shape, 2)),
            jnp.broadcast_to(camera.centre, (*valid.shape, 2)),
        ),
        crop_from_camera=_shift(-held["centre"]),
        camera_from_world=held["rig"],
    )


def _image_views(held: Held) -> Views:
    """Rays meet in the camera, so its frame is the crop's too."""
    centre, camera = held["centre"], held["camera"]
    depth = held.get("depth")
    return Views(
        depth=None if depth is None else depth + centre[..., 2, None, None],
        image=held["image"].astype(jnp.float32) / 255.0,
        mask=held.get("mask"),
        valid=held["valid"],
        camera=cameras.Pinhole(camera[..., 0, :], camera[..., 1, :]),
        crop_from_camera=_shift(jnp.zeros_like(centre)),
        camera_from_world=held["rig"],
        depth_valid=held.get("depth_valid"),
        mask_valid=held.get("mask_valid"),
    )


def _shift(t: jax.Array) -> jax.Array:
    shift = jax.vmap(jax.vmap(lambda t: transforms.make(jnp.eye(3), t)))
    return shift(t)


def _known(held: Held, about: About) -> Labels:
    """The labels that were named, of those that there are."""
    told = ("vertices", "vertices_valid", *OF_PICTURES, "root", "scale_valid")
    given = {name: held.get(name) for name in told}
    if "joints" not in held:
        return Labels(joints_valid=held.get("keypoints_valid"), **given)
    own, own_valid = held["joints"], held["joints_valid"]
    order = jax.vmap(lambda points: from_dataset(about.joints, points)[0])
    # A key point is known if all is that it is made of: weights add up to one.
    sums = order(jnp.broadcast_to(own_valid[..., None], own.shape).astype(own.dtype))
    known = jnp.abs(sums[..., 0] - 1.0) < 1e-3
    return Labels(
        joints=jnp.where(known[..., None], order(own), 0.0),
        joints_valid=known,
        own=own,
        own_valid=own_valid,
        **given,
    )
