"""What graph_cnn makes of a picture, in each of its pipelines."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.geometry import cameras, rotations
from handjax.hands.articulate import Pose, articulate, keypoints, rest_pose
from handjax.hands.graph import HandTree, load_tree, to_nodes
from handjax.hands.skeleton import POSED
from handjax.hands.template import Template
from handjax.methods import lift
from handjax.methods.graph_cnn import network
from handjax.methods.lift import Given
from handjax.methods.method import Config
from handjax.methods.pictures import camera_of, given_of, peaks, picture

PIPELINES = ("mesh", "pose", "parameters")
"""mesh: latent vector to mesh to pose, the paper's. pose: to key points at once, its
baseline 1 and what direct LBS starts from. parameters: to pose and shape of the
template, in place of MANO's."""
SIX = 6
"""Numbers for a rotation."""
START, ROUNDS = 12.0, 2
"""Where a root that nobody gives is first sought, in units of s, and how often."""


class Prediction(NamedTuple):
    """What the networks say of each picture.

    Attributes:
        heatmaps: of every stack.
        uv: vertices in the picture, pixels; None where no mesh is estimated.
        vertices: in the camera's frame, mm, with what is given of scale and root;
            where nothing is given, as `own_vertices`, but that "parameters" has the
            wrist where it says it is, and its own where the heat-maps have it.
        joints: the key points, likewise.
        own_vertices, own_joints: with scale and root as found.
    """

    heatmaps: list[Float[Array, "batch p q 21"]]
    uv: Float[Array, "batch vertices 2"] | None
    vertices: Float[Array, "batch vertices 3"] | None
    joints: Float[Array, "batch 21 3"]
    own_vertices: Float[Array, "batch vertices 3"] | None
    own_joints: Float[Array, "batch 21 3"]


class Networks(NamedTuple):
    """All that a config may use.

    Attributes:
        heatmaps: picture to heat-maps and features.
        encoder: these to a latent vector.
        mesh: latent vector to (u, v, d) of every node.
        regressor: vertices to key points.
        pose: latent vector to (u, v, d) of every key point.
        parameters: latent vector to rotations, shape and (u, v) of the wrist.
    """

    heatmaps: network.HeatmapNetwork
    encoder: network.Encoder
    mesh: network.MeshDecoder
    regressor: network.PoseRegressor
    pose: network.Regressor
    parameters: network.Regressor


class Room(NamedTuple):
    """What does not change.

    Attributes:
        pixels: edge of the picture.
        pipeline: one of `PIPELINES`.
        skins: whether key points that stand alone get the template's skin.
        template: the hand at rest.
        tree: of its surface.
        networks: as the config describes them.
        scale: s of the template, see `lift`.
        squared_length: L^2 of it.
    """

    pixels: int
    pipeline: str
    skins: bool
    template: Template
    tree: HandTree
    networks: Networks
    scale: Float[Array, ""]
    squared_length: Float[Array, ""]


def make_room(config: Config, template: Template) -> Room:
    """As a config describes it."""
    model, tree = config.model, load_tree(config.template)
    joints = keypoints(articulate(template, rest_pose(template)))
    return Room(
        pixels=config.synthetic.rgb.pixels,
        pipeline=model.pipeline,
        skins=model.skins,
        template=template,
        tree=tree,
        networks=make_networks(model, tree, template),
        scale=lift.given_by(joints).scale,
        squared_length=lift.squared_bones(joints),
    )


def make_networks(model: Config, tree: HandTree, template: Template) -> Networks:
    """As a config describes them."""
    dtype = jnp.dtype(model.dtype)
    numbers = SIX * len(POSED) + len(template.shape_vertices) + 2
    return Networks(
        heatmaps=network.HeatmapNetwork(
            tuple(model.widths), model.stacks, model.get("blocks", 1), dtype
        ),
        encoder=network.Encoder(model.encoder_width, model.latent, dtype),
        mesh=network.MeshDecoder(tree, tuple(model.mesh_widths), dtype),
        regressor=network.PoseRegressor(tree, tuple(model.regressor_widths)),
        pose=network.Regressor(model.hidden, 3 * network.JOINTS),
        parameters=network.Regressor(model.hidden, numbers),
    )


def init(key, batch: Batch, room: Room) -> Any:
    """Parameters by network; of those alone that the pipeline has."""
    fields = Networks._fields
    keys = dict(zip(fields, jax.random.split(key, len(fields)), strict=True))
    nets = room.networks
    image = picture(batch)[:1]
    params: dict[str, Any] = {}
    params["heatmaps"] = nets.heatmaps.init(keys["heatmaps"], image)
    maps, features = nets.heatmaps.apply(params["heatmaps"], image)
    params["encoder"] = nets.encoder.init(keys["encoder"], maps[-1], features)
    latent = nets.encoder.apply(params["encoder"], maps[-1], features)
    params[room.pipeline] = getattr(nets, room.pipeline).init(
        keys[room.pipeline], latent
    )
    if room.pipeline == "mesh":
        nodes = jnp.zeros((1, len(room.tree.vertices), 3))
        params["regressor"] = nets.regressor.init(keys["regressor"], nodes)
    return params


def init_head(key, room: Room) -> Any:
    """Parameters of the pipeline "pose" alone, for a latent vector that is there."""
    networks = room.networks
    return networks.pose.init(key, jnp.zeros((1, networks.encoder.latent)))


def predict(
    params, state, batch: Batch, *, key, train, room: Room
) -> tuple[Prediction, Any]:
    """All of it, in one pass, the same in training and in use.

    Args:
        params: by network.
        state: none.
        batch: its first views; scale and root of its labels, if these say.
        key: unused.
        train: unused.
        room: what does not change.
    """
    del key, train
    maps, latent = encode(params, picture(batch), None, room)
    return decode(params, latent, batch, maps, room), state


def encode(
    params: Any,
    image: Float[Array, "batch height width 3"],
    known: Float[Array, "batch p q 21"] | None,
    room: Room,
) -> tuple[list[Float[Array, "batch p q 21"]], Float[Array, "batch latent"]]:
    """Heat-maps of every stack, and the latent vector.

    Args:
        params: by network.
        image: pictures.
        known: heat-maps that take the place of the estimated ones.
        room: what does not change.
    """
    nets = room.networks
    maps, features = nets.heatmaps.apply(params["heatmaps"], image)
    last = maps[-1] if known is None else known
    latent: Any = nets.encoder.apply(params["encoder"], last, features)
    return maps, latent


def decode(
    params: Any,
    latent: Float[Array, "batch latent"],
    batch: Batch,
    maps: list[Float[Array, "batch p q 21"]],
    room: Room,
) -> Prediction:
    """The hand that a latent vector stands for."""
    if room.pipeline == "parameters":
        return _by_parameters(params, latent, batch, maps, room)
    camera = camera_of(batch)
    said = getattr(room.networks, room.pipeline).apply(params[room.pipeline], latent)
    if room.pipeline == "pose":
        u, d = _in_picture(said.reshape(len(said), -1, 3), room)
        found = _roots(camera, u, d, room)
        own = jax.vmap(lift.lift)(camera, u, d, found)
        joints = jax.vmap(lift.lift)(camera, u, d, given_of(batch, found))
        return Prediction(maps, None, None, joints, None, own)
    u, d = _in_picture(said[:, room.tree.nodes], room)
    regress = partial(regressed, params["regressor"], room=room)
    # Key points follow from vertices in space, and the root from key points.
    found = Given(*(jnp.full(len(u), x) for x in (room.scale, START * room.scale)))
    for _ in range(ROUNDS):
        places = regress(jax.vmap(lift.lift)(camera, u, d, found))
        at = jax.vmap(cameras.project)(camera, places)
        depths = (places[..., 2] - found.root[:, None]) / found.scale[:, None]
        found = _roots(camera, at, depths, room)
    own = jax.vmap(lift.lift)(camera, u, d, found)
    vertices = jax.vmap(lift.lift)(camera, u, d, given_of(batch, found))
    return Prediction(maps, u, vertices, regress(vertices), own, regress(own))


def regressed(
    params: Any, vertices: Float[Array, "batch vertices 3"], *, room: Room
) -> Float[Array, "batch 21 3"]:
    """Key points of surfaces, mm."""
    nodes = to_nodes(room.tree, vertices)
    joints: Any = room.networks.regressor.apply(params, nodes)
    return joints


def _in_picture(
    said: Float[Array, "batch points 3"], room: Room
) -> tuple[Float[Array, "batch points 2"], Float[Array, "batch points"]]:
    """Pixels and relative depths: 0 is the middle, 1 half the edge; 2 for a depth."""
    half = room.pixels / 2.0
    return half - 0.5 + half * said[..., :2], 2.0 * said[..., 2]


def _roots(
    camera: cameras.Pinhole,
    u: Float[Array, "batch 21 2"],
    d: Float[Array, "batch 21"],
    room: Room,
) -> Given:
    """Scale of the template, and the root at which the bones come out as its own."""
    find = partial(lift.find_root, scale=room.scale, squared_length=room.squared_length)
    root = jax.vmap(find)(camera, u, d)
    return Given(jnp.full(len(u), room.scale), root)


def _by_parameters(
    params: Any,
    latent: Float[Array, "batch latent"],
    batch: Batch,
    maps: list[Float[Array, "batch p q 21"]],
    room: Room,
) -> Prediction:
    """The template, posed; what is given moves and scales it as a whole."""
    camera = camera_of(batch)
    said: Any = room.networks.parameters.apply(params["parameters"], latent)
    vertices, joints = jax.vmap(partial(_posed, room=room))(said[:, :-2])
    at, _ = _in_picture(jnp.pad(said[:, None, -2:], ((0, 0), (0, 0), (0, 1))), room)
    seen = jax.vmap(partial(peaks, pixels=room.pixels))(maps[-1])
    own = jax.vmap(lift.find_place)(camera, seen, joints)
    size = jax.vmap(lift.given_by)(joints).scale
    given = given_of(batch, Given(size, own[:, 2]))
    wrist = jax.vmap(cameras.unproject)(camera, at, given.root[:, None])
    larger = (given.scale / jnp.maximum(size, 1.0))[:, None, None]
    surface = wrist + larger * vertices
    return Prediction(
        maps,
        jax.vmap(cameras.project)(camera, surface),
        surface,
        wrist + larger * joints,
        own[:, None] + vertices,
        own[:, None] + joints,
    )


def _posed(
    said: Float[Array, "numbers"], room: Room
) -> tuple[Float[Array, "vertices 3"], Float[Array, "21 3"]]:
    """Surface and key points of the template from the wrist, mm."""
    six, shape = jnp.split(said, [SIX * len(POSED)])
    # Zeros are the hand at rest.
    six = six.reshape(-1, SIX) + jnp.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    R = jax.vmap(rotations.matrix_from_six)(six)
    v = jax.vmap(rotations.axis_angle_from_matrix)(R)
    hand = articulate(room.template, Pose(v, jnp.zeros(3), shape))
    joints = keypoints(hand)
    return hand.vertices - joints[lift.ROOT], joints - joints[lift.ROOT]
