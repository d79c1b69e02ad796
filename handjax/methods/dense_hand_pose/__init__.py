"""A parametric hand by neural rendering: Baek, Kim & Kim, CVPR 2019 [baek2019].

Pushing the envelope for RGB-based dense 3D hand pose estimation via neural rendering.
Evidence of a picture, features of its foreground and key points in it, becomes 63
numbers of a hand in three steps; the hand is drawn, and what it looks like is compared
with masks; in use the 63 numbers are refined against the evidence.

What differs, and why. The projector's skeleton regressor is the template's own
skeleton, and its camera, which is not printed, is `hand.place`. Sums are means, see
`labelled`. Eq. (2) wants features to differ, too, against their shrinking to nothing.
Regressor and refiner learn first from key points that were never drawn, `lifted`, and
are told how sure the heat-maps are of theirs; so is Eq. (11). An estimate is compared
around the true knuckle, not around where the picture's middle is. `habit` holds a
hand's size, of which Eq. (8) is free, and so is L_Lap here, see `refinement.roughness`.
Key points are centroids of peaks, not their highest pixels. Eq. (11) keeps lambda and
key points as they were at its beginning, so that it is one function that goes down,
where the paper's introduction has key points refined on the way. Norms are group norms.
What is imagined is learnt from once, and is not kept. Nothing begins with others'
weights, but where a config names a file of the extractor's.

Notation, shared by every function here and by the tests:
    x, m: picture, and which pixels show the hand.
    F: features of the foreground.
    j: key points in the picture, halves of its edge from its middle, (21, 2).
    h: the 63 numbers, see `hand`.
    v: vertices, mm in the camera's frame.

Equations:
    (1)  decomposition              `estimate.predict`
    (2)  features of the foreground `labelled.feature_error`
    (3)  heat-maps                  `labelled.heatmap_error`
    (4)  the 63 numbers             `hand.place`
    (5)  three iterations           `estimate.iterate`
    (6)  2D refiner                 `labelled.refiner_error`
    (7)  total                      `LOSSES`, weighed by the config's phases
    (8)  articulation               `labelled.articulation_error`
    (9)  shape                      `labelled.shape_error`
    (10) lambda                     `labelled.gate`
    (11) refinement                 `tested.make_refine`
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from handjax.batch import Batch
from handjax.geometry import cameras
from handjax.hands.template import Template
from handjax.methods.dense_hand_pose import labelled
from handjax.methods.dense_hand_pose.checks import check
from handjax.methods.dense_hand_pose.estimate import (
    Networks,
    Prediction,
    Room,
    foreground,
    init,
    make_room,
    predict,
)
from handjax.methods.dense_hand_pose.imagined import imagine
from handjax.methods.dense_hand_pose.network import RESNET
from handjax.methods.dense_hand_pose.tested import make_refine
from handjax.methods.method import Config, Method, Terms
from handjax.methods.pictures import (
    camera_of,
    in_camera,
    in_world,
    true_heatmaps,
    true_pixels,
)
from handjax.networks.pretrained import load_resnet
from handjax.networks.resnet import STAGES, ResNet, is_statistic
from handjax.refinement import Hands, roughness

OF_LABELS = ("articulation", "laplacian", "features", "shape", "refiner", "habit")
"""Terms of the total. Source: [baek2019] Eq. (7); of the last see `labelled`."""
LOSSES = {
    "heatmaps": ("heatmaps",),
    "lifted": ("articulation", "laplacian", "refiner", "habit"),
    "supervised": (*OF_LABELS, "heatmaps", "near"),
}
"""What a phase may minimise, and the terms that it may weigh. `near`, the share of
hands whose masks count, is to be watched: Figure 5(f)."""
MOVES = {
    "heatmaps": ("heatmaps",),
    "lifted": ("regressor", "refiner"),
    "supervised": Networks._fields,
}
"""Networks that a loss moves. Heat-maps learn beside the others, from Eq. (3) alone:
their peaks have no gradient. Source: [baek2019] Sec. 3.3."""


def make(config: Config, template: Template) -> Method:
    """The method as pure functions.

    Args:
        config: see `configs/dense_hand_pose.py`; `template`, `model`, `refinement`,
            `synthetic.rgb` and `phases` are read.
        template: the hand at rest.

    Raises:
        ValueError: naming a setting that can't be, and what it may be.

    Source: [baek2019] Eq. (7), weighed by the phases.
    """
    check(config, LOSSES)
    room, model = make_room(config, template), config.model
    terms = partial(
        _terms, room=room, most=model.gate, sigma=config.synthetic.rgb.heatmap_sigma
    )
    file = model.pretrained
    featured = model.evidence == "features"
    return Method(
        init=lambda key, batch: (init(key, batch, room), {}),
        predict=partial(predict, room=room),
        losses={
            loss: partial(terms, names=names, lifted=loss == "lifted")
            for loss, names in LOSSES.items()
        },
        trainable={
            loss: lambda path, moves=moves: path[0] in moves and not is_statistic(path)
            for loss, moves in MOVES.items()
        },
        blind=frozenset({"lifted"}),
        imagine=partial(
            imagine, room=room, seeds=model.seeds, samples=config.synthetic.rgb.samples
        ),
        joints=joints,
        given=partial(_given, room=room, model=model) if file else None,
        # Without heat-maps there is nothing to refine by.
        refine=None if featured else make_refine(config, room),
    )


def joints(prediction: Prediction, batch: Batch) -> dict[str, Array]:
    """Key points and vertices in the world, mm: as they are, and `given` what is."""
    found = {
        "keypoints21": prediction.own_joints,
        "given21": prediction.joints,
        "vertices": prediction.own_vertices,
        "given_vertices": prediction.vertices,
    }
    return {name: in_world(points, batch) for name, points in found.items()}


def _given(params: Any, *, room: Room, model: Config) -> tuple[Any, str]:
    """Parameters with the residual network of a file."""
    net = ResNet(STAGES[model.extractor], model.norm)
    own = params["features"]["params"]
    found = {"params": {**own, RESNET: load_resnet(model.pretrained, net)}}
    said = f"model.pretrained: the feature extractor's, from {model.pretrained}"
    return params | {"features": found}, said


def _terms(
    params: Any,
    prediction: Any,
    batch: Any,
    *,
    names: tuple[str, ...],
    lifted: bool,
    room: Room,
    most: float,
    sigma: float,
) -> Terms:
    """The terms of a loss, as far as labels allow; means over all that was drawn.

    Args:
        params: unused.
        prediction, batch: of one source, or of each of several: what was imagined
            stands behind the others.
        names: of the loss.
        lifted: whether it is of key points that nobody saw.
        room: what does not change.
        most: tau of Eq. (10).
        sigma: of true heat-maps.
    """
    del params
    if isinstance(batch, Batch):
        prediction, batch = (prediction,), (batch,)
    total, counts = {}, {}
    for found, part in zip(prediction, batch, strict=True):
        count = len(part.views.valid)
        if lifted:
            known = _raised(found, part, room)
        else:
            known = _known(found, part, room, most, sigma)
        for name, term in known.items():
            total[name] = total.get(name, 0.0) + count * term
            counts[name] = counts.get(name, 0) + count
    return {name: total[name] / counts[name] for name in names if name in total}


def _raised(prediction: Prediction, batch: Batch, room: Room) -> Terms:
    """Every term of key points that were mislaid and not seen."""
    found, uv = prediction.lifted, true_pixels(batch)
    if found is None or uv is None or batch.labels.joints is None:
        raise ValueError("key points can only be lifted where labels have them")
    valid = batch.labels.joints_valid
    valid = jnp.ones(uv.shape[:2], bool) if valid is None else valid
    true = in_camera(batch.labels.joints, batch)
    hands = Hands(found.vertices, found.joints)
    return {
        "articulation": labelled.articulation_error(
            camera_of(batch), found.joints, true, valid
        ),
        "laplacian": jnp.mean(roughness(hands, room.skin)),
        "refiner": labelled.refiner_error(found.seen[1:], uv, valid, room.pixels),
        "habit": labelled.habit_error(found.h, room.start),
    }


def _known(
    prediction: Prediction, batch: Batch, room: Room, most: float, sigma: float
) -> Terms:
    """Every term of one source."""
    hands = Hands(prediction.own_vertices, prediction.own_joints)
    known = {
        "laplacian": jnp.mean(roughness(hands, room.skin)),
        "habit": labelled.habit_error(prediction.h, room.start),
    }
    if prediction.masked is not None:
        known["features"] = labelled.feature_error(
            prediction.features, prediction.masked
        )
    uv = true_pixels(batch)
    if uv is None:
        return known
    valid = batch.labels.joints_valid
    valid = jnp.ones(uv.shape[:2], bool) if valid is None else valid
    size = prediction.heatmaps[-1].shape[1]
    true = true_heatmaps(uv, room.pixels, size, sigma)
    known["heatmaps"] = labelled.heatmap_error(prediction.heatmaps, true, valid)
    known["refiner"] = labelled.refiner_error(
        prediction.seen[1:], uv, valid, room.pixels
    )
    camera = camera_of(batch)
    if batch.labels.joints is not None:
        known["articulation"] = labelled.articulation_error(
            camera, prediction.own_joints, in_camera(batch.labels.joints, batch), valid
        )
    at = jax.vmap(cameras.project)(camera, prediction.own_joints)
    share = labelled.gate(at, uv, valid, room.pixels, most)
    known["near"] = jnp.mean(share)
    if batch.views.mask is not None:
        if batch.views.mask_valid is not None:
            share = share * batch.views.mask_valid[:, 0]
        known["shape"] = labelled.shape_error(
            camera, prediction.own_vertices, foreground(batch), share, room.skin
        )
    return known
