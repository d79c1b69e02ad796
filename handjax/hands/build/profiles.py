"""How thick the hand is, and where: the tables that its surface is swept from.

Breadths of finger segments at their two ends are fractions of hand breadth (HB) from
Buchholz, Armstrong & Goldstein 1992; their depths are 0.80 to 0.90 of the breadths. The
joint stands nearer to the back, so the pad is the thicker half. What no publication
tabulates (eminences, webs, creases) is modelled by eye on those figures and says so by
being given in mm.
"""

import numpy as np

from handjax.hands.anatomy import HAND_BREADTH

# Proximal, middle and distal segment: breadth at the near and at the far end, HB.
BREADTHS = {
    "index": (0.231, 0.227, 0.210, 0.186, 0.198, 0.153),
    "middle": (0.212, 0.220, 0.206, 0.187, 0.200, 0.159),
    "ring": (0.202, 0.204, 0.192, 0.172, 0.187, 0.148),
    "little": (0.186, 0.180, 0.172, 0.157, 0.165, 0.133),
}
# Station (0 knuckle, 1 and 2 next joints, 3 tip), what it takes of the six breadths,
# depth to the pad and to the back over the half breadth.
FINGER_STATIONS = (
    (-0.60, (0.90, 0, 0, 0, 0, 0), 0.80, 0.62),
    (-0.12, (1.14, 0, 0, 0, 0, 0), 0.90, 0.92),
    (0.00, (1.16, 0, 0, 0, 0, 0), 0.92, 0.98),
    (0.20, (1.06, 0, 0, 0, 0, 0), 0.96, 0.90),
    (0.45, (0.60, 0.38, 0, 0, 0, 0), 0.98, 0.84),
    (0.75, (0.10, 0.83, 0, 0, 0, 0), 0.94, 0.84),
    (0.93, (0, 0.72, 0.28, 0, 0, 0), 0.89, 0.91),
    (1.04, (0, 0.42, 0.58, 0, 0, 0), 0.88, 0.92),
    (1.22, (0, 0, 0.96, 0, 0, 0), 0.93, 0.85),
    (1.50, (0, 0, 0.52, 0.47, 0, 0), 0.99, 0.82),
    (1.80, (0, 0, 0, 0.98, 0.01, 0), 0.90, 0.83),
    (2.00, (0, 0, 0, 0.60, 0.40, 0), 0.85, 0.88),
    (2.20, (0, 0, 0, 0.20, 0.77, 0), 0.92, 0.80),
    (2.50, (0, 0, 0, 0, 0.75, 0.24), 1.00, 0.72),
    (2.75, (0, 0, 0, 0, 0.36, 0.64), 0.99, 0.68),
    (3.00, (0, 0, 0, 0, 0, 1.06), 0.95, 0.68),
)
# The same for the thumb, with 0 at its carpometacarpal joint; breadths in HB.
THUMB_STATIONS = (
    (0.00, 0.270, 0.90, 0.80),
    (0.35, 0.265, 0.90, 0.80),
    (0.70, 0.258, 0.90, 0.80),
    (0.92, 0.262, 0.88, 0.90),
    (1.06, 0.254, 0.87, 0.92),
    (1.30, 0.231, 0.90, 0.86),
    (1.60, 0.222, 0.93, 0.84),
    (1.86, 0.232, 0.88, 0.88),
    (2.00, 0.238, 0.86, 0.88),
    (2.25, 0.241, 0.92, 0.74),
    (2.55, 0.236, 0.94, 0.66),
    (2.80, 0.215, 0.92, 0.64),
    (3.00, 0.190, 0.90, 0.64),
)
# Distance from the wrist, lateral and pad offset, half breadth, depth to the palm and
# to the back, mm. Wrist: 0.68 HB broad, two thirds as deep.
PALM = (
    (-40.0, -1.0, 0.0, 28.3, 19.5, 18.0),
    (-12.0, -1.0, 0.0, 28.4, 19.2, 17.2),
    (4.0, -1.5, 0.0, 29.3, 18.2, 15.9),
    (22.0, -3.0, 0.5, 32.0, 15.5, 13.0),
    (45.0, -5.3, 1.0, 36.8, 14.8, 11.0),
    (70.0, -6.0, 1.5, 39.6, 14.0, 9.5),
    (84.0, -5.8, 2.5, 38.8, 13.0, 8.0),
    (98.0, -5.0, 3.5, 36.0, 11.0, 6.5),
    (112.0, -5.0, 4.5, 34.0, 8.0, 5.0),
)
# Across the hand (x), how far the webs fall back behind the foremost, mm.
WEB_LINE = (
    (-60.0, -46.0, -34.0, -28.0, -10.0, 2.0, 13.0, 24.0, 34.0, 60.0),
    (24.0, 19.0, 13.0, 10.0, 1.5, 0.0, 0.0, 2.0, 7.0, 14.0),
)
PALM_ENDS, PALM_CAPS = (-14.0, 90.0), (9.0, 15.0)
RIM = 13.0  # y beyond which the stump is rounded off


def finger_stations(finger: str) -> np.ndarray:
    """Rows of station, half breadth, depth to the pad and to the back, mm."""
    if finger == "thumb":
        table = np.array(THUMB_STATIONS)
    else:
        table = np.array(
            [(s, np.dot(w, BREADTHS[finger]), p, b) for s, w, p, b in FINGER_STATIONS]
        )
    half = 0.5 * HAND_BREADTH * table[:, 1]
    return np.stack([table[:, 0], half, half * table[:, 2], half * table[:, 3]], -1)
