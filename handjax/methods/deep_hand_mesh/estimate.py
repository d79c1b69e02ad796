"""What deep_hand_mesh makes of a picture, by correctives or by the linear model."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.batch import Batch
from handjax.geometry import rotations, transforms
from handjax.geometry.precision import matmul
from handjax.hands.template import Template
from handjax.methods.deep_hand_mesh import correctives, decoder, encoder, linear
from handjax.methods.deep_hand_mesh.correctives import Corrective, Identity
from handjax.methods.deep_hand_mesh.decoder import ROOTS, Decoded, Posed
from handjax.methods.deep_hand_mesh.pose_vector import FREEDOMS
from handjax.methods.deep_hand_mesh.variety import (
    Variety,
    rolled_back,
    variety_of,
    vary,
)
from handjax.methods.method import Config
from handjax.networks.resnet import POOLED, STAGES

BONES = ("subject", "true")
"""Whose lengths key points have: the subject's, or those of the labels, for hands of
others."""
PIPELINES = ("correctives", "linear")
"""The paper's decoder, or the linear model that it is compared with."""


class Prediction(NamedTuple):
    """What the networks say of each picture.

    Attributes:
        theta: the hand pose vector, radians.
        hand: posed and in the zero pose, in the model's frame.
        laid: the key points in the world, with the lengths of bones that the room's
            `bones` says, laid on the TRUE wrist and finger roots; in the model's frame
            where no joints are known.
        placed: the posed hand in the world, likewise, always with its own lengths.
        turned: the key points in the world, turned as the network says; where they are
            is the true roots' mean, if it is known.
        identity: correctives of the identity.
        of_pose: dM, corrective of the pose, mm.
    """

    theta: Float[Array, "batch 28"]
    hand: Decoded
    laid: Float[Array, "batch 21 3"]
    placed: Posed
    turned: Float[Array, "batch 21 3"]
    identity: Identity
    of_pose: Float[Array, "batch vertices 3"]


class Room(NamedTuple):
    """What does not change.

    Attributes:
        template: the hand at rest.
        encoder: picture to pose.
        correctives: by name; none of the linear model's.
        pipeline: one of `PIPELINES`.
        hidden: features between the layers of the linear model's shape.
        unit: of correctives, mm, see `correctives.Corrective`.
        beta: identity code of the subject.
        bones: one of `BONES`.
        folded: whether the identity is constants, which nothing moves.
        shrink: by how much pictures are averaged down before the encoder.
        variety: of pictures in training; None for none.
    """

    template: Template
    encoder: encoder.Encoder
    correctives: dict[str, Corrective]
    pipeline: str
    hidden: int
    unit: float
    beta: Float[Array, "32"]
    bones: str
    folded: bool
    shrink: int = 1
    variety: Variety | None = None


def make_room(config: Config, template: Template) -> Room:
    """Networks and constants of a config."""
    model = config.model
    net = encoder.Encoder(
        STAGES[model.encoder],
        model.norm,
        model.neck,
        jnp.dtype(model.dtype),
        pooled=model.encoder in POOLED,
        turn_teaches=model.turn_teaches,
    )
    return Room(
        template,
        net,
        correctives.networks(
            template,
            without=tuple(model.without),
            hidden=model.hidden,
            skeleton_hidden=model.skeleton_hidden,
            unit=model.unit,
        ),
        model.pipeline,
        model.hidden,
        model.unit,
        correctives.identity_code(config.studio.subject),
        model.bones,
        model.folded,
        model.shrink,
        variety_of(model),
    )


def init(key: PRNGKeyArray, batch: Batch, room: Room) -> dict[str, Any]:
    """Parameters of encoder and decoder."""
    seeing, making = jax.random.split(key)
    if room.pipeline == "linear":
        made = linear.init(room.template, making, room.hidden)
    else:
        made = correctives.init(room.correctives, making)
    seen = picture(batch, room.shrink)[:1]
    params = {"encoder": room.encoder.init(seeing, seen), "decoder": made}
    return fold(params, room) if room.folded else params


def fold(params: dict[str, Any], room: Room) -> dict[str, Any]:
    """Parameters with the identity as constants, if it is not that already."""
    decoder = params["decoder"]
    if "constants" in decoder:
        return params
    identity, _ = refinement(decoder, jnp.zeros((1, len(FREEDOMS))), room)
    return params | {"decoder": correctives.fold(decoder, identity)}


def predict(
    params: Any, state: Any, batch: Batch, *, key: Any, train: bool, room: Room
) -> tuple[Prediction, Any]:
    """All of it, in one pass; in training of pictures that vary.

    Args:
        params: of `init`.
        state: none.
        batch: its first views; the joints of its labels, if there are any.
        key: of how pictures vary.
        train: whether they do.
        room: what does not change.
    """
    seen, Z = picture(batch, room.shrink), None
    if train and room.variety is not None:
        keys = jax.random.split(key, len(seen))
        seen, Z = jax.vmap(partial(vary, most=room.variety))(keys, seen)
    found: Any = room.encoder.apply(params["encoder"], seen)
    theta, six = found
    if Z is not None:
        six = jax.vmap(rolled_back)(six, Z)
    return pose(params, theta, six, batch, room), state


def pose(
    params: Any,
    theta: Float[Array, "batch 28"],
    six: Float[Array, "batch 6"],
    batch: Batch,
    room: Room,
) -> Prediction:
    """The hand of a pose vector, wherever this comes from."""
    identity, dM = refinement(params["decoder"], theta, room)
    decode = partial(decoder.decode, room.template, identity)
    hand = jax.vmap(decode)(theta, dM)
    placed = _place(hand.posed, batch)
    joints, laid = (jax.vmap(decoder.keypoints)(x) for x in (hand.posed, placed))
    if batch.labels.joints is not None and room.bones == "true":
        joints = with_true_bones(joints, batch)
        laid = lay(joints, batch)
    camera_from_model = jax.vmap(rotations.matrix_from_six)(six)
    turned = _turn(jax.lax.stop_gradient(joints), camera_from_model, batch)
    return Prediction(theta, hand, laid, placed, turned, identity, dM)


def refinement(
    params: Any, theta: Float[Array, "batch 28"], room: Room
) -> tuple[Identity, Float[Array, "batch vertices 3"]]:
    """Correctives of the identity and of poses, of either decoder."""
    t = room.template
    if room.pipeline == "linear":
        if "constants" in params:
            identity = correctives.unfolded(params)
        else:
            identity = linear.identity(params, t, room.beta, room.hidden)
        return identity, linear.of_pose(params, t, theta, room.unit)
    identity = correctives.identity(room.correctives, params, t, room.beta)
    return identity, correctives.of_pose(room.correctives, params, t, theta)


def picture(batch: Batch, shrink: int = 1) -> Float[Array, "batch height width 3"]:
    """What the first camera saw; black where it saw nothing.

    Args:
        batch: with pictures in its views.
        shrink: by how much they are averaged down, a divisor of their edges.

    Raises:
        ValueError: the views have no pictures.
    """
    views = batch.views
    if views.image is None:
        raise ValueError(
            "deep_hand_mesh reads pictures in colour, but these views have none; set "
            "synthetic.modality and studio.modality to 'rgb', real.sees to 'image'"
        )
    seen = jnp.where(views.valid[:, :1, None, None], views.image[:, 0], 0.0)
    if shrink == 1:
        return seen
    count, height, width, _ = seen.shape
    blocks = (count, height // shrink, shrink, width // shrink, shrink, 3)
    return seen.reshape(blocks).mean(axis=(2, 4))


def _place(posed: Posed, batch: Batch) -> Posed:
    """Hands in the world, on the TRUE roots; where they are if these are not known."""
    if batch.labels.joints is None:
        return posed
    world = _world(jax.vmap(decoder.keypoints)(posed), batch)
    return jax.vmap(decoder.place)(world, posed)


def lay(joints: Float[Array, "batch 21 3"], batch: Batch) -> Float[Array, "batch 21 3"]:
    """Key points of the model's frame in the world, on the TRUE roots, mm.

    The batch's joints must be known.

    Source: [moon2020] Sec. 5.2.
    """
    return jax.vmap(transforms.apply)(_world(joints, batch), joints)


def with_true_bones(
    joints: Float[Array, "batch 21 3"], batch: Batch
) -> Float[Array, "batch 21 3"]:
    """Key points with the lengths of the labels' bones, mm, where these are known.

    Source: [moon2020] Sec. 8.4.
    """
    true, valid = batch.labels.joints, batch.labels.joints_valid
    assert true is not None  # the callers have looked
    return jax.vmap(decoder.with_bones_of)(joints, true, valid)


def _world(
    joints: Float[Array, "batch 21 3"], batch: Batch
) -> Float[Array, "batch 4 4"]:
    """world_from_model, by the labels' joints, which must be known."""
    true, valid = batch.labels.joints, batch.labels.joints_valid
    assert true is not None  # the callers have looked
    return jax.vmap(decoder.world_from_model)(joints, true, valid)


def _turn(
    joints: Float[Array, "batch 21 3"],
    camera_from_model: Float[Array, "batch 3 3"],
    batch: Batch,
) -> Float[Array, "batch 21 3"]:
    """Key points turned into the picture's camera, then the world, about the roots."""
    world = jax.vmap(transforms.invert)(batch.views.camera_from_world[:, 0])
    R = matmul(world[:, :3, :3], camera_from_model)
    roots = jnp.asarray(ROOTS, joints.dtype)
    weights = jnp.broadcast_to(roots, joints.shape[:2])
    true, valid = batch.labels.joints, batch.labels.joints_valid
    if valid is not None:
        weights = jnp.where(valid, weights, 0.0)
    middle = jax.vmap(_mean)(joints, weights)
    turned = matmul(joints - middle, jnp.swapaxes(R, 1, 2))
    return turned if true is None else turned + jax.vmap(_mean)(true, weights)


def _mean(
    points: Float[Array, "21 3"], weights: Float[Array, "21"]
) -> Float[Array, "1 3"]:
    """By weight, mm; the origin where all weights are 0."""
    total = jnp.maximum(jnp.sum(weights), 1e-6)
    return jnp.sum(weights[:, None] * points, axis=0, keepdims=True) / total
