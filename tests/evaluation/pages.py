"""A small page whose figures are known by hand, for the tests of pages."""

import io

import numpy as np
from PIL import Image

from handjax.evaluation.page import Example, Method, Page

NAMES = ("wrist", "middle_mcp", "middle_tip")
BONES = ((0, 1), (1, 2))
TRUTH = np.array([[0.0, 0.0, 600.0], [0.0, -90.0, 610.0], [0.0, -180.0, 590.0]])
# The first joint of the last frame is unknown.
OURS = np.array(
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [30.0, 20.0, 10.0], [np.nan, 41.0, 43.0]]
)
THEIRS = OURS + 1.0


def displaced(e):
    """Joints that are e mm behind their truth."""
    joints = np.repeat(TRUTH[None], len(e), axis=0)
    joints[..., 2] += np.nan_to_num(e)
    return joints


def picture():
    """The content of a PNG file."""
    content = io.BytesIO()
    Image.new("RGB", (40, 40), (200, 120, 60)).save(content, format="PNG")
    return content.getvalue()


def example(title, frame, *, name="a frame", overlay=None):
    methods = {"ours": OURS, "theirs": THEIRS}
    return Example(
        title=title,
        frame=frame,
        name=name,
        truth=TRUTH,
        predicted={name: displaced(e)[frame] for name, e in methods.items()},
        overlay=overlay,
        errors={name: float(np.nanmean(e[frame])) for name, e in methods.items()},
    )


def small(**changes):
    """The page, with some of its parts changed."""
    page = Page(
        title="Ours on four frames",
        about=(("crop centre", "GROUND TRUTH"),),
        joints=NAMES,
        bones=BONES,
        methods=(
            Method("ours", OURS, displaced(OURS)),
            Method("theirs", THEIRS, displaced(THEIRS)),
        ),
        published=(("Elder", 12.34, "Elder et al. 2015"),),
        comparisons=("ours errs 1.00 mm less than theirs",),
        examples=(example("best", 0, overlay=picture()), example("worst", 3)),
        truth=displaced(np.zeros_like(OURS)),
    )
    return page._replace(**changes)
