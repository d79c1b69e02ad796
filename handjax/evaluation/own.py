"""A method's joints as a real dataset has them, and back in its camera's frame.

A crop has its own origin, and left hands are mirrored on their way in. Estimates say
nothing of either, so the world travels with them as a set of four points, its origin
and the tips of its axes: where these lie in the crop leads back, and from there to the
camera that labels are in. It may be another than took what the method saw.

Notation, shared by every function here and by the tests:
    w, c: the four points of the world, and of a frame's first camera, in the crop
        frame, mm, (frames, 4, 3).
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import Batch, Labels
from handjax.evaluation.joint_sets import (
    DENOISED,
    JOINT_SETS,
    REFINABLE,
    SCORED,
    Truth,
    from_keypoints,
    refined,
    scored,
    told,
    true_joints,
)

WORLD, CAMERA = "world", "camera"
"""The sets of four points."""
# 100 mm, lest float32 leave little of an axis behind a metre of distance.
REACH = 100.0

MOST = 0.9
"""Who has more than this of a split's frames has the split, some frames unread."""


def own_of(joint_set: str) -> str:
    """Whose joints, in `skeleton.DATASETS`, are scored as this set."""
    named = {counted: own for own, counted in SCORED.items()}
    return named.get(joint_set, joint_set)


def joints_of(
    joints: Callable[[Any, Batch], Mapping[str, Array]], joint_set: str
) -> Callable[[Any, Batch], dict[str, Array]]:
    """`Method.joints` with a dataset's set and the world among what it gives.

    Args:
        joints: of a method.
        joint_set: what the dataset is scored on, made from key points where the method
            does not give it; and once more as the method has it that was told scale and
            root depth, where it was.
    """

    def extended(prediction: Any, batch: Batch) -> dict[str, Array]:
        found = dict(joints(prediction, batch))
        if joint_set not in found:
            found[joint_set] = from_keypoints(own_of(joint_set), found["keypoints21"])
        if "given21" in found and batch.labels.scale is not None:
            given = from_keypoints(own_of(joint_set), found["given21"])
            found[told(joint_set)] = given
        return found | {WORLD: world_points(batch)}

    return extended


def truth_of(joint_set: str) -> Callable[[Labels], dict[str, Truth]]:
    """What `true_joints` finds of a dataset, and room for the world."""

    def found(labels: Labels) -> dict[str, Truth]:
        sets = true_joints(labels, own_of(joint_set))
        frames = len(sets[joint_set].joints)
        nothing = Truth(jnp.zeros((frames, 4, 3)), jnp.ones((frames, 4), bool))
        # The key points are what pictures show.
        kept = (joint_set, DENOISED, "keypoints21")
        known = {k: v for k, v in sets.items() if k in kept} | {WORLD: nothing}
        if told(joint_set) in JOINT_SETS:
            known[told(joint_set)] = sets[joint_set]
        names = {joint_set, told(joint_set)} & known.keys() & set(REFINABLE)
        return known | {refined(name): known[name] for name in names}

    return found


def world_points(batch: Batch) -> Float[Array, "batch 4 3"]:
    """The world's origin and the tips of its axes in the world, mm."""
    axes = jnp.concatenate([jnp.zeros((1, 3)), REACH * jnp.eye(3)])
    return jnp.broadcast_to(axes, (len(batch.views.valid), 4, 3))


def with_camera(estimates: Any, survey: Any) -> Any:
    """Estimates with c among what was predicted.

        c = w_0 + A R^T (a - t),    columns of A: (w_k - w_0) / |w_k - w_0|

    Of left hands, which were mirrored, the tip of x in a points the other way.

    Args:
        estimates: `training.Estimates` of `joints_of`, with w.
        survey: `data.real.survey.Survey` of the same frames, and maybe of more.
    """
    w = np.asarray(estimates.predicted[WORLD], np.float64)
    R, t = (survey.camera_from_world[: len(w), :3, k] for k in (slice(3), 3))
    a = np.tile(np.concatenate([np.zeros((1, 3)), REACH * np.eye(3)]), (len(w), 1, 1))
    a[~survey.right[: len(w)], :, 0] *= -1.0
    p = np.einsum("fyx,fky->fkx", R, a - t[:, None])
    c = w[:, :1] + np.einsum("fyx,fky->fkx", (w[:, 1:] - w[:, :1]) / REACH, p)
    return estimates._replace(predicted={**estimates.predicted, CAMERA: c})


def to_camera(
    joints: Float[np.ndarray, "frames joints 3"], c: Float[np.ndarray, "frames 4 3"]
) -> Float[np.ndarray, "frames joints 3"]:
    """Joints of the crop frame in that of a frame's first camera, mm.

    p = A^T (q - c_0),    columns of A: (c_k - c_0) / |c_k - c_0|
    """
    origin = c[:, :1].astype(np.float64)
    axes = (c[:, 1:] - origin) / REACH
    return np.einsum("fjx,fkx->fjk", joints - origin, axes)


def labels_of(
    survey: Any, joint_set: str, count: int = 0
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The joints that a dataset is scored on, of all its frames.

    Args:
        survey: `data.real.survey.Survey` of a split.
        joint_set: what the dataset is scored on.
        count: see `frames_of`.

    Returns:
        Joints in each frame's first camera, mm; which are known, those of frames that
        could not be read are not; names of the frames.
    """
    joints, valid = scored(own_of(joint_set), survey.joints, survey.valid)
    rows, there = rows_of(survey, count)
    names = tuple(survey.names[k] for k in rows)
    return seen(survey, joints)[rows], valid[rows] & there[:, None], names


def seen(
    survey: Any, points: Float[np.ndarray, "frames points 3"]
) -> Float[np.ndarray, "frames points 3"]:
    """Points of the world in each frame's first camera, mm."""
    R, t = (survey.camera_from_world[:, :3, k] for k in (slice(3), 3))
    found = np.einsum("fxy,fjy->fjx", R, points.astype(np.float64)) + t[:, None]
    # Back to the picture that was not mirrored.
    found[~survey.right, :, 0] *= -1.0
    return found


def rows_of(
    survey: Any, count: int
) -> tuple[Int[np.ndarray, "all"], Bool[np.ndarray, "all"]]:
    """For every frame of a split its row, or one before, and whether it was read."""
    return _rows(survey.places, frames_of(survey.places, count))


def whole(estimates: Any, places: Int[np.ndarray, "frames"], count: int) -> Any:
    """Estimates with a row for every frame of a split, known or not.

    One that could not be read takes the estimate of the one before, and has no truth,
    of its mask neither.

    Args:
        estimates: `training.Estimates` of the frames that were read.
        places: their numbers in the dataset.
        count: how many frames there are to be.
    """
    rows, there = _rows(places, count)
    every = jax.tree.map(lambda leaf: leaf[rows], estimates)
    valid = {name: known & there[:, None] for name, known in every.valid.items()}
    n = {name: n * there[:, None] for name, n in (every.masks or {}).items()}
    return every._replace(valid=valid, masks=n or None)


def frames_of(places: Int[np.ndarray, "frames"], count: int) -> int:
    """How many frames a split has, of which some were read.

    Args:
        places: of those that were read.
        count: by the dataset's own account. These end after the last that was read, if
            it is 0 or if so many lack that they are another copy.
    """
    last = int(places.max()) + 1
    return max(last, count if len(places) > MOST * count else 0)


def _rows(
    places: Int[np.ndarray, "frames"], count: int
) -> tuple[Int[np.ndarray, "all"], Bool[np.ndarray, "all"]]:
    """For every frame the row of the last one that was read, and whether it is it."""
    every = np.arange(count)
    rows = np.searchsorted(places, every, side="right") - 1
    return np.maximum(rows, 0), np.isin(every, places)
