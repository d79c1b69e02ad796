"""Records as batches: crops and labels on the host, the rest within the jitted step."""

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from handjax.batch import FAR, Batch, Labels, Views
from handjax.data.crop import PIXELS
from handjax.data.real import crops
from handjax.data.real.frame import About, DatasetError
from handjax.data.real.records import Part, Record
from handjax.geometry import cameras, transforms
from handjax.hands.skeleton import from_dataset

Held = dict[str, Any]
"""What a batch is made of, each (batch, ...); what nobody named is not there."""

LABELS = ("joints", "vertices", "depth", "mask")
"""What a config may name: the joints, canonical and the dataset's own; the surface;
for methods on colour, the depth and which pixels are of the hand."""

CENTERS = ("depth", "gt")
"""Where a crop's centre may come from: the depth that is seen, or the labels."""

Vector = Float[np.ndarray, "3"]


class Look(NamedTuple):
    """How frames are shown.

    Attributes:
        sees: "depth", along parallel rays; or "image", as the camera took it.
        views: how many of those that have it; frames that have fewer get ones that
            are not valid.
        labels: those of `LABELS` that may be read.
        center: one of `CENTERS`.
        jitter: no centre is farther than this from there, mm.
        cube: edge of the crops, mm; the frames' own by default.
        exact: crops of all that was measured, not of enough of it.
    """

    sees: Literal["depth", "image"] = "depth"
    views: int = 1
    labels: tuple[str, ...] = ()
    center: str = "depth"
    jitter: float = 0.0
    cube: float | None = None
    exact: bool = False


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
    parts = showing(record, look.sees)[: look.views]
    centres = [
        _centre(part, look, None if k else given) for k, part in enumerate(parts)
    ]
    centres = [centre + _within_ball(random, look.jitter) for centre in centres]
    show = _show_depth if look.sees == "depth" else _show_image
    shown = [
        show(part, centre, size, look)
        for part, centre in zip(parts, centres, strict=True)
    ]
    views = [
        one | {"centre": centre, "rig": part.camera_from_world, "valid": np.True_}
        for one, centre, part in zip(shown, centres, parts, strict=True)
    ]
    # Views that are not there repeat the first, and say so.
    views += [views[0] | {"valid": np.False_}] * (look.views - len(views))
    stacked = {name: np.stack([view[name] for view in views]) for name in views[0]}
    whole = {"size": np.float32(size), "right": np.bool_(record.right)}
    return stacked | whole | _labels(record, look)


def collate(held: Sequence[Held]) -> Held:
    """Frames as a batch."""
    return {name: np.stack([one[name] for one in held]) for name in held[0]}


def as_batch(held: Held, about: About, look: Look) -> Batch:
    """The batch of what `collate` gave, within a jitted step."""
    held = jax.tree.map(jnp.asarray, held)
    views = _depth_views(held) if look.sees == "depth" else _image_views(held)
    return Batch(views, None, _known(held, about), held["right"])


def showing(record: Record, sees: str) -> list[Part]:
    """The views that have depth, or colour; some cameras have one alone."""
    found = [p for p in record.parts if (p.image if sees == "image" else p.depth.size)]
    if not found:
        what = "colour" if sees == "image" else "depth"
        raise DatasetError(f"{record.name} has no {what}; real.sees may be the other")
    return found


def _centre(part: Part, look: Look, given: Vector | None) -> Vector:
    if given is not None and np.isfinite(given).all():
        return given
    if look.center == "gt":
        return part.hand
    if not np.isfinite(part.found).all():
        raise DatasetError(
            "center 'depth' wants depth to find the hand in, and there is none; 'gt' "
            "takes it from the labels"
        )
    return part.found


def _within_ball(random: np.random.Generator, radius: float) -> Vector:
    direction = random.normal(size=3)
    length = radius * random.uniform() ** (1 / 3)
    return (direction * (length / math.hypot(*direction))).astype(np.float32)


def _show_depth(part: Part, centre: Vector, size: float, look: Look) -> Held:
    depth = crops.crop_depth(
        part.depth, part.camera, centre, size=size, exact=look.exact
    )
    return {"depth": depth}


def _show_image(part: Part, centre: Vector, size: float, look: Look) -> Held:
    shown = crops.crop_image(part, centre, size=size)
    held = {"image": shown.image, "camera": shown.camera}
    if "depth" in look.labels and shown.depth is not None:
        held["depth"] = shown.depth
    if "mask" in look.labels and shown.mask is not None:
        held["mask"] = shown.mask
    return held


def _labels(record: Record, look: Look) -> Held:
    named: Held = {}
    if "joints" in look.labels:
        named |= {"joints": record.joints, "joints_valid": record.valid}
    if "vertices" in look.labels and len(record.vertices):
        named["vertices"] = record.vertices
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
    )


def _shift(t: jax.Array) -> jax.Array:
    shift = jax.vmap(jax.vmap(lambda t: transforms.make(jnp.eye(3), t)))
    return shift(t)


def _known(held: Held, about: About) -> Labels:
    """The labels that were named, of those that there are."""
    if "joints" not in held:
        return Labels(vertices=held.get("vertices"))
    own, own_valid = held["joints"], held["joints_valid"]
    order = jax.vmap(lambda points: from_dataset(about.joints, points)[0])
    # A key point is known if all is that it is made of: weights add up to one.
    sums = order(jnp.broadcast_to(own_valid[..., None], own.shape).astype(own.dtype))
    known = jnp.abs(sums[..., 0] - 1.0) < 1e-3
    return Labels(
        joints=jnp.where(known[..., None], order(own), 0.0),
        joints_valid=known,
        vertices=held.get("vertices"),
        own=own,
        own_valid=own_valid,
    )
