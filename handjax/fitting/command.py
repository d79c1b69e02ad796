"""`python -m handjax fit`: a depth image in, a mesh, joints and a picture out."""

import argparse
import time
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from handjax import export
from handjax.data.given.frames import FrameError, parse_camera, parse_center, read_depth
from handjax.fitting import overlay
from handjax.fitting.energy import WEIGHTS
from handjax.fitting.guess import estimate
from handjax.fitting.search import DEFAULT, Fit, find_centre, fit
from handjax.geometry.cameras import Pinhole
from handjax.hands import spheres
from handjax.hands.articulate import Hand, keypoints
from handjax.hands.skeleton import DATASETS, KEYPOINTS
from handjax.hands.template import Template, load_template

HELP = "fit a hand to a depth image; a network may help, none is needed"
TEMPLATE = "hand_1721"
JOINT_SETS = ("canonical21", "nyu14")


def add_to(commands) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser("fit", help=HELP, description=HELP)
    parser.add_argument("depth", type=Path, help="PNG of 16 bits, NYU's, or .npy")
    parser.add_argument("--camera", required=True, help="nyu, icvl, msra, fx,fy,cx,cy")
    parser.add_argument(
        "--center", default="depth", help="depth (find the hand), or X,Y,Z in mm"
    )
    parser.add_argument(
        "--hand", choices=("right", "left"), default="right", help="default: right"
    )
    parser.add_argument(
        "--joint-set",
        choices=JOINT_SETS,
        default="canonical21",
        help="of joints.json; default: canonical21",
    )
    parser.add_argument(
        "--starts",
        type=int,
        default=DEFAULT.starts,
        help=f"hands to begin with, in batches of {DEFAULT.batch}; "
        f"default: {DEFAULT.starts}",
    )
    parser.add_argument(
        "--weights", help="start from what this release or run sees as well"
    )
    parser.add_argument(
        "--template",
        default=TEMPLATE,
        help="the hand: hand_790 and the like, a rigged .glb or .gltf, MANO's file; "
        f"default: {TEMPLATE}",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the starts; default: 0")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.set_defaults(run=run)


def join_center(arguments: list[str]) -> list[str]:
    """`--center -20,50,700` as one argument: argparse takes the value for an option.

    So too `--box -5,0,90,90`, of a hand that is not all in the picture.
    """
    joined = []
    for argument in arguments:
        if joined and joined[-1] in ("--center", "--box"):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def run(chosen: argparse.Namespace) -> None:
    """Read, fit, and only then write.

    Raises:
        FrameError: what the user gave can't be used.
    """
    camera = parse_camera(chosen.camera)
    centre = parse_center(chosen.center)
    depth = read_depth(chosen.depth)
    if chosen.starts < 1:
        raise FrameError(f"--starts wants 1 or more; got {chosen.starts}")
    if chosen.seed < 0:
        raise FrameError(f"--seed wants 0 or more; got {chosen.seed}")
    template = _template(chosen.template)
    export.prepare(chosen.out)
    height, width = depth.shape
    print(f"frame     {width} x {height}, {np.sum(depth > 0)} pixels with depth")
    how = "given"
    if centre is None:
        centre, how = find_centre(depth, camera), "found in the depth"
    print(f"centre    {_place(centre)} mm, {how}")
    print(f"fitting   a {chosen.hand} hand from {chosen.starts} starts; compiles first")
    guess = partial(estimate, _weights(chosen.weights)) if chosen.weights else None
    began = time.monotonic()
    found = fit(
        template,
        depth,
        camera,
        centre=centre,
        seed=chosen.seed,
        left=chosen.hand == "left",
        schedule=DEFAULT._replace(starts=chosen.starts),
        guess=guess,
    )
    seconds = time.monotonic() - began
    faces = np.asarray(template.faces)
    faces = faces[:, ::-1] if chosen.hand == "left" else faces
    files = _contents(chosen, depth, camera, found, faces)
    for name, content in files.items():
        export.write(chosen.out / name, content)
    print(_summary(found, seconds))
    print(f"wrote     {', '.join(files)} in {chosen.out}")
    print("axes      x right, y down, z forward, mm; in hand.glb y up, z back, metres")


def joint_set(
    name: str, hand: Hand
) -> tuple[Float[np.ndarray, "joints 3"], tuple[str, ...]]:
    """Joints of a hand by the name of their set, mm, and their own names."""
    if name == "nyu14":
        return np.asarray(spheres.nyu14(hand.centres)), DATASETS["nyu14"].joints
    return np.asarray(keypoints(hand)), KEYPOINTS


def _template(name: str) -> Template:
    """A hand by name or file."""
    try:
        return load_template(name)
    except ValueError as wrong:
        raise FrameError(f"--template: {wrong}") from wrong


def _weights(name: str):
    """Trained weights by name or folder."""
    from handjax import weights

    try:
        return weights.find(name)
    except weights.MissingError as wrong:
        raise FrameError(str(wrong)) from wrong


def _contents(chosen, depth, camera: Pinhole, found: Fit, faces) -> dict[str, bytes]:
    """Every file of a fit, complete before the first is written."""
    joints, names = joint_set(chosen.joint_set, found.hand)
    about = {
        "joint_set": chosen.joint_set,
        "hand": chosen.hand,
        "camera": {
            "focal": np.asarray(camera.focal, float).tolist(),
            "centre": np.asarray(camera.centre, float).tolist(),
        },
        "frame": "camera",
        "image": chosen.depth.name,
        "energy": round(found.energy, 4),
    }
    vertices = np.asarray(found.hand.vertices)
    points = np.asarray(keypoints(found.hand))
    picture = overlay.sheet(depth, camera, vertices, faces, points)
    return {
        "hand.glb": export.mesh(".glb", vertices, faces),
        "hand.ply": export.mesh(".ply", vertices, faces),
        "joints.json": export.joints_json(joints, names, **about),
        "overlay.png": overlay.png(picture),
    }


def _summary(found: Fit, seconds: float) -> str:
    parts = ", ".join(
        f"{name.replace('_', ' ')} {WEIGHTS[name] * value:.2f}"
        for name, value in found.terms.items()
    )
    residual = found.terms["data_to_model"], found.terms["model_to_data"]
    return (
        f"energy    {found.energy:.2f} after {seconds:.1f} s\n"
        f"          = {parts}\n"
        f"residual  data to model {residual[0]:.1f} mm, model to data "
        f"{residual[1]:.1f} mm (each difference counted up to 25 mm)\n"
        f"wrist at  {_place(found.hand.joints[0])} mm"
    )


def _place(point) -> str:
    return "(" + ", ".join(f"{x:.0f}" for x in point) + ")"
