"""Joints that are measured together, and how labels and methods come to them.

A dataset's own joints (`skeleton.DATASETS`) are not always those that it is scored on:
of NYU's 36 the field counts 14, and STB's palm is moved to the wrist.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from handjax.batch import Labels
from handjax.hands import spheres
from handjax.hands.skeleton import (
    DATASETS,
    KEYPOINT_PARENTS,
    KEYPOINTS,
    NYU14_OF_36,
    TIPS,
    to_dataset,
)


class JointSet(NamedTuple):
    """Joints that are measured together.

    Attributes:
        names: in the order of the arrays.
        tips: which of them are finger tips.
        bones: pairs of them that are drawn as lines.
        whole: the set that these are some of; None for a set of its own.
        rows: which of `whole` they are.
    """

    names: tuple[str, ...]
    tips: tuple[int, ...]
    bones: tuple[tuple[int, int], ...] = ()
    whole: str | None = None
    rows: tuple[int, ...] = ()


def _tips(names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(k for k, name in enumerate(names) if name.endswith("_tip"))


def _of_keypoints(joints: tuple[str | None, ...]) -> JointSet:
    """A set of key points in any order."""
    names = tuple(joint for joint in joints if joint)
    bones = tuple(
        (names.index(KEYPOINTS[parent]), names.index(name))
        for name, parent in zip(KEYPOINTS, KEYPOINT_PARENTS, strict=True)
        if parent >= 0 and {name, KEYPOINTS[parent]} <= set(names)
    )
    return JointSet(names, _tips(names), bones)


def _icvl() -> JointSet:
    names = DATASETS["icvl"].joints
    chains = range(1, len(names), 3)
    bones = [((0, k), (k, k + 1), (k + 1, k + 2)) for k in chains]
    return JointSet(names, _tips(names), sum(bones, ()))


_NYU14 = DATASETS["nyu14"].joints
_NYU14_TIPS = (0, 2, 4, 6, 8)
_NYU14_BONES = (
    *((0, 1), (1, 13), (2, 3), (3, 13), (4, 5), (5, 13), (6, 7), (7, 13)),
    *((8, 9), (9, 10), (10, 13), (11, 13), (12, 13)),
)
_NYU12 = tuple(k for k, name in enumerate(_NYU14) if name not in ("PALM_1", "PALM_2"))

JOINT_SETS: dict[str, JointSet] = {
    "nyu14": JointSet(_NYU14, _NYU14_TIPS, _NYU14_BONES),
    "nyu14_denoised": JointSet(_NYU14, _NYU14_TIPS, _NYU14_BONES),
    "nyu12": JointSet(
        tuple(_NYU14[k] for k in _NYU12), _NYU14_TIPS, whole="nyu14", rows=_NYU12
    ),
    "centres41": JointSet(spheres.NAMES, (15, 21, 27, 33, 39)),
    "keypoints21": _of_keypoints(KEYPOINTS),
    "given21": _of_keypoints(KEYPOINTS),
    "laid21": _of_keypoints(KEYPOINTS),
    "icvl": _icvl(),
    "msra15": _of_keypoints(DATASETS["msra15"].joints),
    "stb": _of_keypoints(("wrist", *DATASETS["stb"].joints[1:])),
    "rhd": _of_keypoints(DATASETS["rhd"].joints),
    "dexter_object": _of_keypoints(TIPS),
    "freihand": _of_keypoints(KEYPOINTS),
    "interhand": _of_keypoints(DATASETS["interhand"].keypoints),
    "dexycb": _of_keypoints(DATASETS["dexycb"].keypoints),
    "deep_hand_mesh": _of_keypoints(DATASETS["deep_hand_mesh"].keypoints),
    "ho3d": _of_keypoints(DATASETS["ho3d"].keypoints),
    "own": _of_keypoints(KEYPOINTS),
}


def told(joint_set: str) -> str:
    """The set of a dataset's joints by a method that was told scale and root depth."""
    return f"{joint_set}_told"


_IN_COLOUR = ("stb", "rhd", "freihand", "interhand", "dexycb", "deep_hand_mesh", "ho3d")
_IN_COLOUR += ("own",)
JOINT_SETS |= {told(name): JOINT_SETS[name] for name in _IN_COLOUR}


def refined(joint_set: str) -> str:
    """The set of the same joints after refinement against what networks say."""
    return f"{joint_set}_refined"


REFINABLE = ("keypoints21", "given21", *_IN_COLOUR, *map(told, _IN_COLOUR))
JOINT_SETS |= {refined(name): JOINT_SETS[name] for name in REFINABLE}

DENOISED = "nyu14_denoised"
"""The 14 joints after a method's own correction of the palm's; beside the others, and
only where it is asked for."""

_ESTIMATED = ("vertices", "given_vertices")
SURFACES = (*_ESTIMATED, *map(refined, _ESTIMATED), "refined")
"""Sets of vertices: of generated hands, as a method estimates them and as it has them
once a template was laid on them. They have neither names nor tips."""

_GIVEN = ("given21", "given_vertices")
GIVEN = (*_GIVEN, *map(refined, _GIVEN))
"""Sets of methods that were told the hand's true scale and the depth of its root."""

LAID = "laid21"
"""Key points by a method that is told where the wrist and the four finger roots are,
and laid on these: [moon2020] Sec. 5.2. Its others stand on their mean."""

SCORED = {"nyu36": "nyu14"}
"""The set that a dataset's joints are scored as, where that has another name."""

STANDING_IN = {"icvl": {"palm": {"wrist": 0.5, "middle_mcp": 0.5}}}
"""Joints that are no key point, and the key points that stand in for them where a
method estimates key points alone."""


class Truth(NamedTuple):
    """A joint set as the labels have it.

    Attributes:
        joints: world coordinates, mm.
        valid: which of them are known.
    """

    joints: Float[Array, "batch joints 3"]
    valid: Bool[Array, "batch joints"]


def true_joints(labels: Labels, own: str | None = None) -> dict[str, Truth]:
    """The joint sets that the labels hold.

    Args:
        labels: of a batch.
        own: whose joints `labels.own` are, a name in `skeleton.DATASETS`.
    """
    found: dict[str, Truth] = {}
    if labels.centres is not None:
        for name, joints in (
            ("nyu14", labels.centres[:, jnp.array(spheres.NYU14)]),
            (DENOISED, labels.centres[:, jnp.array(spheres.NYU14)]),
            ("centres41", labels.centres),
        ):
            found[name] = Truth(joints, jnp.ones(joints.shape[:2], bool))
    if labels.joints is not None:
        truth = _truth(labels.joints, labels.joints_valid)
        sets = ("keypoints21", "given21")
        found |= dict.fromkeys((*sets, *map(refined, sets), LAID), truth)
    if labels.vertices is not None:
        surface = _of_surface(labels.vertices, labels.vertices_valid)
        found |= dict.fromkeys(SURFACES, surface)
    if labels.own is not None and own is not None:
        truth = Truth(*scored(own, *_truth(labels.own, labels.own_valid)))
        found[SCORED.get(own, own)] = truth
        if SCORED.get(own, own) == "nyu14":
            found[DENOISED] = truth
    return found


def scored(dataset: str, joints: Any, valid: Any) -> tuple[Any, Any]:
    """A dataset's own joints as those that it is scored on, NumPy or JAX.

    Args:
        dataset: a name in `skeleton.DATASETS`.
        joints: (frames, joints, 3), in its order.
        valid: which of them are known, (frames, joints).
    """
    if dataset == "nyu36":
        rows = np.array(NYU14_OF_36)
        return joints[:, rows], valid[:, rows]
    if dataset == "stb":
        array = np if isinstance(joints, np.ndarray) else jnp
        # The palm's joint lies halfway from the ring finger's knuckle to the wrist.
        ring = DATASETS["stb"].joints.index("ring_mcp")
        wrist = 2.0 * joints[:, :1] - joints[:, ring : ring + 1]
        known = valid[:, :1] & valid[:, ring : ring + 1]
        return (
            array.concatenate([wrist, joints[:, 1:]], axis=1),
            array.concatenate([known, valid[:, 1:]], axis=1),
        )
    return joints, valid


def from_keypoints(
    dataset: str, keypoints: Float[Array, "batch 21 3"]
) -> Float[Array, "batch joints 3"]:
    """The joints that a dataset is scored on, of a method that gives key points.

    Where `STANDING_IN` names key points for a joint, they stand in for it.

    Args:
        dataset: a name in `skeleton.DATASETS`.
        keypoints: in the order of `KEYPOINTS`.
    """
    own, valid = jax.vmap(lambda k: to_dataset(dataset, k))(keypoints)
    for joint, terms in STANDING_IN.get(dataset, {}).items():
        place = DATASETS[dataset].joints.index(joint)
        total = sum(w * keypoints[:, KEYPOINTS.index(k)] for k, w in terms.items())
        own = own.at[:, place].set(total)
    return scored(dataset, own, valid)[0]


def _of_surface(vertices: Array, known: Array | None) -> Truth:
    if known is None:
        known = jnp.ones(len(vertices), bool)
    return Truth(vertices, jnp.broadcast_to(known[:, None], vertices.shape[:2]))


def _truth(joints: Array, valid: Array | None) -> Truth:
    return Truth(joints, jnp.ones(joints.shape[:2], bool) if valid is None else valid)
