"""What a protocol says: joints, frames, camera, thresholds, and what is given.

Notation, shared by every function here and by the tests:
    u, v: pixels; d: depth, mm; x, y, z: mm in the camera's frame.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from handjax.evaluation.compare import BLOCK
from handjax.evaluation.joint_sets import JOINT_SETS, JointSet

ALIGNED = {
    "none": "nothing: camera coordinates as they are",
    "root": "the root's true position",
    "scale": "the root's true position and the hand's true scale",
    "rigid": "position and rotation that fit the true wrist and finger roots best",
    "procrustes": "position, rotation and scale that fit the truth best (Procrustes)",
}
"""How predictions may be brought to the truth, and what a method is given by it."""


class Camera(NamedTuple):
    """A pinhole camera that took every frame of a dataset, pixels.

        x = (u - u0) d / fx,    y = (v - v0) d / fy,    z = d

    Attributes:
        focal: fx, fy.
        centre: u0, v0.
    """

    focal: tuple[float, float]
    centre: tuple[float, float]


class Subset(NamedTuple):
    """Frames that are also told apart.

    Attributes:
        name: as tables call it.
        first, last: its frames are first to last - 1 of the test set.
        cube: edge of the crops that the field takes for it, mm; None without crops.
    """

    name: str
    first: int
    last: int
    cube: float | None = None


class Submission(NamedTuple):
    """How a challenge writes joints, where that is not how the house has them.

    Attributes:
        unit: mm that its unit has.
        flip: axes that point the other way.
    """

    unit: float
    flip: str = ""


class Protocol(NamedTuple):
    """How a dataset is scored.

    Attributes:
        sets: names of the joint sets, the headline's first.
        thresholds: mm, at which the fraction of good frames is printed.
        curve: mm, (first, last) of the success curve.
        note: a line on what was measured, printed under the table.
        title: what heads the table of a real dataset; "" for the others.
        splits: that are tested on, by what the reader calls them: each a test set of
            its own, the field's first; or, where they are the subsets, all together.
        frames: how many the test set has; None where that depends.
        subsets: of the test set, in its order.
        parts: what the subsets are.
        camera: of every frame; None where there is more than one.
        align: how predictions are brought to the truth, a key of `ALIGNED`.
        root: joint that "root" and "scale" hold on to.
        bone: joints whose distance is the hand's scale; None to scale for the least
            squares of errors.
        anchors: joints that "rigid" holds on to; () where the field does not.
        pck: mm, range of the area under the curve that its papers report.
        choices: numbers of joints that files have instead, and those that count.
        submission: of its challenge, JSON.
        block: frames in a row that are alike: what intervals are drawn by.
    """

    sets: tuple[str, ...]
    thresholds: tuple[float, ...]
    curve: tuple[float, float]
    note: str
    title: str = ""
    splits: tuple[str, ...] = ("test",)
    frames: int | None = None
    subsets: tuple[Subset, ...] = ()
    parts: str = "subjects"
    camera: Camera | None = None
    align: str = "none"
    root: int | None = None
    bone: tuple[int, int] | None = None
    anchors: tuple[int, ...] = ()
    pck: tuple[float, float] = (20.0, 50.0)
    choices: Mapping[int, tuple[int, ...]] = {}
    submission: Submission | None = None
    block: int = BLOCK

    def counted(self, found: Mapping[str, Any]) -> list[str]:
        """The joint sets that are there, the headline's first."""
        return [name for name in self.sets if name in found]

    def tested(self, name: str | None = None) -> tuple[str, ...]:
        """The splits that are tested on, or the one that has this name.

        Args:
            name: of a split, or of a subset, which says nothing of splits.
        """
        if name in self.splits:
            return (name,)
        parts = {subset.name for subset in self.subsets}
        return self.splits if parts.issuperset(self.splits) else self.splits[:1]

    @property
    def joints(self) -> JointSet:
        """The headline's joint set."""
        return JOINT_SETS[self.sets[0]]
