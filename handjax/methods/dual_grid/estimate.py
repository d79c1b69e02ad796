"""The networks of dual_grid: depth to correspondences to a coordinate map to a hand."""

from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import FAR, Batch
from handjax.geometry import cameras, mesh_grid
from handjax.hands.template import Template
from handjax.methods.dual_grid import parts
from handjax.methods.method import Config
from handjax.methods.views import UNIT, over_views, seen
from handjax.networks.hourglass import Hourglass, activate
from handjax.networks.layers import Dense
from handjax.networks.shuffle import shuffle, unshuffle


class Prediction(NamedTuple):
    """What the networks say about each view on its own, in the view's crop frame.

    Attributes:
        mask: logits of pixels being the hand.
        map: m of every pixel, cells, wherever the hand is not as well.
        points: p, where the sensor saw the hand, mm.
        points_valid: which of them there are; the rest is room.
        coordinates: m of these points, cells.
        grid: J, where the surface at each cell lies, mm.
        vertices: P, sampled from it, mm.
        transforms: T, crop_from_rest of the posed joints.
        refined: the template laid on P, mm.
        keypoints: the field's 21, mm.
        centres: of the 41 spheres, mm.
    """

    mask: Float[Array, "batch view h w"]
    map: Float[Array, "batch view h w 2"]
    points: Float[Array, "batch view points 3"]
    points_valid: Bool[Array, "batch view points"]
    coordinates: Float[Array, "batch view points 2"]
    grid: Float[Array, "batch view rows columns 3"]
    vertices: Float[Array, "batch view vertices 3"]
    transforms: Float[Array, "batch view 17 4 4"]
    refined: Float[Array, "batch view vertices 3"]
    keypoints: Float[Array, "batch view 21 3"]
    centres: Float[Array, "batch view 41 3"]


class MapNetwork(nn.Module):
    """An hourglass at reduced resolution, with pixel shuffle on both sides.

    Attributes:
        heads: channels of each output map.
        widths: channels at each resolution from the reduced one, see `Hourglass`.
        factor: by which height and width are reduced.
        blocks: bottlenecks in a row.
        dtype: of all that is computed between input and output.

    Source: [wan2020] Sec. 3.5.
    """

    heads: tuple[int, ...]
    widths: tuple[int, ...]
    factor: int = 2
    blocks: int = 1
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch h w c"]
    ) -> list[Float[Array, "batch h w o"]]:
        dense = partial(Dense, dtype=self.dtype)
        x = unshuffle(x.astype(self.dtype), self.factor)
        x = nn.Conv(self.widths[0], (3, 3), dtype=self.dtype)(x)
        x = activate(Hourglass(self.widths, self.blocks)(x))
        maps = []
        for channels in self.heads:
            y = activate(dense(self.widths[0])(x))
            y = dense(self.factor**2 * channels)(y)
            maps.append(shuffle(y, self.factor).astype(jnp.float32))
        return maps


class Networks(NamedTuple):
    """The three of a config.

    Attributes:
        segment: depth to the hand's mask.
        image: depth of the hand to correspondences and features.
        mesh: features on the mesh grid to the coordinate map.
    """

    segment: MapNetwork
    image: MapNetwork
    mesh: MapNetwork


def networks(model: Config) -> Networks:
    """As a config describes them."""
    one = partial(MapNetwork, blocks=model.blocks, dtype=jnp.dtype(model.dtype))
    return Networks(
        segment=one((1,), tuple(model.segment_widths), model.shuffle),
        image=one((2, model.features), tuple(model.image_widths), model.shuffle),
        mesh=one((3,), tuple(model.mesh_widths)),
    )


def init(key, batch: Batch, model: Config) -> Any:
    """Parameters by network."""
    D, _ = seen(batch.views)
    picture = D[:, 0, ..., None]
    # Features, points, occupancy: what `to_mesh_grid` hands on.
    cells = jnp.zeros((1, model.grid, model.grid, model.features + 4))
    keys, inputs = jax.random.split(key, 3), (picture, picture, cells)
    return {
        name: network.init(key, given)
        for name, network, key, given in zip(
            Networks._fields, networks(model), keys, inputs, strict=True
        )
    }


class Points(NamedTuple):
    """The hand as a sensor saw it, in no grid; as much room for points as a config has.

    Attributes:
        p: in the crop frame, mm.
        valid: which of them there are.
        m: their coordinates, cells.
        f: their features.
    """

    p: Float[Array, "batch view points 3"]
    valid: Bool[Array, "batch view points"]
    m: Float[Array, "batch view points 2"]
    f: Float[Array, "batch view points features"]


def predict(
    params,
    state,
    batch: Batch,
    *,
    key,
    train,
    model: Config,
    template: Template,
    cells: Float[Array, "vertices 2"],
) -> tuple[Prediction, Any]:
    """All of it, in one pass, the same in training and in use.

    Args:
        params: of the three networks.
        state: none.
        batch: its views.
        key: unused.
        train: unused.
        model: the config's.
        template: the hand at rest.
        cells: m of its vertices.
    """
    del key, train
    D, camera = seen(batch.views)
    mask = segment(params["segment"], D, model)
    hand = jax.lax.stop_gradient((mask > 0.0) & (D < FAR))
    m, f = correspond(params["image"], jnp.where(hand, D, FAR), model)
    points = gather(D, camera, hand, m, f, model.points)
    J = fill(params["mesh"], points, model)
    look = partial(mesh_grid.sample, window=model.window, sigma=model.sigma)
    P = over_views(lambda J: look(J, cells))(J)
    laid = over_views(partial(parts.refine, template=template))(P)
    found = Prediction(
        mask=mask,
        map=m,
        points=points.p,
        points_valid=points.valid,
        coordinates=points.m,
        grid=J,
        vertices=P,
        transforms=laid.transforms,
        refined=laid.vertices,
        keypoints=laid.keypoints,
        centres=laid.centres,
    )
    return found, state


def segment(
    params: Any, D: Float[Array, "batch view h w"], model: Config
) -> Float[Array, "batch view h w"]:
    """Logits of pixels being the hand.

    Source: [wan2020] Sec. 3.5.
    """
    (logits,) = _run(networks(model).segment, params, D[..., None] / UNIT)
    return logits[..., 0]


def correspond(
    params: Any, D: Float[Array, "batch view h w"], model: Config
) -> tuple[Float[Array, "batch view h w 2"], Float[Array, "batch view h w features"]]:
    """Coordinates m of every pixel, cells, and its features.

    Source: [wan2020] Sec. 3.2.
    """
    y, f = _run(networks(model).image, params, D[..., None] / UNIT)
    # The middle of the grid is at 0, its border at 1: what a network says easily.
    return (model.grid - 1) / 2.0 * (1.0 + y), f


def gather(
    D: Float[Array, "batch view h w"],
    camera: cameras.Orthographic,
    hand: Bool[Array, "batch view h w"],
    m: Float[Array, "batch view h w 2"],
    f: Float[Array, "batch view h w features"],
    room: int,
) -> Points:
    """What is known of the pixels that show the hand."""
    pixel, valid = over_views(partial(choose, room=room))(hand)
    p = over_views(cameras.unproject)(camera, *at_pixels(pixel, D))
    pick = over_views(lambda y, i: y.reshape(-1, y.shape[-1])[i])
    return Points(p, valid, pick(m, pixel), pick(f, pixel))


def choose(
    mask: Bool[Array, "h w"], room: int
) -> tuple[Int[Array, "room"], Bool[Array, "room"]]:
    """The pixels of a mask; evenly some of them where there is not room for all.

    Returns:
        Numbers of pixels, row by row; which of them count.
    """
    rank = jnp.cumsum(mask.ravel())
    count = rank[-1]
    wanted = jnp.arange(room) * jnp.maximum(count, room) // room
    pixel = jnp.searchsorted(rank, wanted + 1)
    return jnp.minimum(pixel, mask.size - 1), wanted < count


def at_pixels(
    pixel: Int[Array, "batch view points"], D: Float[Array, "batch view h w"]
) -> tuple[Float[Array, "batch view points 2"], Float[Array, "batch view points"]]:
    """(u, v) of pixels by their numbers, and D there, mm."""
    width = D.shape[-1]
    uv = jnp.stack([pixel % width, pixel // width], axis=-1).astype(D.dtype)
    return uv, jnp.take_along_axis(D.reshape(*D.shape[:2], -1), pixel, axis=-1)


def fill(
    params: Any, points: Points, model: Config
) -> Float[Array, "batch view rows columns 3"]:
    """J, mm: features on the mesh grid, and what they say of cells that none reached.

    Source: [wan2020] Sec. 3.3.
    """
    cells = over_views(partial(to_mesh_grid, model=model))(*points)
    (J,) = _run(networks(model).mesh, params, cells)
    return UNIT * J


def to_mesh_grid(
    p: Float[Array, "points 3"],
    valid: Bool[Array, "points"],
    m: Float[Array, "points 2"],
    f: Float[Array, "points features"],
    model: Config,
) -> Float[Array, "rows columns channels"]:
    """Means of features and of points that reached each cell, and how many did.

    Where the points lie is among the features: ours. It is what the coordinate map
    asks for, wherever the hand is seen.

    Source: [wan2020] Eqs. (1)-(2).
    """
    extension = mesh_grid.extend(
        jnp.concatenate([f, p / UNIT], axis=-1),
        m,
        model.grid,
        model.grid,
        weights=valid.astype(f.dtype),
        window=model.window,
        sigma=model.sigma,
    )
    # Of 0 to 1, since a hand near the camera has no more to say than one far away.
    o = extension.occupancy / (1.0 + extension.occupancy)
    return jnp.concatenate([mesh_grid.average(extension), o[..., None]], axis=-1)


def _run(network: MapNetwork, params: Any, x: Array) -> list[Any]:
    """A network on pictures of (batch, view, ...)."""
    maps: Any = network.apply(params, x.reshape(-1, *x.shape[2:]))
    return [y.reshape(*x.shape[:2], *y.shape[1:]) for y in maps]
