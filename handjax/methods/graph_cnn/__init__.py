"""Mesh and pose from a picture in colour: Ge et al., CVPR 2019 [ge2019].

3D hand shape and pose estimation from a single RGB image. Heat-maps of the key points,
then a latent vector, then graph convolutions from a coarse hand to a fine one, then the
key points as a linear function of its vertices.

What differs, and why. Norms are group norms, so that a network is a function of its
parameters. Terms are the paper's sums in cm over the number of vertices, see
`labelled`. Scale and root depth are given where the labels of a batch say them, as the
paper has it in training and test; what the networks say without them is estimated
beside it (`methods.lift.find_root`). Depth maps are compared where both show a hand.
The regressor works on vertices around their mean. Pseudo-ground truth is from
the network whose hourglasses have been tuned, unless a config asks for the paper's.

Notation, shared by every function here and by the tests:
    u, d, s, z_r: of a point in the picture, and its depth there: see `methods.lift`.
    H: heat-maps of the 21 key points, (p, q, 21).
    v: vertices of the surface, mm in the camera's frame.
    e: edges of the surface; n: normals of its faces.

Equations:
    (1)  Chebyshev convolution      `networks.chebyshev.convolve`
    L_H  heat-maps                  `labelled.heatmap_error`
    (2)  vertices                   `labelled.vertex_error`
    (3)  normals                    `labelled.normal_error`
    (4)  edges                      `labelled.edge_error`
    (5)  Laplacian                  `labelled.laplacian_error`
    L_J  key points                 `labelled.pose_error`
    (6)  fully supervised           `phases.LOSSES`, weighed by the config's phases
    (7)  depth map                  `weak.depth_error`
    L_pM pseudo-ground truth        (4) and (5) on `weak.pseudo_truth`
    (8)  weakly supervised          `phases.LOSSES`, weighed by the config's phases
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.geometry import cameras
from handjax.hands.fit_joints import fit_joints
from handjax.hands.template import Template
from handjax.methods.graph_cnn import labelled, weak
from handjax.methods.graph_cnn.estimate import (
    PIPELINES,
    Prediction,
    Room,
    init,
    init_head,
    make_room,
    predict,
    regressed,
)
from handjax.methods.graph_cnn.phases import LOSSES, check
from handjax.methods.method import Config, Method, Terms
from handjax.methods.pictures import (
    camera_of,
    in_camera,
    in_world,
    true_heatmaps,
    true_pixels,
)

MOVES = {
    "heatmaps": ("heatmaps",),
    "regressor": ("regressor",),
    "supervised": ("heatmaps", "encoder", *PIPELINES),
    "hourglass": ("heatmaps",),
    "weak": ("heatmaps", "encoder", "regressor", *PIPELINES),
    "transfer": ("pose",),
}
"""Networks that a loss moves. Source: [ge2019] Sec. 4.3 and 4.4."""
FINE_TUNING = ("hourglass", "weak")
"""Losses on real pictures: the hourglasses by themselves, then all networks."""
TEACHER = "teacher"
"""Parameters that make the pseudo-ground truth. The paper's are those of its
"pretrained model", as they were before fine-tuning. With hourglasses that have not been
tuned a teacher is worse than the network it teaches, true heat-maps or not: see
docs/graph_cnn.md. Source: [ge2019] Sec. 4.1 and 4.4."""


def make(config: Config, template: Template) -> Method:
    """The method as pure functions.

    Args:
        config: see `configs/graph_cnn.py`; `template`, `model`, `synthetic.rgb` and
            `phases` are read.
        template: the hand at rest.

    Raises:
        ValueError: naming a setting that can't be, and what it may be.

    Source: [ge2019] Eq. (6) and Eq. (8), whose sums are weighed by the phases.
    """
    check(config)
    room, mesh = make_room(config, template), labelled.mesh_of(template)
    losses = [phase.loss for phase in config.phases]
    taught = "weak" in losses
    tuning = [loss for loss in losses if loss in FINE_TUNING] if taught else []
    # Runs from before there was a choice had the paper's.
    if config.model.get("teacher", "pretrained") == "pretrained":
        tuning = tuning[:1]
    terms = partial(_terms, room=room, mesh=mesh, settings=config.synthetic.rgb)
    return Method(
        init=partial(_init, room=room, taught=taught),
        predict=partial(predict, room=room),
        losses={loss: partial(terms, names=names) for loss, names in LOSSES.items()},
        trainable={
            loss: lambda path, moves=moves: path[0] in moves
            for loss, moves in MOVES.items()
        },
        imagine=None,
        joints=partial(joints, room=room),
        begin=partial(
            _begin,
            copies=frozenset(tuning),
            head=lambda: init_head(jax.random.key(config.seed), room),
        ),
        release=_own,
        blind=frozenset({"regressor"}),
    )


def joints(prediction: Prediction, batch: Batch, *, room: Room) -> dict[str, Array]:
    """Key points and vertices in the world, mm: as they are, and `_given` what is.

    Where key points alone are estimated and the config says so, the template at its
    mean shape is laid on them by inverse kinematics: direct LBS.
    """
    found = {"keypoints21": prediction.own_joints, "given21": prediction.joints}
    if prediction.vertices is not None and prediction.own_vertices is not None:
        found["vertices"] = prediction.own_vertices
        found["given_vertices"] = prediction.vertices
    elif room.skins:
        for name, at in (("vertices", "keypoints21"), ("given_vertices", "given21")):
            shape = jnp.zeros(len(room.template.shape_joints))
            found[name] = fit_joints(room.template, found[at], shape=shape).vertices
    return {name: in_world(points, batch) for name, points in found.items()}


def _init(
    key: Any, batch: Batch, *, room: Room, taught: bool
) -> tuple[dict[str, Any], dict]:
    params = init(key, batch, room)
    return params | ({TEACHER: params} if taught else {}), {}


def _begin(
    loss: str,
    params: dict[str, Any],
    *,
    copies: frozenset[str],
    head: Callable[[], Any],
    shown: Batch | None = None,
) -> dict[str, Any]:
    """What a phase begins with: those of `copies` with a copy of all, to be taught by;
    a transfer with a head of its own, if there is none."""
    del shown
    if loss == "transfer" and "pose" not in params:
        return params | {"pose": head()}
    if loss not in copies:
        return params
    own = _own(params)
    return own | {TEACHER: jax.tree.map(jnp.copy, own)}


def _own(params: dict[str, Any]) -> dict[str, Any]:
    """All but the teacher's, whom training alone asks."""
    return {name: part for name, part in params.items() if name != TEACHER}


def _terms(
    params: Any,
    prediction: Prediction,
    batch: Batch,
    *,
    names: tuple[str, ...],
    room: Room,
    mesh: labelled.Mesh,
    settings: Config,
) -> Terms:
    """The terms of a loss, as far as the batch's labels allow.

    Raises:
        ValueError: the phase mixes sources, or a weak one has no key points.
    """
    if not isinstance(batch, Batch):
        raise ValueError("a phase of graph_cnn takes one source")
    known = {
        **_of_heatmaps(prediction, batch, room, settings),
        **_of_surface(prediction, batch, room, mesh),
        **_of_joints(params, prediction, batch, room),
    }
    if "depth" in names:
        if "true_heatmaps" not in known:
            raise ValueError(
                "the weak loss needs key points in the picture: name 'keypoints2d', or "
                "'joints', among the labels of its source"
            )
        true = known.pop("true_heatmaps")
        known |= _of_weak(params, prediction, batch, true, room, mesh)
    return {name: known[name] for name in names if name in known}


def _of_heatmaps(
    prediction: Prediction, batch: Batch, room: Room, settings: Config
) -> dict[str, Array]:
    """L_H, and the true heat-maps, wherever key points in the picture are known."""
    uv = true_pixels(batch)
    if uv is None:
        return {}
    size = prediction.heatmaps[-1].shape[1]
    true = true_heatmaps(uv, room.pixels, size, settings.heatmap_sigma)
    count = len(room.template.vertices)
    valid = batch.labels.joints_valid
    error = labelled.heatmap_error(prediction.heatmaps, true, count, valid)
    if valid is not None:
        # Where nobody knows better, the teacher sees what was found.
        true = jnp.where(valid[:, None, None], true, prediction.heatmaps[-1])
    return {"heatmaps": error, "true_heatmaps": true}


def _of_surface(
    prediction: Prediction, batch: Batch, room: Room, mesh: labelled.Mesh
) -> dict[str, Array]:
    """L_M, wherever surfaces are estimated and known."""
    found, uv = prediction.vertices, prediction.uv
    if found is None or uv is None or batch.labels.vertices is None:
        return {}
    true = in_camera(batch.labels.vertices, batch)
    true_uv = jax.vmap(cameras.project)(camera_of(batch), true)
    known = batch.labels.vertices_valid
    if known is not None:
        # Where nobody knows better, what was found is right.
        own = jax.lax.stop_gradient((found, uv))
        kept = partial(jnp.where, known[:, None, None])
        true, true_uv = kept(true, own[0]), kept(true_uv, own[1])
    return {
        "vertices": labelled.vertex_error(found, true, uv, true_uv, room.pixels),
        "normals": labelled.normal_error(found, true, mesh),
        "edges": labelled.edge_error(found, true, mesh),
        "laplacian": labelled.laplacian_error(found, true, mesh),
    }


def _of_joints(
    params: Any, prediction: Prediction, batch: Batch, room: Room
) -> dict[str, Array]:
    """L_J of what is estimated, and of what the regressor makes of true surfaces."""
    labels = batch.labels
    if labels.joints is None:
        return {}
    true, valid = in_camera(labels.joints, batch), labels.joints_valid
    count = len(room.template.vertices)
    score = partial(labelled.pose_error, true=true, count=count)
    terms = {"joints": score(prediction.joints, valid=valid)}
    if "regressor" in params and labels.vertices is not None:
        surface = in_camera(labels.vertices, batch)
        made = regressed(params["regressor"], surface, room=room)
        if labels.vertices_valid is not None:
            there = labels.vertices_valid[:, None]
            valid = there if valid is None else valid & there
        terms["regressor"] = score(made, valid=valid)
    return terms


def _of_weak(
    params: Any,
    prediction: Prediction,
    batch: Batch,
    true: Float[Array, "batch p q 21"],
    room: Room,
    mesh: labelled.Mesh,
) -> dict[str, Array]:
    """L_D, where depth is known, and L_pM."""
    assert prediction.vertices is not None
    taught = weak.pseudo_truth(params[TEACHER], batch, true, room)
    terms = {}
    if batch.views.depth is not None or batch.views.mask is not None:
        terms["depth"] = weak.depth_error(prediction, batch, mesh, room.pixels)
    return terms | {
        "pseudo_edges": labelled.edge_error(prediction.vertices, taught, mesh),
        "pseudo_laplacian": labelled.laplacian_error(prediction.vertices, taught, mesh),
    }
