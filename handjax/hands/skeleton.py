"""Names, order and tree of the hand's joints, and those of every dataset.

The skeleton has 22 joints: 17 that can be posed (`POSED`, the wrist first, parents
before children) and 5 finger tips behind them. The 21 key points of the field
(`KEYPOINTS`) leave the thumb's carpal joint out.

Datasets (`DATASETS`) are read by order and meaning alone; units, axes and left hands
are the business of who opens the files. Traps:
    icvl: root, mid and tip are a finger's middle joint, end joint and tip (thumb:
        knuckle, end joint, tip): over its test frames root-mid over mid-tip is 1.54,
        1.57, 1.48, 1.26 from index to little; our middle over distal segment is 1.48,
        1.57, 1.54, 1.26, proximal over middle and distal together about 1.1.
    stb: joint 0 is the palm's middle, halfway from ring knuckle to wrist.
    nyu14, nyu36: labels are points in the flesh, carried by spheres (`spheres.NYU14`,
        `spheres.NYU36`). Those ending in B lie at a joint (our spheres for them within
        5 mm, at the knuckles 9); tips and palm points are no key point, so all 21 come
        through `spheres.keypoints_from_spheres`.
    rhd: 21 a hand, from the tips inwards; a picture has 42, the left hand's first.
    mano: 16 joints, then 5 vertices as tips, thumb first; little before ring. So ho3d.
    deep_hand_mesh: its hand model has 22 joints, its labels 21, without the carpal one.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

FINGERS = ("thumb", "index", "middle", "ring", "little")

POSED = (
    "wrist",
    "thumb_carpal", "thumb_cmc", "thumb_mcp", "thumb_ip",
    "index_mcp", "index_pip", "index_dip",
    "middle_mcp", "middle_pip", "middle_dip",
    "ring_mcp", "ring_pip", "ring_dip",
    "little_mcp", "little_pip", "little_dip",
)  # fmt: skip
TIPS = tuple(f"{finger}_tip" for finger in FINGERS)
JOINTS = POSED + TIPS

POSED_PARENTS = (-1, 0, 1, 2, 3, 0, 5, 6, 0, 8, 9, 0, 11, 12, 0, 14, 15)
JOINT_PARENTS = (*POSED_PARENTS, 4, 7, 10, 13, 16)

KEYPOINTS = (
    "wrist",
    "thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip",
    "index_mcp", "index_pip", "index_dip", "index_tip",
    "middle_mcp", "middle_pip", "middle_dip", "middle_tip",
    "ring_mcp", "ring_pip", "ring_dip", "ring_tip",
    "little_mcp", "little_pip", "little_dip", "little_tip",
)  # fmt: skip
KEYPOINT_PARENTS = (
    -1,
    0, 1, 2, 3,
    0, 5, 6, 7,
    0, 9, 10, 11,
    0, 13, 14, 15,
    0, 17, 18, 19,
)  # fmt: skip

# Where each key point stands among the 22 joints of the skeleton.
KEYPOINT_JOINTS = tuple(JOINTS.index(name) for name in KEYPOINTS)

# The 15 posed joints of the 45-parameter view, in MANO's order: index, middle, little,
# ring, thumb, each from the palm outwards.
MANO_POSED = tuple(
    POSED.index(f"{finger}_{joint}")
    for finger in ("index", "middle", "little", "ring", "thumb")
    for joint in (("cmc", "mcp", "ip") if finger == "thumb" else ("mcp", "pip", "dip"))
)


class Dataset(NamedTuple):
    """Joints of a dataset in its own order.

    Attributes:
        joints: what the dataset calls them, or would.
        keypoints: the key point that each is; None where it is none.
        derived: key points that are weighted sums of joints.
        underived: joints that are weighted sums of key points.
    """

    joints: tuple[str, ...]
    keypoints: tuple[str | None, ...]
    derived: Mapping[str, Mapping[str, float]] = {}
    underived: Mapping[str, Mapping[str, float]] = {}


def chain(finger: str) -> tuple[str, ...]:
    """Key points of a finger from the palm outwards."""
    return tuple(name for name in KEYPOINTS if name.startswith(finger))


def _chains(*fingers: str, inwards: bool = False, start: int = 0) -> Iterator[str]:
    """Key points of fingers one after the other, from `start` outwards or inwards."""
    for finger in fingers:
        names = chain(finger)[start:]
        yield from reversed(names) if inwards else names


def _numbered(*fingers: str, numbers: tuple, prefix: str = "") -> Iterator[str]:
    """Names such as r_thumb4, a finger after the other."""
    return (f"{prefix}{finger}{n}" for finger in fingers for n in numbers)


_WITH_PINKY = (*FINGERS[:4], "pinky")
NYU_FINGERS = {
    "F1": "little",
    "F2": "ring",
    "F3": "middle",
    "F4": "index",
    "TH": "thumb",
}
_NYU = {
    f"{code}_KNU{knuckle}_{end}": chain(finger)[knuckle - 1] if end == "B" else None
    for code, finger in NYU_FINGERS.items()
    for knuckle in (3, 2, 1)
    for end in "AB"
} | {f"PALM_{k}": None for k in range(1, 7)}
# Of NYU's 36 joints, the 14 that it is scored on.
NYU14_OF_36 = (0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32)

_MANO = Dataset(
    (
        "wrist",
        *_numbered("index", "middle", "pinky", "ring", "thumb", numbers=(1, 2, 3)),
        *_numbered(*_WITH_PINKY, numbers=("_tip",)),
    ),
    ("wrist", *(POSED[k] for k in MANO_POSED), *TIPS),
)

DATASETS: Mapping[str, Dataset] = {
    "nyu36": Dataset(tuple(_NYU), tuple(_NYU.values())),
    "nyu14": Dataset(
        tuple(tuple(_NYU)[k] for k in NYU14_OF_36),
        tuple(tuple(_NYU.values())[k] for k in NYU14_OF_36),
    ),
    "icvl": Dataset(
        ("palm", *_numbered(*FINGERS, numbers=("_root", "_mid", "_tip"))),
        (None, *_chains(*FINGERS, start=1)),
    ),
    "msra15": Dataset(
        ("wrist", *_chains(*FINGERS[1:], "thumb")),
        ("wrist", *_chains(*FINGERS[1:], "thumb")),
    ),
    "stb": Dataset(
        ("palm", *_chains(*reversed(FINGERS))),
        (None, *_chains(*reversed(FINGERS))),
        derived={"wrist": {"palm": 2.0, "ring_mcp": -1.0}},
        underived={"palm": {"wrist": 0.5, "ring_mcp": 0.5}},
    ),
    "rhd": Dataset(
        ("wrist", *_chains(*FINGERS, inwards=True)),
        ("wrist", *_chains(*FINGERS, inwards=True)),
    ),
    "freihand": Dataset(KEYPOINTS, KEYPOINTS),
    "interhand": Dataset(
        (*_numbered(*_WITH_PINKY, numbers=(4, 3, 2, 1), prefix="r_"), "r_wrist"),
        (*_chains(*FINGERS, inwards=True), "wrist"),
    ),
    "mano": _MANO,
    "ho3d": _MANO,
    "mediapipe": Dataset(
        tuple(name.upper().replace("LITTLE", "PINKY") for name in KEYPOINTS),
        KEYPOINTS,
    ),
    "dexter_object": Dataset(TIPS, TIPS),
    "dexycb": Dataset(
        ("wrist", *_numbered(*FINGERS, numbers=("_mcp", "_pip", "_dip", "_tip"))),
        KEYPOINTS,
    ),
    "own": Dataset(KEYPOINTS, KEYPOINTS),
    "deep_hand_mesh": Dataset(
        (
            *_numbered(*_WITH_PINKY, numbers=("_null", 3, 2, 1), prefix="b_r_"),
            "b_r_wrist",
        ),
        (*_chains(*FINGERS, inwards=True), "wrist"),
    ),
}


def from_dataset(
    name: str, joints: Float[Array, "joints 3"]
) -> tuple[Float[Array, "21 3"], Bool[Array, "21"]]:
    """The 21 key points that a dataset's joints give, and which of them they give.

    Args:
        name: one of `DATASETS`.
        joints: in the dataset's order.

    Returns:
        Key points, 0 where the dataset has none, and their validity.
    """
    dataset = _known(name)
    return _reorder(
        joints, dataset.joints, dataset.keypoints, KEYPOINTS, dataset.derived
    )


def to_dataset(
    name: str, keypoints: Float[Array, "21 3"]
) -> tuple[Float[Array, "joints 3"], Bool[Array, "joints"]]:
    """A dataset's joints that the 21 key points give, and which of them they give.

    Args:
        name: one of `DATASETS`.
        keypoints: in the order of `KEYPOINTS`.

    Returns:
        Joints in the dataset's order, 0 where no key point is, and their validity.
    """
    dataset = _known(name)
    joints = tuple(
        k or j for k, j in zip(dataset.keypoints, dataset.joints, strict=True)
    )
    return _reorder(keypoints, KEYPOINTS, KEYPOINTS, joints, dataset.underived)


def _reorder(points, names, meanings, wanted, sums):
    """Points by what they are called or mean, in the wanted order."""
    rows = [meanings.index(w) if w in meanings else -1 for w in wanted]
    valid = jnp.array(
        [row >= 0 or w in sums for row, w in zip(rows, wanted, strict=True)]
    )
    found = jnp.where(jnp.array(rows)[:, None] >= 0, points[jnp.array(rows)], 0.0)
    for target, terms in sums.items():
        total = sum(weight * points[names.index(n)] for n, weight in terms.items())
        found = found.at[wanted.index(target)].set(total)
    return found, valid


def _known(name: str) -> Dataset:
    if name not in DATASETS:
        raise ValueError(f"dataset wants one of {', '.join(DATASETS)}; got {name!r}")
    return DATASETS[name]
