"""The spheres released with [wan2019], and the same places on our bones.

Their frame is a left hand's: fingers along -x, thumb to -y, palm to +z, mm. Centres
and bones are 1.38 times larger than the scale their radii were written for.

Source: github.com/melonwan/sphereHand (MIT), mesh/preprocess.py.
"""

import numpy as np

from handjax.hands import spheres

OURS_FROM_RELEASED = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
RADIUS_SCALE = 58.0 / 80.0

# Eleven of the palm, then index, middle, ring, little and thumb.
CENTRES = np.array([
    (104.389, 18.342, -17.583), (104.389, -17.038, -17.583), (25.103, 0.652, -21.295),
    (34.383, 24.403, -9.695), (53.001, 0.652, -21.295), (110.189, 0.652, -21.295),
    (86.989, 0.652, -21.295), (86.989, 12.252, -15.495), (63.789, 18.052, -15.495),
    (34.383, -17.038, -17.815), (54.741, -17.038, -18.395),
    (-24.755, -24.983, -25.078), (5.811, -25.302, -26.905), (-63.907, -26.276, -11.07),
    (-49.494, -24.797, -20.321), (-90.437, -27.795, 10.726), (-78.895, -26.78, 1.707),
    (-27.704, 3.039, -18.127), (-3.953, -0.209, -21.172), (-63.075, 3.168, 0.285),
    (-51.736, 5.053, -8.502), (-85.792, -3.917, 33.73), (-77.817, -0.089, 17.49),
    (-20.25, 23.709, -6.055), (-0.037, 21.621, -11.072), (-48.932, 27.385, 11.92),
    (-36.491, 27.878, 5.221), (-71.774, 19.688, 44.993), (-63.915, 24.85, 29.594),
    (-8.841, 43.506, 5.12), (10.357, 40.316, 0.277), (-27.151, 48.231, 18.233),
    (-17.9, 46.549, 10.345), (-45.825, 47.667, 40.14), (-37.85, 48.566, 30.454),
    (53.411, -31.24, 11.411), (79.424, -11.346, 4.741), (8.872, -43.193, 13.593),
    (26.707, -40.786, 12.056), (-36.068, -43.527, 21.814), (-14.84, -42.512, 17.986),
])  # fmt: skip
RADII = RADIUS_SCALE * np.array([
    20, 20, 22.4, 22.4, 24, 22.4, 20, 20, 20, 20, 20,
    16, 16.8, 13.6, 14.4, 11.2, 12.8,
    16, 16.8, 14.4, 16, 12, 13.6,
    15.2, 16, 13.6, 14.4, 9.6, 11.2,
    13.6, 16.8, 11.2, 12.8, 8, 9.6,
    22.4, 22.4, 16, 20, 13.6, 15.2,
])  # fmt: skip
# Where the three bones of each finger begin, in the order of `spheres.FINGER_ORDER`.
ORIGINS = np.array([
    [(7.696, -22.953, -26.905), (-49.494, -26.74, -21.046), (-70.543, -28.491, -9.255)],
    [(-3.402, -0.238, -20.679), (-53.418, 1.892, -11.605), (-76.686, -2.264, 17.548)],
    [(0.079, 25.304, -22.353), (-40.58, 27.646, 6.961), (-56.607, 26.271, 21.996)],
    [(9.69, 41.679, -7.118), (-19.611, 46.462, 6.778), (-37.966, 48.16, 23.465)],
    [(79.424, -11.346, 4.741), (28.65, -44.179, 14.608), (-11.012, -48.022, 15.782)],
])  # fmt: skip


def fraction(sphere: int) -> float:
    """Where along its bone a finger's sphere lies: 0 at the joint, 1 at the next."""
    finger, place = divmod(sphere - spheres.PALM, 6)
    ends = (*ORIGINS[finger], _tip(finger))
    near, far = ends[place // 2], ends[place // 2 + 1]
    bone = far - near
    return float((CENTRES[sphere] - near) @ bone / (bone @ bone))


def _tip(finger: int) -> np.ndarray:
    """The far end of the sphere in the finger's tip, seen along its bone."""
    last = spheres.PALM + 6 * finger + 4
    bone = CENTRES[last] - ORIGINS[finger, 2]
    return CENTRES[last] + RADII[last] * bone / np.linalg.norm(bone)


def start(joints: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Centres and radii on our bones, mm, (41, 3) and (41,).

    A finger's sphere keeps its fraction of the bone; the palm is scaled by the breadth
    from index to little knuckle and hangs from the middle one.

    Args:
        joints: rest positions by name.
    """
    breadth = np.linalg.norm(joints["index_mcp"] - joints["little_mcp"])
    scale = breadth / np.linalg.norm(ORIGINS[0, 0] - ORIGINS[3, 0])
    palm = (CENTRES[: spheres.PALM] - ORIGINS[1, 0]) @ OURS_FROM_RELEASED.T
    centres = [joints["middle_mcp"] + scale * place for place in palm]
    for k in range(spheres.PALM, len(CENTRES)):
        near, far = (joints[name] for name in spheres.bone(k))
        centres.append(near + fraction(k) * (far - near))
    return np.stack(centres), scale * RADII
