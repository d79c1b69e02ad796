"""The resting skeleton, from published anthropometry (host side, once).

Right hand, palm towards the camera: x to the thumb's side, y to the wrist, z to the
back of the hand; the wrist is the origin; mm. Lengths are fractions of hand length
(HL, wrist crease to middle tip) and hand breadth (HB, at the knuckles):
    carpometacarpal centres of the fingers, knuckles and segments: Buchholz, Armstrong
    & Goldstein 1992; proximal over middle segment: An et al. 1979; resting fan of the
    fingers: An & Cooney 1991.
What no source gives is set by eye and says so below.
"""

import numpy as np
from jaxtyping import Float

from handjax.hands.skeleton import FINGERS, JOINT_PARENTS, JOINTS, POSED

HAND_LENGTH = 185.0
HAND_BREADTH = 84.0

# Carpometacarpal centre across (HB), knuckle beyond it (HL) and further across (HB),
# height of the knuckle over the palm's plane (mm): the transverse arch.
KNUCKLES = {
    "index": (0.126, 0.374, 0.126, 0.0),
    "middle": (0.0, 0.373, 0.0, 1.5),
    "ring": (-0.129, 0.336, -0.077, 0.0),
    "little": (-0.223, 0.295, -0.179, -4.0),
}
# Middle and distal segment (HL), proximal over middle segment.
SEGMENTS = {
    "index": (0.143, 0.097, 2.39 / 1.29),
    "middle": (0.170, 0.108, 1.99 / 1.22),
    "ring": (0.165, 0.107, 1.90 / 1.21),
    "little": (0.117, 0.093, 2.27 / 1.29),
}
# An & Cooney's fan of 15, 6, 0, -7 degrees, turned by 5 or 6 so that the middle finger
# is straight.
FAN_DEGREES = {"index": 9.0, "middle": 1.0, "ring": -5.0, "little": -12.0}
# A relaxed flat hand is not quite flat: knuckle, middle and end joint, by eye.
REST_FLEXION_DEGREES = (4.0, 5.0, 4.0)

# By eye, as a thumb lies beside a flat palm; Buchholz et al. have its carpometacarpal
# centre at .196 HB across and .073 HL along.
THUMB_BASE = (0.20, 0.085)
THUMB_SEGMENTS = (0.251, 0.196, 0.158)
THUMB_DIRECTIONS = (
    (0.66, -0.66, -0.36),
    (0.46, -0.85, -0.26),
    (0.36, -0.90, -0.24),
)
# The thumb's pad looks across the palm, not away from it.
THUMB_PAD = (-0.62, -0.30, -0.72)


def _unit(vector):
    vector = np.asarray(vector, np.float64)
    return vector / np.linalg.norm(vector)


def _finger_directions(finger: str) -> np.ndarray:
    """Directions of a finger's three segments at rest, (3, 3)."""
    fan = np.deg2rad(FAN_DEGREES[finger])
    flexion = np.cumsum(np.deg2rad(REST_FLEXION_DEGREES))
    across, along = np.sin(fan), -np.cos(fan)
    return np.stack(
        [np.cos(flexion) * across, np.cos(flexion) * along, -np.sin(flexion)], axis=-1
    )


def rest_joints() -> np.ndarray:
    """Joint positions at rest, mm, (22, 3), in the order of `skeleton.JOINTS`."""
    at = {"wrist": np.zeros(3), "thumb_carpal": np.array([9.0, -6.0, -2.0])}
    across, along = THUMB_BASE
    at["thumb_cmc"] = np.array([across * HAND_BREADTH, -along * HAND_LENGTH, -6.0])
    names = ("thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip")
    steps = zip(names, names[1:], THUMB_SEGMENTS, THUMB_DIRECTIONS, strict=False)
    for name, further, length, direction in steps:
        at[further] = at[name] + length * HAND_LENGTH * _unit(direction)
    for finger, (carpal, beyond, across, height) in KNUCKLES.items():
        middle, distal, ratio = SEGMENTS[finger]
        at[f"{finger}_mcp"] = np.array(
            [
                (carpal + across) * HAND_BREADTH,
                -(0.073 + beyond) * HAND_LENGTH,
                height,
            ]
        )
        lengths = np.array([middle * ratio, middle, distal]) * HAND_LENGTH
        ends = at[f"{finger}_mcp"] + np.cumsum(
            lengths[:, None] * _finger_directions(finger), axis=0
        )
        for name, end in zip(("pip", "dip", "tip"), ends, strict=True):
            at[f"{finger}_{name}"] = end
    return np.stack([at[name] for name in JOINTS])


def joint_axes() -> np.ndarray:
    """Unit axes of each posed joint: flexion, abduction, twist; rows of (17, 3, 3).

    A positive turn about the first closes the finger, about the second carries it
    towards the thumb's side, about the third twists it; the third is the bone. The
    wrist and the carpal joint have the axes of the rest frame and of the thumb.
    """
    joints = dict(zip(JOINTS, rest_joints(), strict=True))
    axes = []
    for name in POSED:
        finger = name.split("_")[0]
        if name == "wrist":
            axes.append(frame(np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, -1.0])))
            continue
        chain = [j for j in JOINTS if j.startswith(finger)]
        order = ["carpal", "cmc", "mcp", "ip", "pip", "dip", "tip"]
        chain.sort(key=lambda j: order.index(j.split("_")[1]))
        bone = joints[chain[chain.index(name) + 1]] - joints[name]
        axes.append(frame(bone, pad(finger)))
    return np.stack(axes)


def pad(finger: str) -> np.ndarray:
    """Direction that a finger's pad looks in."""
    return _unit(THUMB_PAD) if finger == "thumb" else np.array([0.0, 0.0, -1.0])


def frame(bone: np.ndarray, pad: np.ndarray) -> np.ndarray:
    """Flexion, abduction and twist axes of a bone whose pad looks along `pad`."""
    twist = _unit(bone)
    flexion = np.cross(twist, _unit(pad - twist * (pad @ twist)))
    return np.stack([flexion, np.cross(twist, flexion), twist])


def turned_axes(
    axes: Float[np.ndarray, "17 3 3"],
    before: Float[np.ndarray, "22 3"],
    after: Float[np.ndarray, "22 3"],
) -> Float[np.ndarray, "17 3 3"]:
    """Axes of finger joints, turned as the bones beyond them are between two hands."""
    turned = axes.copy()
    for child, parent in enumerate(JOINT_PARENTS):
        if parent > 0:
            bones = (j[child] - j[parent] for j in (before, after))
            turned[parent] = axes[parent] @ least_turn(*bones).T
    return turned


def least_turn(
    a: Float[np.ndarray, "3"], b: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "3 3"]:
    """The least rotation of one direction to another, less than half a turn.

    R = I + [a x b] + [a x b]^2 / (1 + a . b)
    """
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    cross = np.cross(np.eye(3), np.cross(a, b))
    return np.eye(3) + cross + cross @ cross / (1.0 + a @ b)


# Flexion, abduction, twist: (from, to) in degrees. Flexion is as public hand models
# quote it, knuckles extended as a supple hand's. Sideways these quote the extremes of
# single fingers (index 42, little 40 degrees); ours are what fingers reach beside one
# another. The carpal joint and all twist are by eye; metacarpals do not bend.
_FIXED = (0.0, 0.0)
LIMITS_DEGREES = {
    "wrist": ((-180.0, 180.0), (-180.0, 180.0), (-180.0, 180.0)),
    "thumb_carpal": ((-10.0, 10.0), (-10.0, 10.0), (-10.0, 10.0)),
    "thumb_cmc": ((-25.0, 35.0), (-30.0, 60.0), (-40.0, 20.0)),
    "thumb_mcp": ((-10.0, 80.0), (-15.0, 15.0), (-10.0, 10.0)),
    "thumb_ip": ((-15.0, 80.0), _FIXED, _FIXED),
    "index_mcp": ((-25.0, 90.0), (-15.0, 25.0), (-8.0, 8.0)),
    "middle_mcp": ((-25.0, 90.0), (-20.0, 20.0), (-8.0, 8.0)),
    "ring_mcp": ((-25.0, 90.0), (-20.0, 15.0), (-8.0, 8.0)),
    "little_mcp": ((-25.0, 95.0), (-30.0, 20.0), (-8.0, 8.0)),
    **{f"{f}_pip": ((0.0, 105.0), _FIXED, _FIXED) for f in FINGERS[1:]},
    **{f"{f}_dip": ((-10.0, 90.0), _FIXED, _FIXED) for f in FINGERS[1:]},
}


def joint_limits() -> np.ndarray:
    """Limits of each posed joint about its three axes, radians, (17, 3, 2)."""
    return np.deg2rad(np.array([LIMITS_DEGREES[name] for name in POSED]))
