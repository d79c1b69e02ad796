"""Moments of a capture as batches: which cameras see them, and what of it is told."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, UInt8

from handjax.batch import Batch, Labels, Views
from handjax.data.studio.colour import shots
from handjax.data.studio.colour.dome import Dome
from handjax.data.studio.colour.looks import Look
from handjax.geometry import cameras, transforms
from handjax.hands.articulate import scale_and_root

OF_PIXELS = ("depth", "mask")
"""Labels that cameras have, not the world."""
PICTURES = frozenset({"pictures"})
"""And this one: what the cameras saw that a prediction is compared with. A set, which
is no part of the studio's hash: it changes no picture."""
AT_ONCE = {"cpu": 4}
"""Moments that a backend draws together, where those not named draw `MOST`; the next
ones wait. A CPU's caches hold no more."""
MOST = 64


class Stage(NamedTuple):
    """A subject's capture, held on the device.

    Attributes:
        look: surface and colours.
        light: of the subject's day.
        motion: a row a moment.
        cameras: camera_from_world of all.
        backdrops: see `backdrops.make`.
        key: of the pictures.
    """

    look: Look
    light: Dome
    motion: Any
    cameras: Float[Array, "cameras 4 4"]
    backdrops: UInt8[Array, "pictures edge edge 3"]
    key: PRNGKeyArray


class Seen(NamedTuple):
    """What one camera has of a moment; None where nobody asked."""

    image: Float[Array, "*cameras pixels pixels 3"] | None
    depth: Float[Array, "*cameras pixels pixels"] | None
    mask: Bool[Array, "*cameras pixels pixels"] | None
    camera: cameras.Pinhole
    camera_from_world: Float[Array, "*cameras 4 4"]


def take(
    stage: Stage,
    moments: Int[Array, "batch"],
    seen: Int[Array, "batch cameras"],
    *,
    pixels: int = 256,
    labels: tuple[str, ...] = (),
) -> Batch:
    """Some moments: a picture by each one's first camera, and what is told of it.

    Args:
        stage: the capture.
        moments: rows of its motion.
        seen: cameras of each: the picture's, then those that a prediction is compared
            with; where there are none of these, it is with the picture's.
        pixels: edge of all crops.
        labels: "joints", "keypoints2d" (in the picture), "scale" (of the hand, with
            the depth of its root in the picture's camera), "vertices" (of the hand),
            and some of `OF_PIXELS` and `PICTURES`.
    """
    asked = tuple(name for name in (*OF_PIXELS, *PICTURES) if name in labels)

    def one(chosen):
        moment, numbers = chosen
        posed = shots.pose(stage.look, _row(stage, moment))
        see = partial(_see, stage, posed, moment, pixels=pixels)
        alone = len(numbers) == 1
        first = see(numbers[0], names=("pictures", *asked) if alone else ("pictures",))
        others = None if alone else jax.vmap(partial(see, names=asked))(numbers[1:])
        known = _known(stage, posed, first, labels)
        return jax.tree.map(lambda x: x[None], first), others, known

    few = min(AT_ONCE.get(jax.default_backend(), MOST), len(moments))
    first, others, known = jax.lax.map(one, (moments, seen), batch_size=few)
    return Batch(_views(first), others and _views(others), known)


def surfaces(
    stage: Stage, moments: Int[Array, "batch"]
) -> Float[Array, "batch vertices 3"]:
    """The hand's surface at some moments, without the arm, in the world, mm."""

    def one(moment):
        return _hand(stage, shots.pose(stage.look, _row(stage, moment)))

    few = min(AT_ONCE.get(jax.default_backend(), MOST), len(moments))
    return jax.lax.map(one, moments, batch_size=few)


def _row(stage: Stage, moment: Int[Array, ""]) -> Any:
    return jax.tree.map(lambda x: x[moment], stage.motion)


def _hand(stage: Stage, posed: shots.Posed) -> Float[Array, "vertices 3"]:
    """The hand's vertices stand before the arm's."""
    return posed.vertices[: len(stage.look.subject.vertices)]


def _see(
    stage: Stage,
    posed: shots.Posed,
    moment: Int[Array, ""],
    number: Int[Array, ""],
    *,
    names: tuple[str, ...],
    pixels: int,
) -> Seen:
    """What a camera has, whoever asks."""
    key = jax.random.fold_in(jax.random.fold_in(stage.key, moment), number)
    aim, lens = jax.random.split(key)
    shot = shots.aim(aim, posed, stage.cameras[number], pixels=pixels)
    depth = mask = image = None
    if "pictures" in names:
        image = shots.photograph_of(
            lens, stage.look, stage.light, posed, shot, stage.backdrops, pixels=pixels
        )
    if set(names) & set(OF_PIXELS):
        depth, mask = shots.measure(stage.look, posed, shot, pixels=pixels)
    return Seen(
        image,
        depth if "depth" in names else None,
        mask if "mask" in names else None,
        shot.camera,
        shot.camera_from_world,
    )


def _known(
    stage: Stage, posed: shots.Posed, first: Seen, labels: tuple[str, ...]
) -> Labels:
    """What is told of a moment; key points in the picture are its first camera's."""
    known: dict[str, Any] = {}
    if "joints" in labels:
        known |= {"joints": posed.joints, "joints_valid": jnp.ones(21, bool)}
    if "keypoints2d" in labels:
        seen = transforms.apply(first.camera_from_world, posed.joints)
        known["keypoints2d"] = cameras.project(first.camera, seen)[None]
    if "scale" in labels:
        seen = transforms.apply(first.camera_from_world, posed.joints)
        scale, root = scale_and_root(seen)
        known |= {"scale": scale, "root": root[None]}
    if "vertices" in labels:
        known["vertices"] = _hand(stage, posed)
    return Labels(**known)


def _views(seen: Seen) -> Views:
    """Rays meet in the camera, so its frame is the crop's too."""
    shape = seen.camera_from_world.shape
    return Views(
        depth=seen.depth,
        image=seen.image,
        mask=seen.mask,
        valid=jnp.ones(shape[:2], bool),
        camera=seen.camera,
        crop_from_camera=jnp.broadcast_to(jnp.eye(4), shape),
        camera_from_world=seen.camera_from_world,
    )
