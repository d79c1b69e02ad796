"""The built-in hand fitted to a depth frame by refining its own parameters.

file -> frame -> Evidence -> starts -> Variables -> energy -> refine -> Fit
"""

from handjax.data.given.frames import FrameError, parse_camera, parse_center, read_depth
from handjax.fitting.guess import estimate
from handjax.fitting.search import Fit, Schedule, find_centre, fit

__all__ = [
    "Fit",
    "FrameError",
    "Schedule",
    "estimate",
    "find_centre",
    "fit",
    "parse_camera",
    "parse_center",
    "read_depth",
]
