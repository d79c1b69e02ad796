"""A linear shape space: every component stretches bones and what hangs on them.

A component is a strain of each bone's frame: along the bone, across it. Joints move by
the strains before them, the surface by those strains blended with the skinning weights,
so that surface and joints stay together and both are linear in the coefficients.

Standard deviations: finger lengths 6-8 % (Chatzioglou et al. 2024), split into what all
fingers share and what each has for itself; hand length 10 mm of 185, breadths and
thicknesses 5-7 % of themselves, which are ours.
"""

import numpy as np

from handjax.hands import anatomy
from handjax.hands.skeleton import FINGERS, JOINT_PARENTS, JOINTS, POSED

Strain = dict[str, tuple[float, float, float]]


def components() -> dict[str, Strain]:
    """Strains (across, depth, along) of each bone for one standard deviation."""
    bones = {f: [n for n in POSED if n.startswith(f)] for f in FINGERS}
    fingers = [n for f in FINGERS[1:] for n in bones[f]]
    thumb = [n for n in bones["thumb"] if n != "thumb_carpal"]
    made: dict[str, Strain] = {
        "size": dict.fromkeys(POSED, (0.054, 0.054, 0.054)),
        "finger_length": dict.fromkeys(fingers + thumb, (0.0, 0.0, 0.045)),
        "finger_thickness": dict.fromkeys(fingers + thumb, (0.06, 0.06, 0.0)),
        "palm_length": {"wrist": (0.0, 0.0, 0.04)},
        "palm_width": {"wrist": (0.045, 0.0, 0.0)},
        "palm_thickness": {"wrist": (0.0, 0.06, 0.0)},
        "thumb_length": dict.fromkeys(thumb, (0.0, 0.0, 0.05)),
        "thumb_thickness": dict.fromkeys(thumb, (0.05, 0.05, 0.0)),
    }
    for finger in FINGERS[1:]:
        made[f"{finger}_length"] = dict.fromkeys(bones[finger], (0.0, 0.0, 0.035))
    made["fingertip_length"] = {
        n: (0.0, 0.0, 0.06) for n in fingers + thumb if n.endswith(("dip", "_ip"))
    }
    made["taper"] = {
        n: (0.06, 0.06, 0.0) for n in fingers + thumb if n.endswith(("dip", "_ip"))
    }
    return made


def displace(strain: Strain, vertices, weights) -> tuple[np.ndarray, np.ndarray]:
    """Displacement of surface and joints under one component."""
    rest, axes = anatomy.rest_joints(), anatomy.joint_axes()
    moved = np.zeros_like(rest)
    for k, parent in enumerate(JOINT_PARENTS):
        if parent >= 0:
            name = JOINTS[parent]
            stretch = tensor(axes[parent], strain.get(name, (0.0, 0.0, 0.0)))
            moved[k] = moved[parent] + stretch @ (rest[k] - rest[parent])
    surface = np.zeros_like(vertices)
    for b, name in enumerate(POSED):
        stretch = tensor(axes[b], strain.get(name, (0.0, 0.0, 0.0)))
        shift = moved[b] + (vertices - rest[b]) @ stretch.T
        surface += weights[:, b : b + 1] * shift
    return surface, moved


def tensor(axes: np.ndarray, strain) -> np.ndarray:
    """Strain across, in depth and along as a matrix in the hand's frame."""
    across, depth, along = strain
    return axes.T @ np.diag([across, depth, along]) @ axes


def shape_space(vertices, weights) -> tuple[np.ndarray, np.ndarray]:
    """All components: (shape, vertices, 3) and (shape, 22, 3)."""
    pairs = [displace(s, vertices, weights) for s in components().values()]
    surfaces, joints = zip(*pairs, strict=True)
    return np.stack(surfaces), np.stack(joints)
