"""A dataset so small that storing it takes no time, and frames to spoil."""

from types import SimpleNamespace

import numpy as np

from handjax.data.real.frame import About, DatasetError, Frame, FrameError, View

FOCAL = np.array([100.0, 110.0], np.float32)
CENTRE = np.array([31.5, 23.0], np.float32)
EYE = np.eye(4, dtype=np.float32)

ABOUT = About(
    name="toy",
    title="A toy",
    home="https://example.org/toy",
    licence="none",
    citation="@misc{toy}",
    layout={"*.txt": "nothing"},
    frames={"train": 10, "test": 3},
    joints="freihand",
)


def depth(number=0):
    """A ball's front at 500 mm or so, before a wall."""
    v, u = np.mgrid[:48, :64]
    apart = (u - 30 - number) ** 2 + (v - 20) ** 2
    return np.where(apart < 144, 480 + apart / 8, 1500.0).astype(np.float32)


def view(**changes):
    hand = np.array([0.0, -10.0, 500.0], np.float32)
    return View(FOCAL, CENTRE, EYE, hand, depth())._replace(**changes)


def frame(number=0, **changes):
    joints = np.linspace([-20, -30, 480], [30, 40, 520], 21).astype(np.float32)
    one = Frame(
        f"toy/{number}", (view(depth=depth(number)),), joints, np.ones(21, bool)
    )
    return one._replace(**changes)


def reader(bad=(), about=ABOUT, read=None, frames=None):
    """A module of a dataset.

    Args:
        bad: numbers of frames that can't be read.
        about: it.
        read: called with each number first.
        frames: that each split has; as `about` says by default.
    """
    counts = frames or about.frames

    def index(root, split):
        if split not in counts:
            raise DatasetError(f"no {split} in {root}")
        return range(counts[split])

    def read_one(root, number):
        if read:
            read(number)
        if number in bad:
            raise FrameError(f"toy/{number}.png can't be read")
        return frame(number)

    return SimpleNamespace(ABOUT=about, index=index, read=read_one)
