"""What each dataset counts: joints, frames, camera, thresholds, and what is given.

Notation, shared by every function here and by the tests:
    u, v: pixels; d: depth, mm; x, y, z: mm in the camera's frame.

[zimmermann2017]: Zimmermann & Brox, Learning to estimate 3D hand pose from single RGB
images, ICCV 2017. [tompson2014]: Tompson et al., Real-time continuous pose recovery of
human hands using convolutional networks, SIGGRAPH 2014. Numbers of frames, cameras and
cubes are those of the public evaluations of each dataset.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from handjax.evaluation.compare import ALONE, BLOCK
from handjax.evaluation.joint_sets import (
    DENOISED,
    JOINT_SETS,
    JointSet,
    Truth,
    true_joints,
)
from handjax.hands.skeleton import NYU14_OF_36

__all__ = ["DENOISED", "JOINT_SETS", "PROTOCOLS", "JointSet", "Truth", "true_joints"]

ALIGNED = {
    "none": "nothing: camera coordinates as they are",
    "root": "the root's true position",
    "scale": "the root's true position and the hand's true scale",
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
        frames: how many the test set has; None where that depends.
        subsets: of the test set, in its order.
        parts: what the subsets are.
        camera: of every frame; None where there is more than one.
        align: how predictions are brought to the truth, a key of `ALIGNED`.
        root: joint that "root" and "scale" hold on to.
        bone: joints whose distance is the hand's scale; None to scale for the least
            squares of errors.
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
    frames: int | None = None
    subsets: tuple[Subset, ...] = ()
    parts: str = "subjects"
    camera: Camera | None = None
    align: str = "none"
    root: int | None = None
    bone: tuple[int, int] | None = None
    pck: tuple[float, float] = (20.0, 50.0)
    choices: Mapping[int, tuple[int, ...]] = {}
    submission: Submission | None = None
    block: int = BLOCK

    def counted(self, found: Mapping[str, Any]) -> list[str]:
        """The joint sets that are there, the headline's first."""
        return [name for name in self.sets if name in found]

    @property
    def joints(self) -> JointSet:
        """The headline's joint set."""
        return JOINT_SETS[self.sets[0]]


def _in_turn(
    lengths: Mapping[str, int], cubes: tuple[float, ...] = ()
) -> tuple[Subset, ...]:
    """Subsets one after another."""
    found, first = [], 0
    for k, (name, length) in enumerate(lengths.items()):
        cube = cubes[k] if cubes else None
        found.append(Subset(name, first, first + length, cube))
        first += length
    return tuple(found)


_GENERATED = Protocol(
    sets=("nyu14", "centres41", "keypoints21"),
    thresholds=(20.0, 30.0, 40.0),
    curve=(0.0, 80.0),
    note="held-out synthetic frames, drawn as in training from keys of their own",
    block=ALONE,
)
_MSRA15 = (8499, 8492, 8412, 8488, 8500, 8497, 8497, 8498, 8492)
_MSRA15_CUBES = (200.0, 200.0, 200.0, 180.0, 180.0, 180.0, 170.0, 160.0, 150.0)


def _real(name: str, title: str, note: str, **fields: Any) -> Protocol:
    """The protocol of a real dataset, scored on the joint set of its name."""
    sets = fields.pop("sets", (name,))
    return Protocol(sets, (20.0, 30.0, 40.0), (0.0, 80.0), note, title, **fields)


def _of_bone(name: str, bone: tuple[str, str]) -> dict[str, Any]:
    """Alignment by the wrist and the length of a bone."""
    names = JOINT_SETS[name].names
    first, last = (names.index(joint) for joint in bone)
    return {"root": names.index("wrist"), "bone": (first, last)}


_MIDDLE = ("middle_mcp", "middle_pip")

PROTOCOLS: Mapping[str, Protocol] = {
    "synthetic": _GENERATED,
    "studio": _GENERATED._replace(
        note="simulated capture of a subject that synthesis has not seen; first camera",
        block=BLOCK,
    ),
    "nyu": _real(
        "nyu14",
        "NYU hand pose, test set, first view",
        "14 of 36 joints [tompson2014]; nyu12 leaves out the wrist's two",
        sets=("nyu14", "nyu12"),
        frames=8252,
        subsets=_in_turn({"subject 1": 2440, "subject 2": 5812}, (300.0, 250.0)),
        camera=Camera((588.03, 587.07), (320.0, 240.0)),
        root=13,
        choices={36: NYU14_OF_36},
    ),
    "icvl": _real(
        "icvl",
        "ICVL hand pose, test set",
        "16 joints",
        frames=1596,
        subsets=_in_turn({"sequence 1": 702, "sequence 2": 894}),
        parts="sequences",
        camera=Camera((240.99, 240.96), (160.0, 120.0)),
        root=0,
    ),
    "msra15": _real(
        "msra15",
        "MSRA 2015, each subject by a method that was trained on the other eight",
        "21 joints; the mean is over all frames of P0 to P8, leave-one-out",
        frames=sum(_MSRA15),
        subsets=_in_turn({f"P{k}": n for k, n in enumerate(_MSRA15)}, _MSRA15_CUBES),
        camera=Camera((241.42, 241.42), (160.0, 120.0)),
        root=0,
    ),
    "stb": _real(
        "stb",
        "STB, B1Counting and B1Random",
        "21 joints, the wrist moved from the palm's joint; [ge2019] is given the "
        "root's depth and the scale beforehand: --align none",
        frames=3000,
        subsets=_in_turn({"B1Counting": 1500, "B1Random": 1500}),
        parts="sequences",
        align="scale",
        **_of_bone("stb", _MIDDLE),
    ),
    "rhd": _real(
        "rhd",
        "RHD, evaluation set",
        "21 joints of one hand; wrist and bone middle_mcp to middle_pip are given as "
        "in [zimmermann2017]",
        frames=2728,
        align="scale",
        block=ALONE,
        **_of_bone("rhd", _MIDDLE),
    ),
    "dexter_object": _real(
        "dexter_object",
        "Dexter+Object",
        "five finger tips; those that nobody labelled count nowhere",
        pck=(0.0, 100.0),
    ),
    "freihand": _real(
        "freihand",
        "FreiHAND, evaluation set",
        "21 joints; no hand is mirrored to fit, as the public code would",
        frames=3960,
        align="procrustes",
        pck=(0.0, 50.0),
        submission=Submission(1000.0),
        block=ALONE,
        **_of_bone("freihand", _MIDDLE),
    ),
    "ho3d": _real(
        "ho3d",
        "HO-3D, evaluation set",
        "21 joints, MANO's order; no hand is mirrored to fit, as the public code would",
        align="procrustes",
        pck=(0.0, 50.0),
        submission=Submission(1000.0, "yz"),
        **_of_bone("ho3d", ("wrist", "middle_mcp")),
    ),
}
