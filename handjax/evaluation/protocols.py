"""What each dataset counts, as the field's public evaluations have it.

[zimmermann2017]: Zimmermann & Brox, Learning to estimate 3D hand pose from single RGB
images, ICCV 2017. [tompson2014]: Tompson et al., Real-time continuous pose recovery of
human hands using convolutional networks, SIGGRAPH 2014. Numbers of frames, cameras and
cubes are those of the public evaluations of each dataset; of InterHand2.6M, DexYCB and
DeepHandMesh in facebookresearch/InterHand2.6M, data/InterHand2.6M/dataset.py (the
number of frames: its issue 122), NVlabs/dex-ycb-toolkit, dex_ycb_toolkit/hpe_eval.py,
and facebookresearch/DeepHandMesh, data/dataset.py.
"""

from collections.abc import Mapping
from typing import Any

from handjax.evaluation.compare import ALONE, BLOCK
from handjax.evaluation.joint_sets import (
    DENOISED,
    GIVEN,
    JOINT_SETS,
    LAID,
    JointSet,
    Truth,
    true_joints,
)
from handjax.evaluation.protocol import ALIGNED, Camera, Protocol, Submission, Subset
from handjax.hands.skeleton import NYU14_OF_36

__all__ = [
    "ALIGNED",
    "DENOISED",
    "JOINT_SETS",
    "PROTOCOLS",
    "Camera",
    "JointSet",
    "Protocol",
    "Subset",
    "Truth",
    "true_joints",
]


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
    sets=(
        *("nyu14", "centres41", LAID, "keypoints21", "keypoints21_refined"),
        *("vertices", "vertices_refined", "refined", *GIVEN),
    ),
    thresholds=(20.0, 30.0, 40.0),
    curve=(0.0, 80.0),
    note="held-out synthetic frames, drawn as in training from keys of their own",
    block=ALONE,
)
_MSRA15_FRAMES = (8499, 8492, 8412, 8488, 8500, 8497, 8497, 8498, 8492)
_MSRA15 = {f"P{k}": n for k, n in enumerate(_MSRA15_FRAMES)}
_MSRA15_CUBES = (200.0, 200.0, 200.0, 180.0, 180.0, 180.0, 170.0, 160.0, 150.0)


def _real(name: str, title: str, note: str, **fields: Any) -> Protocol:
    """The protocol of a real dataset, scored on the joint set of its name."""
    sets = fields.pop("sets", (name,))
    return Protocol(sets, (20.0, 30.0, 40.0), (0.0, 80.0), note, title, **fields)


def _of_bone(name: str, bone: tuple[str, str]) -> dict[str, Any]:
    """Alignment by the wrist and the length of a bone."""
    names = JOINT_SETS[name].names
    first, last = (names.index(joint) for joint in bone)
    return {"root": _wrist(name), "bone": (first, last)}


def _wrist(name: str) -> int:
    return JOINT_SETS[name].names.index("wrist")


def _anchors(name: str) -> tuple[int, ...]:
    """The wrist and the knuckles of four fingers, as the authors of [moon2020]."""
    names = JOINT_SETS[name].names
    knuckles = (f"{finger}_mcp" for finger in ("index", "middle", "ring", "little"))
    return tuple(names.index(joint) for joint in ("wrist", *knuckles))


_MIDDLE = ("middle_mcp", "middle_pip")

PROTOCOLS: Mapping[str, Protocol] = {
    "synthetic": _GENERATED,
    "studio": _GENERATED._replace(
        note="simulated capture of a subject that synthesis has not seen; of depth the "
        "first camera, in colour one a moment",
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
        splits=tuple(_MSRA15),
        frames=sum(_MSRA15.values()),
        subsets=_in_turn(_MSRA15, _MSRA15_CUBES),
        camera=Camera((241.42, 241.42), (160.0, 120.0)),
        root=0,
    ),
    "stb": _real(
        "stb",
        "STB, B1Counting and B1Random",
        "21 joints, the wrist moved from the palm's joint; [ge2019] is given the "
        "root's depth and the scale beforehand: --align none",
        splits=("test", "sk_test"),
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
        splits=("evaluation",),
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
        splits=("evaluation",),
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
        splits=("evaluation", "v2_evaluation"),
        parts="splits",
        align="procrustes",
        pck=(0.0, 50.0),
        submission=Submission(1000.0, "yz"),
        **_of_bone("ho3d", ("wrist", "middle_mcp")),
    ),
    "interhand": _real(
        "interhand",
        "InterHand2.6M V1.0 at 5 frames a second, test set, single hands",
        "21 joints of the one hand, right or left; the wrist is given and counts with "
        "0 mm; joints outside of the picture, and frames whose wrist is outside, count "
        "nowhere. Published figures are means over the means of 42 joints, 21 a hand",
        frames=488_968,
        align="root",
        root=_wrist("interhand"),
        pck=(0.0, 50.0),
    ),
    "dexycb": _real(
        "dexycb",
        "DexYCB, test set of one of four ways to split",
        "21 joints of pictures that show the hand; the public toolkit tells means and "
        "AUC 0-50 for --align none, root and procrustes",
        splits=("s0_test", "s1_test", "s2_test", "s3_test"),
        parts="splits",
        root=_wrist("dexycb"),
        pck=(0.0, 50.0),
    ),
    "deep_hand_mesh": _real(
        "deep_hand_mesh",
        "DeepHandMesh, right hands that the authors do not train on",
        "21 joints, P_err of [moon2020] after wrist and knuckles are brought together; "
        "its test set, 15 conversational gestures, is no split of the release",
        splits=("rom", "left"),
        parts="splits",
        align="rigid",
        root=_wrist("deep_hand_mesh"),
        anchors=_anchors("deep_hand_mesh"),
    ),
    "own": _real(
        "own",
        "A recording of your own, frames to test on",
        "the key points that were labelled, of 21",
        root=_wrist("own"),
        pck=(0.0, 50.0),
    ),
}
