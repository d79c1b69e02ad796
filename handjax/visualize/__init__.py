"""Pictures of depth, hands and joints, for logs, reports and fits.

A picture is an array (height, width, 3) of uint8. Pixel centres stand at integer
coordinates, u to the right and v down, as everywhere. Runs on the host.
"""

from handjax.visualize.estimates import estimates_sheet
from handjax.visualize.figures import HAND_COLOURS, draw_joints, draw_spheres
from handjax.visualize.frames import frames_sheet
from handjax.visualize.overlays import overlays_sheet
from handjax.visualize.sheets import contact_sheet, enlarge, save_png
from handjax.visualize.surface import (
    PAPER,
    SKIN,
    Picture,
    depth_to_rgb,
    shade,
)

__all__ = [
    "HAND_COLOURS",
    "PAPER",
    "SKIN",
    "Picture",
    "contact_sheet",
    "depth_to_rgb",
    "draw_joints",
    "draw_spheres",
    "enlarge",
    "estimates_sheet",
    "frames_sheet",
    "overlays_sheet",
    "save_png",
    "shade",
]
