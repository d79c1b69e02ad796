"""One frame to the hand in it, as a right hand, a left one, or each of the two."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from handjax.data.given import blobs
from handjax.data.given.frames import FrameError
from handjax.data.real import centres
from handjax.geometry import cameras
from handjax.geometry.cameras import Pinhole
from handjax.predicting import confidence, pyramid, two_hands
from handjax.predicting.confidence import Evidence
from handjax.predicting.crops import depth_views, image_views
from handjax.predicting.methods import Seen, Seer
from handjax.predicting.pyramid import Peaks

SIDES = ("right", "left")
Rectangle = tuple[float, float, float, float]
"""Left, top, width and height in a frame, pixels."""

MIRROR = np.array([-1.0, 1.0, 1.0])
NEAR = 150.0
"""How far from where a user says that a hand is some of it must have been seen, mm."""


class Found(NamedTuple):
    """A hand in the frame of the camera that took the frame, mm.

    Attributes:
        side: "right" or "left".
        joints: the 21 key points.
        vertices: of the surface.
        score: 0 to 1; `agreement` with the depth, or the height of heat-maps.
        spread: of estimates from several crops, mm; None of refined ones in colour.
        confidence: the probability that the hand is right, as the method's calibration
            has it; None without one.
        others: things as large as a hand, farther away, that were not looked at.
    """

    side: str
    joints: Float[np.ndarray, "21 3"]
    vertices: Float[np.ndarray, "vertices 3"]
    score: float
    spread: float | None = None
    confidence: float | None = None
    others: int = 0


class Hint(NamedTuple):
    """What is known of where the hand is, None of what is not.

    Attributes:
        centre: of the hand, mm in the camera's frame.
        box: around the hand, pixels.
        before: the key points of the frame before, pixels.
    """

    centre: Float[np.ndarray, "3"] | None = None
    box: Rectangle | None = None
    before: Float[np.ndarray, "21 2"] | None = None


def in_depth(
    seer: Seer,
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
    sides: Sequence[str],
    hint: Hint,
) -> list[Found]:
    """The hand in a depth frame, once as each of the sides.

    Raises:
        FrameError: no hand is found.
    """
    centre, others = _centre(depth, camera, hint)
    told = hint.centre is not None or hint.box is not None, len(sides) == 1
    found = []
    for side in sides:
        if side == "left":
            mirrored = np.ascontiguousarray(depth[:, ::-1])
            own = cameras.mirror(camera, depth.shape[1])
            views = depth_views(mirrored, own, centre * MIRROR)
        else:
            views = depth_views(depth, camera, centre)
        seen = seer.look(views, None)
        assert seen.score is not None
        one = _back(seer, seen, side, Evidence(seen.score, seen.spread, *told))
        found.append(one._replace(others=others))
    return found


def in_colour(
    seer: Seer,
    picture: pyramid.Picture,
    camera: Pinhole,
    sides: Sequence[str],
    hint: Hint,
) -> list[Found]:
    """The hand in a picture, once as each of the sides that heat-maps see.

    Raises:
        FrameError: no hand is found, or two are and nobody said which is meant.
    """
    turned = np.ascontiguousarray(picture[:, ::-1]), _turned(hint, picture.shape[1])
    pictures = {side: (picture, hint) if side == "right" else turned for side in sides}
    places = {side: _peaks(*seen) for side, seen in pictures.items()}
    if hint.box is None:
        places = two_hands.refuse(places, picture.shape[1], hint.before)
    told = hint.box is not None or hint.before is not None
    found = []
    for side, (peaks, *_) in places.items():
        own, _ = pictures[side]
        seen_by = cameras.mirror(camera, own.shape[1]) if side == "left" else camera
        views = image_views(own, seen_by, pyramid.moved(peaks.box), seer.pixels)
        corner, edge = np.array(peaks.box[:2]), peaks.box[2]
        uv = (peaks.uv + 0.5 - corner) * (seer.pixels / edge) - 0.5
        seen = seer.look(views, jnp.asarray(uv, jnp.float32))
        score = float(np.clip(peaks.score, 0.0, 1.0))
        known = Evidence(score, seen.spread, told, len(sides) == 1)
        found.append(_back(seer, seen, side, known))
    return found


def box_of(points: Float[np.ndarray, "points 3"], camera: Pinhole) -> Rectangle:
    """The rectangle in which points appear, pixels."""
    uv = np.asarray(cameras.project(camera, jnp.asarray(points, jnp.float32)))
    left, top = (float(x) for x in uv.min(axis=0))
    right, bottom = (float(x) for x in uv.max(axis=0))
    return left, top, right - left, bottom - top


def _back(seer: Seer, seen: Seen, side: str, known: Evidence) -> Found:
    """A hand as it is, not as it was seen."""
    flip = MIRROR if side == "left" else np.ones(3)
    if not np.isfinite(seen.joints).all() or not np.isfinite(seen.vertices).all():
        raise FrameError("no hand: what was estimated is not finite")
    calibrated = seer.calibration
    sure = None if calibrated is None else confidence.of(calibrated, known)
    joints, vertices = seen.joints * flip, seen.vertices * flip
    return Found(side, joints, vertices, known.score, known.spread, sure)


def _centre(
    depth: Float[np.ndarray, "height width"], camera: Pinhole, hint: Hint
) -> tuple[Float[np.ndarray, "3"], int]:
    """Where the hand is, and how many others there may be."""
    if hint.centre is not None:
        _require_near(depth, camera, hint.centre)
        return hint.centre, 0
    if hint.box is None:
        found = blobs.hands(depth, camera)
        return blobs.chosen(found).centre, len(found) - 1
    left, top, width, height = hint.box
    inside = np.zeros_like(depth)
    part = (
        slice(max(round(top), 0), max(round(top + height), 0)),
        slice(max(round(left), 0), max(round(left + width), 0)),
    )
    inside[part] = depth[part]
    focal, middle = (np.asarray(leaf, np.float64) for leaf in camera)
    centre = centres.find_centre(inside, focal, middle)
    if not np.isfinite(centre).all():
        raise FrameError("no depth within --box")
    found = blobs.hands(inside, camera)
    return centre.astype(np.float64), max(len(found) - 1, 0)


def _require_near(
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
    centre: Float[np.ndarray, "3"],
) -> None:
    """Refuse a place where nothing was measured.

    Raises:
        FrameError: nothing was, within `NEAR` of it.
    """
    v, u = np.nonzero(np.isfinite(depth) & (depth > 0.0))
    z = depth[v, u].astype(np.float64)
    focal, middle = (np.asarray(leaf, np.float64) for leaf in camera)
    xy = (np.stack([u, v], axis=-1) - middle) * z[:, None] / focal
    off = np.concatenate([xy, z[:, None]], axis=-1) - centre
    if not (np.sum(off**2, axis=-1) < NEAR**2).any():
        raise FrameError(f"no depth within {NEAR:g} mm of --center")


def _peaks(picture: pyramid.Picture, hint: Hint) -> list[Peaks]:
    """Of a hand that was followed until now, else of the box, else of any anywhere."""
    if hint.before is not None:
        (peaks,) = pyramid.look_again(picture, [pyramid.around(hint.before)])
        if peaks.score >= pyramid.THRESHOLD:
            return [peaks]
    if hint.box is not None:
        corners = _corners(hint.box, *picture.shape[:2]) - 0.5
        return pyramid.look_again(picture, [pyramid.around(corners)])
    return pyramid.find(picture)


def _corners(box: Rectangle, height: int, width: int) -> Float[np.ndarray, "corners 2"]:
    """Left top and right bottom of what of a box is in a picture.

    Raises:
        FrameError: nothing is.
    """
    left, top, across, down = box
    corners = np.array([[left, top], [left + across, top + down]])
    inside = np.clip(corners, 0.0, [width, height])
    if not (inside[0] < inside[1]).all():
        raise FrameError(f"--box is beyond the picture of {width} x {height} pixels")
    return inside


def _turned(hint: Hint, width: int) -> Hint:
    """What is known of a picture, of the one with left and right exchanged."""
    box, before = hint.box, hint.before
    if box is not None:
        box = (width - box[0] - box[2], *box[1:])
    if before is not None:
        before = before * [-1.0, 1.0] + [width - 1.0, 0.0]
    return hint._replace(box=box, before=before)
