"""Methods by name or folder, ready to look at a crop of a user's frame.

Hands of either side are seen as right ones, a left one in a mirrored frame; who looks
mirrors what is found back.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

from handjax import weights
from handjax.batch import Batch, Labels, Views
from handjax.data.given.frames import FrameError
from handjax.experiment import METHODS, assemble
from handjax.geometry import alignment, cameras, transforms
from handjax.hands.fit_joints import fit_joints
from handjax.hands.template import Template, load_template
from handjax.methods import lift
from handjax.predicting import confidence
from handjax.predicting.agreement import WRIST, agreement
from handjax.predicting.confidence import Calibration

USUAL = {"depth": "wan_spheres", "image": "graph_cnn"}
"""The method that is taken where nobody names one."""
SEES = {"depth": "depth", "image": "pictures in colour"}
WITHOUT_ROOT = "deep_hand_mesh"
"""A method that says how a hand is turned, and not where it is."""
SURFACE = "refined"
"""Of what dual_grid says, the template laid on it: its own vertices melt together where
the mesh grid is coarse."""
NOISE = 5.0
"""How far off estimated key points are taken to be where a hand is laid on them, mm."""


class Seen(NamedTuple):
    """A hand in the frame of the camera that took the crop, mm.

    Attributes:
        joints: the 21 key points.
        vertices: of the template's surface.
        score: 0 to 1 by `agreement`; None of methods on colour.
        spread: how far estimates of several crops are from one another, mm, in colour
            wrist on wrist; None of refined ones in colour, where one crop is seen.
    """

    joints: Float[np.ndarray, "21 3"]
    vertices: Float[np.ndarray, "vertices 3"]
    score: float | None = None
    spread: float | None = None


class Seer(NamedTuple):
    """A method that looks at crops.

    Attributes:
        name: of the method.
        origin: of its weights, a line.
        sees: "depth" or "image".
        pixels: edge of a picture in colour.
        template: the hand that it knows; its surface has these faces.
        look: (views, where heat-maps have the key points or None) -> Seen. The batch is
            of crops of one frame; on depth the best by `agreement` is kept, in colour
            the first.
        calibration: of these weights used like this; None where there is none.
    """

    name: str
    origin: str
    sees: str
    pixels: int
    template: Template
    look: Callable[[Views, Any], Seen]
    calibration: Calibration | None = None


@cache
def load(
    method: str | None = None,
    name: str | None = None,
    *,
    is_depth: bool,
    refine: int = 0,
) -> Seer:
    """A method with its weights; who asks again gets what is compiled already.

    Args:
        method: one of `METHODS`, None for the usual one.
        name: of a release, or the folder of a run; None for the method's own release.
        is_depth: what frames there are.
        refine: steps of refinement of each estimate.

    Raises:
        FrameError: there is no such method or weights, it sees other frames, or it
            can't refine.
    """
    found = _weights(method, name, is_depth)
    config = found.config
    sees = {"rgb": "image"}.get(config.synthetic.get("modality", "depth"), "depth")
    wanted = "depth" if is_depth else "image"
    if sees != wanted:
        raise FrameError(
            f"{config.method} sees {SEES[sees]}, and these frames are {SEES[wanted]}; "
            f"give --method {USUAL[wanted]}"
        )
    made = assemble(config).method
    if refine and made.refine is None:
        raise FrameError(
            f"--refine wants a method that can refine, dense_hand_pose; "
            f"{config.method} can't"
        )
    template = load_template(config.template)
    look = _depth_look if sees == "depth" else _image_look
    return Seer(
        config.method,
        found.origin,
        sees,
        config.synthetic.get("rgb", {}).get("pixels", 0),
        template,
        look(found, made, template, refine),
        # Refined hands are others than those that were calibrated.
        None if refine else confidence.load(found.release),
    )


def _weights(method: str | None, name: str | None, is_depth: bool) -> weights.Weights:
    if method is not None and method not in METHODS:
        raise FrameError(f"--method wants one of {', '.join(METHODS)}; got {method!r}")
    usual = method or USUAL["depth" if is_depth else "image"]
    if name is None and usual not in weights.released():
        raise FrameError(
            f"{usual} has no released weights; train it and give --workdir RUN"
        )
    try:
        found = weights.find(name or usual)
    except weights.MissingError as wrong:
        raise FrameError(str(wrong)) from wrong
    if method not in (None, found.config.method):
        raise FrameError(
            f"--method {method}, but {found.origin} is of {found.config.method}"
        )
    return found


def _predict(found: weights.Weights, method: Any, refine: int) -> Callable[..., Any]:
    """A batch to joint sets, refined where that was asked for."""

    @jax.jit
    def predict(params: Any, state: Any, batch: Batch) -> Any:
        key = jax.random.key(0)
        prediction, _ = method.predict(params, state, batch, key=key, train=False)
        # What nobody asks for is not made.
        return method.joints(prediction, batch), prediction if refine else None

    place = jax.jit(method.joints)

    def run(batch: Batch) -> dict[str, Array]:
        joints, prediction = predict(found.params, found.state, batch)
        if not refine:
            return joints
        better = method.refine(found.params, prediction, batch, steps=refine)
        return place(better, batch)

    return run


def _depth_look(
    found: weights.Weights, method: Any, template: Template, refine: int
) -> Callable[[Views, Any], Seen]:
    predict = _predict(found, method, refine)

    @jax.jit
    def judge(views: Views, centres: Array, joints: Array) -> Array:
        crop = views.crop_from_camera[:, 0]
        assert views.depth is not None
        camera = jax.tree.map(lambda leaf: leaf[:, 0], views.camera)
        c, x = (jax.vmap(transforms.apply)(crop, p) for p in (centres, joints))
        each = jax.vmap(agreement, (0, 0, 0, None, 0))
        return each(views.depth[:, 0], camera, c, template.sphere_radii, x)

    def look(views: Views, uv: Any) -> Seen:
        del uv
        sets = predict(Batch(views, None, Labels()))
        each = np.asarray(judge(views, sets["centres41"], sets["keypoints21"]))
        best = int(np.argmax(each))
        joints = sets["keypoints21"][best]
        surface = sets.get(SURFACE)
        vertices = _laid(template, joints) if surface is None else surface[best]
        spread = _spread(np.asarray(sets["keypoints21"]))
        return Seen(np.asarray(joints), np.asarray(vertices), float(each[best]), spread)

    return look


def _image_look(
    found: weights.Weights, method: Any, template: Template, refine: int
) -> Callable[[Views, Any], Seen]:
    predict = _predict(found, method, refine)

    def look(views: Views, uv: Any) -> Seen:
        if refine:
            views = jax.tree.map(lambda leaf: leaf[:1], views)
        sets = predict(Batch(views, None, Labels()))
        each = np.asarray(sets["keypoints21"])
        spread = None if refine else _spread(each - each[:, WRIST, None])
        joints = sets["keypoints21"][0]
        if found.config.method == WITHOUT_ROOT:
            camera = jax.tree.map(lambda leaf: leaf[0, 0], views.camera)
            joints, vertices = _placed(sets, camera, uv)
        elif "vertices" in sets:
            vertices = sets["vertices"][0]
        else:
            vertices = _laid(template, joints)
        return Seen(np.asarray(joints), np.asarray(vertices), None, spread)

    return look


def _spread(joints: Float[np.ndarray, "crops 21 3"]) -> float:
    """Mean distance of key points from where half of the crops have them, mm."""
    off = joints - np.median(joints, axis=0)
    return float(np.linalg.norm(off, axis=-1).mean())


def _laid(template: Template, joints: Float[Array, "21 3"]) -> Array:
    """The surface of the hand that is laid on key points.

    Raises:
        FrameError: no hand has such key points.
    """
    try:
        return fit_joints(template, joints, noise=NOISE).vertices
    except ValueError as wrong:
        raise FrameError(f"no hand: what was estimated is none ({wrong})") from wrong


@jax.jit
def _placed(
    sets: dict[str, Array], camera: cameras.Pinhole, uv: Float[Array, "21 2"]
) -> tuple[Float[Array, "21 3"], Float[Array, "vertices 3"]]:
    """Key points that are turned as a network says, where heat-maps have them, and the
    surface with them."""
    turned, laid = sets["keypoints21"][0], sets["laid21"][0]
    turn = alignment.align_rigid(laid, turned)
    shift = lift.find_place(camera, uv, turned)
    return turned + shift, transforms.apply(turn, sets["surface"][0]) + shift
