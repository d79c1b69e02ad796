"""What each dataset counts: joint sets, thresholds, and the figure that names it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from handjax.batch import Labels
from handjax.hands import spheres
from handjax.hands.skeleton import DATASETS, KEYPOINTS, TIPS


class JointSet(NamedTuple):
    """Joints that are measured together.

    Attributes:
        names: in the order of the arrays.
        tips: which of them are finger tips.
    """

    names: tuple[str, ...]
    tips: tuple[int, ...]


class Protocol(NamedTuple):
    """How a dataset is scored.

    Attributes:
        sets: names of the joint sets, the headline's first.
        thresholds: mm, at which the fraction of good frames is printed.
        curve: mm, (first, last) of the success curve.
        note: a line on what was measured, printed under the table.
    """

    sets: tuple[str, ...]
    thresholds: tuple[float, ...]
    curve: tuple[float, float]
    note: str

    def counted(self, found: Mapping[str, Any]) -> list[str]:
        """The joint sets that are there, the headline's first."""
        return [name for name in self.sets if name in found]


JOINT_SETS: Mapping[str, JointSet] = {
    "nyu14": JointSet(DATASETS["nyu14"].joints, (0, 2, 4, 6, 8)),
    "nyu14_denoised": JointSet(DATASETS["nyu14"].joints, (0, 2, 4, 6, 8)),
    "centres41": JointSet(spheres.NAMES, (15, 21, 27, 33, 39)),
    "keypoints21": JointSet(KEYPOINTS, tuple(KEYPOINTS.index(tip) for tip in TIPS)),
}

DENOISED = "nyu14_denoised"
"""The 14 joints after a method's own correction of the palm's; beside the others, and
only where it is asked for."""

PROTOCOLS: Mapping[str, Protocol] = {
    "synthetic": Protocol(
        sets=("nyu14", "centres41", "keypoints21"),
        thresholds=(20.0, 30.0, 40.0),
        curve=(0.0, 80.0),
        note="held-out synthetic frames, drawn as in training from keys of their own",
    ),
    "studio": Protocol(
        sets=("nyu14", "centres41", "keypoints21"),
        thresholds=(20.0, 30.0, 40.0),
        curve=(0.0, 80.0),
        note="simulated capture of a subject that synthesis has not seen; first camera",
    ),
}


class Truth(NamedTuple):
    """A joint set as the labels have it.

    Attributes:
        joints: world coordinates, mm.
        valid: which of them are known.
    """

    joints: Float[Array, "batch joints 3"]
    valid: Bool[Array, "batch joints"]


def true_joints(labels: Labels) -> dict[str, Truth]:
    """The joint sets that the labels hold."""
    found: dict[str, Truth] = {}
    if labels.centres is not None:
        for name, joints in (
            ("nyu14", labels.centres[:, jnp.array(spheres.NYU14)]),
            (DENOISED, labels.centres[:, jnp.array(spheres.NYU14)]),
            ("centres41", labels.centres),
        ):
            found[name] = Truth(joints, jnp.ones(joints.shape[:2], bool))
    if labels.joints is not None:
        valid = labels.joints_valid
        known = jnp.ones(labels.joints.shape[:2], bool) if valid is None else valid
        found["keypoints21"] = Truth(labels.joints, known)
    return found
