"""The 41 spheres that ride on the skeleton: who they are and what they carry.

Order and meaning are those of the spheres released with [wan2019]: 11 of the palm,
then 6 of each finger from index to thumb, two a segment from the palm outwards, the
far one of each two first. Places and radii are fitted to our surface by
`hands.build.fit_spheres`; a template carries them. Fitted centres stand beside the
released ones (at the same fraction of their bones) by 1.4 mm on average and 2.2 at most
where they carry NYU's 14 joints, by 3.5 on average and 11 at most over all.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Array, Float

from handjax.geometry.precision import matmul
from handjax.hands.skeleton import POSED, chain

PALM = 11
FINGER_ORDER = ("index", "middle", "ring", "little", "thumb")
SEGMENTS = ("proximal", "middle", "distal")
THUMB_SEGMENTS = ("metacarpal", "proximal", "distal")

NAMES = tuple(f"palm_{k}" for k in range(1, PALM + 1)) + tuple(
    f"{finger}_{segment}_{end}"
    for finger in FINGER_ORDER
    for segment in (THUMB_SEGMENTS if finger == "thumb" else SEGMENTS)
    for end in ("far", "near")
)
# Part of each sphere: 0 palm, 1 to 5 the fingers of FINGER_ORDER.
PARTS = np.array([0] * PALM + [1 + k // 6 for k in range(30)])
# The posed joint that carries each sphere; a segment hangs from its near joint.
CARRIERS = (POSED.index("wrist"),) * PALM + tuple(
    POSED.index(joint)
    for finger in FINGER_ORDER
    for joint in chain(finger)[:3]
    for _ in range(2)
)

# Spheres that carry the 14 joints NYU is scored on.
NYU14 = (33, 32, 27, 26, 21, 20, 15, 14, 39, 40, 38, 0, 1, 2)
# Spheres that carry NYU's 36 joints: little finger first, tip first, palm last.
NYU36 = (
    *(33, 34, 31, 32, 29, 30),
    *(27, 28, 25, 26, 23, 24),
    *(21, 22, 19, 20, 17, 18),
    *(15, 16, 13, 14, 11, 12),
    *(39, 40, 37, 38, 35, 36),
    *(0, 1, 2, 3, 4, 5),
)

# Pairs that must keep apart: different fingers, and fingers against the palm.
PAIRS = np.argwhere(np.triu(PARTS[:, None] != PARTS[None, :]))

ASSET = Path(__file__).parent / "assets" / "sphere_keypoints.npz"


def bone(sphere: int) -> tuple[str, str]:
    """Names of the joints at the near and far end of a finger sphere's bone."""
    finger, place = divmod(sphere - PALM, 6)
    near, far = chain(FINGER_ORDER[finger])[place // 2 : place // 2 + 2]
    return near, far


def nyu14(centres: Float[Array, "41 3"]) -> Float[Array, "14 3"]:
    """The 14 joints that NYU is scored on, mm."""
    return centres[np.array(NYU14)]


def nyu36(centres: Float[Array, "41 3"]) -> Float[Array, "36 3"]:
    """All 36 joints of NYU, mm."""
    return centres[np.array(NYU36)]


def keypoints_from_spheres(centres: Float[Array, "41 3"]) -> Float[Array, "21 3"]:
    """The 21 key points as fixed affine combinations of the sphere centres, mm.

    Each row of weights sums to one, so the map commutes with every motion of the
    whole hand. `fit_spheres` fits it over sampled poses and shapes and prints what
    it leaves unexplained.
    """
    return matmul(_keypoint_weights(), centres)


@lru_cache
def _keypoint_weights() -> Float[np.ndarray, "21 41"]:
    with np.load(ASSET, allow_pickle=False) as file:
        return file["weights"]
