"""What methods make of the studio's frames as `predict` does, and how wrong that is.

Moments are seen by three cameras in depth, and three times as many by one of 24 in
colour. A depth frame is looked at twice: the hand found by itself, and within a box
such as a user draws; a picture in colour within a box. Each time once as a right hand,
which it is, and once with both sides tried and the one with the higher score kept.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from handjax.data.given.frames import FrameError
from handjax.data.studio import colour, recorded, rig
from handjax.data.studio.capture import FOCAL
from handjax.data.studio.frames import CHUNK, SPLITS, stage
from handjax.evaluation import aligned
from handjax.geometry import cameras, transforms
from handjax.predicting import looking, pyramid
from handjax.predicting.confidence import Evidence
from handjax.predicting.looking import SIDES, Found, Hint
from handjax.predicting.methods import Seer

AMOUNT = "tiny"
ROOM = 0.2
"""Each edge of a box is beyond the key points by up to this share of its size."""
TOGETHER = 4
"""Pictures in colour that are drawn at a time."""
# A box is looked at as these squares, never as more; a larger batch would be padding.
pyramid.BATCH = len(pyramid.MOVES)


class Shot(NamedTuple):
    """A frame and its truth: the 21 key points in the camera's frame, mm."""

    moment: str
    pixels: np.ndarray
    camera: cameras.Pinhole
    joints: np.ndarray


class Tried(NamedTuple):
    """An estimate of a frame.

    Attributes:
        moment: of the frame; several frames are of one.
        known: what tells how good the estimate may be.
        error: mean over the key points, mm; in colour wrist on wrist, at the scale that
            fits best.
    """

    moment: str
    known: Evidence
    error: float


@cache
def depth_shots(subject: str, moments: int) -> list[Shot]:
    """So many moments of each split, by three cameras."""
    stands, shots = rig.stands(), []
    middle = np.array([recorded.WIDTH, recorded.HEIGHT]) / 2
    camera = cameras.Pinhole(np.full(2, FOCAL), middle)
    for split in SPLITS:
        session = stage(subject, AMOUNT, split)
        shoot = recorded.shooter(session)
        for rows in spread(len(session.keys), moments, CHUNK):
            made = zip(rows, *shoot(np.resize(rows, CHUNK)), strict=False)
            for row, depth, centre, joints in made:
                for stand, D, c in zip(stands, depth, centre, strict=True):
                    own = stand @ np.linalg.inv(stands[0])
                    true = joints @ own[:3, :3].T + own[:3, 3]
                    frame = recorded.on_sensor(D, c).astype(np.float32)
                    shots.append(Shot(f"{split} {row}", frame, camera, true))
    return shots


@cache
def colour_shots(subject: str, moments: int) -> list[Shot]:
    """Three times so many moments of each split, each by a camera of its own."""
    shots = []
    for split in SPLITS:
        source, count = colour.held_out(
            subject, AMOUNT, split=split, labels=("joints",)
        )
        studio, _ = source.held
        draw = jax.jit(partial(source.sample, jax.random.key(0)))
        for rows in spread(count, 3 * moments, TOGETHER):
            batch = draw((studio, jnp.asarray(np.resize(rows, TOGETHER))))
            views = jax.tree.map(lambda leaf: np.asarray(leaf[:, 0]), batch.views)
            true = jax.vmap(transforms.apply)(
                views.camera_from_world, batch.labels.joints
            )
            for k, row in enumerate(rows):
                picture = np.rint(255.0 * views.image[k]).astype(np.uint8)
                camera = cameras.Pinhole(*(leaf[k] for leaf in views.camera))
                shots.append(Shot(f"{split} {row}", picture, camera, np.array(true[k])))
    return shots


def spread(count: int, wanted: int, size: int) -> Iterator[np.ndarray]:
    """Rows spread over all, a few at a time."""
    rows = np.linspace(0, count - 1, wanted).round().astype(int)
    yield from (rows[k : k + size] for k in range(0, wanted, size))


def box_around(rng: np.random.Generator, shot: Shot) -> looking.Rectangle:
    """A box such as a user draws around the hand, pixels."""
    x = jnp.asarray(shot.joints, jnp.float32)
    uv = np.asarray(cameras.project(shot.camera, x), np.float64)
    low, high = uv.min(axis=0), uv.max(axis=0)
    room = rng.uniform(0.0, ROOM, 4) * np.tile(high - low, 2)
    left, top = low - room[:2]
    width, height = high - low + room[:2] + room[2:]
    return left, top, width, height


def tries(seer: Seer, shot: Shot, box: looking.Rectangle) -> list[Tried]:
    """All estimates of a frame; none of a place where no hand was found."""
    depth = seer.sees == "depth"
    look = looking.in_depth if depth else looking.in_colour
    tried = []
    for hint in (Hint(), Hint(box=box)) if depth else (Hint(box=box),):
        try:
            right, left = look(seer, shot.pixels, shot.camera, SIDES, hint)
        except FrameError:
            continue
        best = max(right, left, key=lambda found: found.score)
        for found, side_told in ((right, True), (best, False)):
            told = hint.box is not None, side_told
            known = Evidence(found.score, found.spread, *told)
            tried.append(Tried(shot.moment, known, error_of(found, shot, depth)))
    return tried


def error_of(found: Found, shot: Shot, depth: bool) -> float:
    """Of an estimate, as `Tried` has it, mm."""
    x, y = found.joints[None], shot.joints[None].astype(np.float64)
    if not depth:
        x, y = aligned.root_relative(x, 0), aligned.root_relative(y, 0)
        x = aligned.scaled_to_fit(x, y, root=0)
    return float(np.linalg.norm(x - y, axis=-1).mean())
