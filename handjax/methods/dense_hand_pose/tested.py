"""Refinement of an estimate against what the networks say of a picture: Eq. (11).

Nothing is read that a user's picture would not have: no label but what places a hand
that is told its scale and root, and these the descent does not see.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.geometry import cameras
from handjax.methods.dense_hand_pose import hand
from handjax.methods.dense_hand_pose.estimate import Prediction, Room, placed
from handjax.methods.dense_hand_pose.labelled import gate, habits
from handjax.methods.method import Config
from handjax.methods.pictures import camera_of, picture
from handjax.refinement import Evidence, Hands, Settings, masks, refiner

Energies = dict[str, Float[Array, "batch"]]

TERMS = ("keypoints", "features", "laplacian", "habit", "stay")
"""What may be weighed. The first three are printed; of the others see
`labelled.habit_error` and `refinement.moved`."""


class Given(NamedTuple):
    """What the term of Eq. (11) that only this method has is about.

    Attributes:
        params: of F.
        image: x.
        features: F(x).
        share: lambda of each, as the descent begins.
    """

    params: Any
    image: Float[Array, "batch height width 3"]
    features: Float[Array, "batch features"]
    share: Float[Array, "batch"]


def make_refine(config: Config, room: Room) -> Callable[..., Prediction]:
    """(params, prediction, batch, *, steps) -> a prediction with a refined hand.

    Args:
        config: see `configs/dense_hand_pose.py`; `refinement` and `model.gate` are
            read.
        room: what does not change.

    Source: [baek2019] Eq. (11), by Adam, which wants no rate of its own for angles,
    coefficients and places.
    """
    chosen = config.refinement
    weights = {name: weight for name, weight in chosen.weights.items() if weight}

    def build(h: Float[Array, "batch 63"], evidence: Evidence) -> Hands:
        camera = evidence.camera
        assert isinstance(camera, cameras.Pinhole)
        found = hand.place_all(room.template, h, camera, room.pixels)
        return Hands(found.vertices, found.joints)

    def more(h, hands: Hands, evidence: Evidence, given: Given) -> Energies:
        known = {"habit": habits(h, room.start)}
        if "features" in weights:
            known["features"] = feature_error(hands, evidence, given, room)
        return known

    lower = refiner(
        build,
        room.skin,
        room.pixels,
        Settings(weights, chosen.learning_rate, chosen.final),
        more=more,
    )

    look = jax.jit(partial(evidence_of, most=config.model.gate, room=room))
    stand = jax.jit(partial(placed, room=room))

    def refine(
        params: Any, prediction: Prediction, batch: Batch, *, steps: int
    ) -> Prediction:
        evidence, given = look(params, prediction, batch)
        h = lower(prediction.h, evidence, steps, given).variables
        return prediction._replace(h=h, **stand(h, batch))

    return refine


def evidence_of(
    params: Any, prediction: Prediction, batch: Batch, *, most: float, room: Room
) -> tuple[Evidence, Given]:
    """What the networks say of the pictures.

    Key points are those that the refiner had last, or without one the heat-maps' own,
    each believed by the height of its peak; all alike, as printed, where a refiner is
    not told of heights.

    Args:
        params: by network.
        prediction: of the batch.
        batch: whose pictures these are.
        most: tau of Eq. (10), here of the distance from these key points.
        room: what does not change.
    """
    camera = camera_of(batch)
    at = hand.in_pixels(prediction.seen[-1], room.pixels)
    by_height = room.believes or not room.refines
    believed = prediction.confidence if by_height else None
    found = jax.vmap(cameras.project)(camera, prediction.own_joints)
    share = gate(found, at, jnp.ones(at.shape[:2], bool), room.pixels, most)
    given = Given(params["features"], picture(batch), prediction.features, share)
    return Evidence(camera, at, believed), given


def feature_error(
    hands: Hands, evidence: Evidence, given: Given, room: Room
) -> Float[Array, "batch"]:
    """How much of a picture's features is outside of the drawn hand; mean.

        lambda |F(x) - F(f_Ren(v) * x)|^2

    Source: [baek2019] Eq. (11), second term.
    """
    drawn = masks(hands.vertices, evidence.camera, room.skin, room.pixels)
    shown = given.image * drawn[..., None]
    F: Any = room.networks.features.apply(given.params, shown)
    return given.share * jnp.mean(jnp.square(given.features - F), axis=-1)
