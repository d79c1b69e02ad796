"""The hands of a user's frames with a skeleton: still ones, and one that moves.

key points of each frame -> poses of one shape -> GLB with skeleton and skin, BVH

Frames that follow one another become one animation of one hand, which begins with the
first frame; a frame without a hand keeps what the last one had. Other frames are hands
of their own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from handjax.export import bvh, rigged
from handjax.hands.articulate import Pose
from handjax.hands.fit_joints import fit_joints
from handjax.hands.inverse import given
from handjax.hands.template import Template
from handjax.predicting.inputs import free
from handjax.predicting.methods import NOISE

CHUNK = 32
"""Hands that are fitted at once; fewer than that are filled up, so that there is one
program for all."""
MIRROR = np.array([-1.0, 1.0, 1.0])


class Track(NamedTuple):
    """The hands of one side in a clip.

    Attributes:
        name: of the clip.
        left: whether they are left ones.
        frames: their names.
        numbers: their places in the clip, ascending.
        joints: the 21 key points, camera axes, mm.
    """

    name: str
    left: bool
    frames: tuple[str, ...]
    numbers: Int[np.ndarray, "frames"]
    joints: Float[np.ndarray, "frames 21 3"]


def tracks_of(rows: Sequence) -> list[Track]:
    """Rows of `outputs`, in any order, by clip and side; without those whose key points
    are no hand's."""
    sound = [row for row in rows if _is_hand(row.joints_mm)]
    order = sorted(sound, key=lambda row: (row.clip, row.side, row.number))
    tracks = []
    for (clip, side), each in groupby(order, key=lambda row: (row.clip, row.side)):
        group = list(each)
        tracks.append(
            Track(
                clip,
                side == "left",
                tuple(row.frame for row in group),
                np.array([row.number for row in group]),
                np.stack([np.asarray(row.joints_mm, np.float64) for row in group]),
            )
        )
    return tracks


def files_of(
    template: Template, tracks: Sequence[Track], fps: Mapping[str, float | None]
) -> Iterator[tuple[str, bytes]]:
    """Names and contents of files.

    Args:
        template: the hand at rest.
        tracks: of all clips.
        fps: frames a second of each clip, by name; None where its frames do not follow
            one another.
    """
    clips, taken = Counter(track.name for track in tracks), set()
    for track in tracks:
        rate = fps[track.name]
        if rate is None or len(track.frames) == 1:
            yield from _still(template, track, taken)
        else:
            side = "_left" if track.left else "_right"
            name = free(track.name + side * (clips[track.name] > 1), taken)
            yield from _moving(template, track, name, rate)


def _still(
    template: Template, track: Track, taken: set[str]
) -> Iterator[tuple[str, bytes]]:
    poses, left = poses_of(template, _righted(track)), track.left
    for k, frame in enumerate(track.frames):
        name = free(frame, taken)
        yield f"{name}.glb", rigged.glb(template, _take(poses, k), left=left)


def _moving(
    template: Template, track: Track, name: str, fps: float
) -> Iterator[tuple[str, bytes]]:
    poses = poses_of(template, _righted(track), one_shape=True)
    poses, left = _take(poses, _held(track.numbers)), track.left
    yield f"{name}.glb", rigged.animation(template, poses, fps=fps, left=left)
    yield f"{name}.bvh", bvh.bvh(template, poses, fps=fps, left=left).encode()


def poses_of(
    template: Template, joints: Float[np.ndarray, "frames 21 3"], *, one_shape=False
) -> Pose:
    """Poses that put a template's key points where those of right hands are.

    Args:
        template: the hand at rest.
        joints: mm.
        one_shape: whether all frames show the same hand: its shape is the mean of what
            each says by itself, and poses are found anew for that.
    """
    poses = _fitted(template, joints, None)
    if one_shape:
        poses = _fitted(template, joints, np.mean(poses.shape, axis=0))
    return poses


def _fitted(
    template: Template,
    joints: Float[np.ndarray, "frames 21 3"],
    shape: Float[np.ndarray, "shape"] | None,
) -> Pose:
    parts = []
    for first in range(0, len(joints), CHUNK):
        part = joints[first : first + CHUNK]
        full = np.concatenate([part, np.repeat(part[-1:], CHUNK - len(part), axis=0)])
        known = None if shape is None else np.tile(shape, (CHUNK, 1))
        y = jnp.asarray(full, jnp.float32)
        found = fit_joints(template, y, shape=known, noise=NOISE).pose
        parts.append(_take(found, slice(len(part))))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _is_hand(joints: Float[np.ndarray, "21 3"]) -> bool:
    try:
        given.check_size(jnp.asarray(joints), jnp.ones(len(joints)))
    except ValueError:
        return False
    return bool(np.isfinite(joints).all())


def _take(poses: Pose, which: Any) -> Pose:
    """Some of the frames."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[which], poses)


def _righted(track: Track) -> Float[np.ndarray, "frames 21 3"]:
    """A left hand's key points as those of its mirror image."""
    return track.joints * MIRROR if track.left else track.joints


def _held(numbers: Int[np.ndarray, "frames"]) -> Int[np.ndarray, "times"]:
    """For each frame of the clip, up to the last hand, which hand was seen last; before
    the first one that one."""
    times = np.arange(numbers[-1] + 1)
    return np.maximum(np.searchsorted(numbers, times, side="right") - 1, 0)
