"""What dense_hand_pose makes of a picture: evidence, then a hand, three times over.

picture -> F(x), heat-maps -> key points, h(0)
three times: h <- h + f_J3D(F, j, h),  j <- j + f_Ref(j, F, h, f_Reg(v))
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.hands.skeleton import KEYPOINTS
from handjax.hands.template import Template
from handjax.methods import lift
from handjax.methods.dense_hand_pose import hand, lifted
from handjax.methods.dense_hand_pose.lifted import Lifted
from handjax.methods.dense_hand_pose.network import FeatureExtractor, Layers
from handjax.methods.method import Config
from handjax.methods.pictures import camera_of, given_of, peaks, picture, true_pixels
from handjax.networks.pose_machine import PoseMachine
from handjax.networks.resnet import POOLED, STAGES
from handjax.refinement import Skin, skin_of

JOINTS = len(KEYPOINTS)


class Prediction(NamedTuple):
    """What the networks say of each picture.

    Attributes:
        heatmaps: of every stage.
        features: F(x).
        masked: F of the picture without its background, in training where there are
            masks; else None.
        seen: j(t) of t = 0 and after each iteration, halves of the picture's edge. The
            first are peaks of the heat-maps, without a gradient.
        confidence: of these peaks: their height, 0 to 1.
        h: after the last iteration.
        vertices, joints: in the camera's frame, mm, with what is given of scale and
            root; where nothing is given, as `own_vertices` and `own_joints`.
        own_vertices, own_joints: with scale and root as found.
        lifted: in training, of key points that nobody saw, where labels say some.
    """

    heatmaps: list[Float[Array, "batch p q 21"]]
    features: Float[Array, "batch features"]
    masked: Float[Array, "batch features"] | None
    seen: list[Float[Array, "batch 21 2"]]
    confidence: Float[Array, "batch 21"]
    h: Float[Array, "batch 63"]
    vertices: Float[Array, "batch vertices 3"]
    joints: Float[Array, "batch 21 3"]
    own_vertices: Float[Array, "batch vertices 3"]
    own_joints: Float[Array, "batch 21 3"]
    lifted: Lifted | None = None


class Networks(NamedTuple):
    """f_J2D, F, f_J3D, f_Ref; named as their parameters are."""

    heatmaps: PoseMachine
    features: FeatureExtractor
    regressor: Layers
    refiner: Layers


class Room(NamedTuple):
    """What does not change.

    Attributes:
        pixels: edge of the picture.
        iterations: of Eq. (5).
        evidence: what the regressor is told: "both", or of "features" alone.
        believes: whether it is told how high the heat-maps' peaks are, too.
        refines: whether there is a 2D refiner.
        template: the hand at rest.
        skin: of it, to be drawn.
        start: h(0).
        networks: as the config describes them.
    """

    pixels: int
    iterations: int
    evidence: str
    believes: bool
    refines: bool
    template: Template
    skin: Skin
    start: Float[Array, "63"]
    networks: Networks


def make_room(config: Config, template: Template) -> Room:
    """As a config describes it."""
    model = config.model
    return Room(
        pixels=config.synthetic.rgb.pixels,
        iterations=model.iterations,
        evidence=model.evidence,
        believes=model.confidence,
        refines=model.refiner,
        template=template,
        skin=skin_of(template, model.renderer, model.samples),
        start=hand.start(template),
        networks=make_networks(model, config.synthetic.rgb.heatmap_pixels),
    )


def make_networks(model: Config, size: int) -> Networks:
    """As a config describes them.

    Args:
        model: of the config.
        size: edge of the heat-maps.
    """
    dtype = jnp.dtype(model.dtype)
    machine = PoseMachine(
        JOINTS,
        size,
        widths=tuple(model.widths),
        blocks=tuple(model.blocks),
        fold=model.fold,
        stages=model.stages,
        width=model.stage_width,
        reach=model.reach,
        layers=model.layers,
        hidden=model.map_hidden,
        dtype=dtype,
    )
    extractor = FeatureExtractor(
        STAGES[model.extractor],
        model.norm,
        pooled=model.norm == "frozen" or model.extractor in POOLED,
        numbers=model.features,
        dtype=dtype,
    )
    hidden = tuple(model.hidden)
    return Networks(
        machine, extractor, Layers(hand.NUMBERS, hidden), Layers(2 * JOINTS, hidden)
    )


def init(key, batch: Batch, room: Room) -> dict[str, Any]:
    """Parameters by network; of those alone that the room uses."""
    keys = dict(zip(Networks._fields, jax.random.split(key, 4), strict=True))
    nets, image = room.networks, picture(batch)[:1]
    params: dict[str, Any] = {"features": nets.features.init(keys["features"], image)}
    F: Any = nets.features.apply(params["features"], image)
    params["heatmaps"] = nets.heatmaps.init(keys["heatmaps"], image)
    at, h = jnp.zeros((1, JOINTS, 2)), room.start[None]
    sure = jnp.ones((1, JOINTS))
    told = _told(room, F, at, sure, h)
    params["regressor"] = nets.regressor.init(keys["regressor"], told)
    if room.refines:
        shown = _shown(room, at, sure, F, h, jnp.zeros((1, 3 * JOINTS)))
        params["refiner"] = nets.refiner.init(keys["refiner"], shown)
    return params


def predict(
    params: Any, state: Any, batch: Batch, *, key: Any, train: bool, room: Room
) -> tuple[Prediction, Any]:
    """f_HME: picture to evidence, evidence to hand; labels are read in training alone,
    and what no loss asks for is not made.

    Args:
        params: by network.
        state: none.
        batch: its first views; scale and root of its labels, if these say.
        key: of what is mislaid in training; None where nothing is.
        train: whether what losses alone ask for is wanted, too.
        room: what does not change.

    Source: [baek2019] Eq. (1).
    """
    nets, image = room.networks, picture(batch)
    maps: Any = nets.heatmaps.apply(params["heatmaps"], image)
    find = partial(peaks, pixels=room.pixels)
    at = hand.in_halves(jax.vmap(find)(maps[-1]), room.pixels)
    F: Any = nets.features.apply(params["features"], image)
    masked: Any = None
    if train and batch.views.mask is not None:
        shown = image * foreground(batch)[..., None]
        masked = nets.features.apply(params["features"], shown)
    height = jnp.clip(jnp.max(maps[-1], axis=(1, 2)), 0.0, 1.0)
    peaked = jax.lax.stop_gradient((at, height))
    h, seen = iterate(params, F, *peaked, batch, room)
    told = placed(h, batch, room)
    wanted = train and key is not None
    raised = lift_labels(params, batch, key, room) if wanted else None
    return Prediction(maps, F, masked, seen, height, h, **told, lifted=raised), state


def lift_labels(params: Any, batch: Batch, key: Any, room: Room) -> Lifted | None:
    """Hands of key points as heat-maps would have mislaid them; None of no labels.

    Args:
        params: by network.
        batch: whose labels say where key points are.
        key: of what is mislaid.
        room: what does not change.
    """
    uv, camera = true_pixels(batch), camera_of(batch)
    if uv is None:
        return None
    at, height = lifted.mislaid(key, hand.in_halves(uv, room.pixels))
    F = lifted.silent(room.networks, params, len(uv), picture(batch))
    h, seen = iterate(params, F, at, height, batch, room)
    found = hand.place_all(room.template, h, camera, room.pixels)
    return Lifted(h, seen, found.joints, found.vertices)


def iterate(
    params: Any,
    F: Float[Array, "batch features"],
    at: Float[Array, "batch 21 2"],
    height: Float[Array, "batch 21"],
    batch: Batch,
    room: Room,
) -> tuple[Float[Array, "batch 63"], list[Float[Array, "batch 21 2"]]]:
    """f_E3D: h and the key points in the picture, each correcting the other.

        h(t + 1) = h(t) + f_J3D(F, j(t), h(t))
        j(t + 1) = j(t) + f_Ref(j(t), F, h(t + 1), f_Reg(v(t + 1)))

    The refiner tells what to add, which says the same of a linear layer.

    Args:
        params: by network.
        F: features.
        at: j(0), halves of the picture's edge.
        height: of their peaks.
        batch: whose cameras took the pictures.
        room: what does not change.

    Source: [baek2019] Eq. (5), and Eq. (6) for the refiner.
    """
    nets, camera = room.networks, camera_of(batch)
    h, seen = jnp.broadcast_to(room.start, (len(F), hand.NUMBERS)), [at]
    for _ in range(room.iterations):
        offset: Any = nets.regressor.apply(
            params["regressor"], _told(room, F, seen[-1], height, h)
        )
        h = h + offset
        if room.refines:
            there = hand.place_all(room.template, h, camera, room.pixels)
            shown = _shown(room, seen[-1], height, F, h, hand.skeleton(there))
            moved: Any = nets.refiner.apply(params["refiner"], shown)
            seen.append(seen[-1] + moved.reshape(seen[-1].shape))
    return h, seen


def placed(
    h: Float[Array, "batch 63"], batch: Batch, room: Room
) -> dict[str, Float[Array, "batch points 3"]]:
    """Fields of a prediction that say where the hand of h is."""
    camera = camera_of(batch)
    own = hand.place_all(room.template, h, camera, room.pixels)
    given = given_of(batch, jax.vmap(lift.given_by)(own.joints))
    told = jax.vmap(lift.told)
    return {
        "vertices": told(camera, own.vertices, own.joints, given),
        "joints": told(camera, own.joints, own.joints, given),
        "own_vertices": own.vertices,
        "own_joints": own.joints,
    }


def foreground(batch: Batch) -> Float[Array, "batch height width"]:
    """m of each picture; 1 throughout where nobody knows."""
    views = batch.views
    assert views.mask is not None
    m = views.mask[:, 0].astype(jnp.float32)
    return m if views.mask_valid is None else jnp.where(_known(views), m, 1.0)


def _known(views) -> Array:
    return views.mask_valid[:, 0, None, None]


def _told(room: Room, F: Array, at: Array, height: Array, h: Array) -> Array:
    """What the regressor reads: 2048 + 42 + 63 numbers in the paper."""
    features = room.evidence == "features"
    return _joined([F, h] if features else [F, *_evidence(room, at, height), h])


def _shown(
    room: Room, at: Array, height: Array, F: Array, h: Array, skeleton: Array
) -> Array:
    """What the refiner reads: 42 + 2048 + 63 + 63 numbers in the paper."""
    return _joined([*_evidence(room, at, height), F, h, skeleton])


def _evidence(room: Room, at: Array, height: Array) -> list[Array]:
    """j; "21 x 3" in one place of Sec. 3.2, where the third may be how sure it is."""
    return [at, height] if room.believes else [at]


def _joined(parts: list[Array]) -> Array:
    return jnp.concatenate([x.reshape(len(x), -1) for x in parts], axis=-1)
