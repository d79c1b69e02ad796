"""Which face of a mesh each pixel sees: exactly, and without gradient.

Faces queue, each with as many places as its box in the picture has pixels; every
place offers one pixel the depth of one face, the nearest offer wins, and the winner
leaves its index. Work goes with the pixels that faces cover, memory with pixels and
faces, never with their product, and a face of any size finds its places.

The pictures of a batch share one queue: `nearest_faces` arranges that under `vmap`.
Over several devices, `shard_map` gives each device a queue of its own.

Notation, shared by every function here and by the tests:
    u, v: where the three corners of faces appear, pixels, 3 x [*faces].
    q: their depth in a measure that is linear in the picture, 3 x [*faces].
    w: weights of the corners, of sum 1, 3 x [*faces].
"""

import math
from functools import reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Float, Int

SMALLEST_AREA = 1e-10
"""Faces of less than half this area in the picture count as degenerate, pixels^2."""

PIXELS_A_PLACE = 6.4
"""A turn serves one place for as many pixels; at 64x64, a hand takes two turns."""

LONGEST_QUEUE = 2**31 - 1
"""Places are counted in int32: faces that might need more are served one lot after
another."""

NOBODY = 2**31 - 1
"""The face of a pixel that has had no offer."""


class Frame(NamedTuple):
    """What is looked at: a constant of the compiled program.

    Attributes:
        height, width: of the picture, pixels.
        near: faces with a corner that has q at or below this are left out.
        cull: whether faces that turn their back are left out too.
    """

    height: int
    width: int
    near: float
    cull: bool


class Nearest(NamedTuple):
    """The nearest offer to each pixel so far, and the face that made it."""

    q: Float[Array, "*pixels"]
    face: Int[Array, "*pixels"]


def nearest_faces(
    frame: Frame,
    uvq: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    background: Float[Array, ""],
) -> Nearest:
    """The nearest face at every pixel's centre and its q there.

    Of faces equally near, the first. Pixels without one have face `NOBODY`.

    Args:
        uvq: where vertices appear, pixels, and their q.
        background: q of what hides all behind it.
    """
    batched = custom_vmap(lambda *meshes: _nearest_faces(frame, *meshes))

    @batched.def_vmap
    def _join(size, mapped, uvq, faces, background):
        if mapped[1]:
            raise ValueError("A batch shares its faces; use jax.lax.map over others.")
        uvq, background = (
            x if is_mapped else jnp.broadcast_to(x, (size, *x.shape))
            for x, is_mapped in zip((uvq, background), mapped[::2], strict=True)
        )
        joined = batched(uvq.reshape(-1, *uvq.shape[2:]), faces, background.reshape(-1))
        split = [x.reshape(size, -1, *x.shape[1:]) for x in joined]
        return tuple(split), (True, True)

    q, face = batched(uvq[None], faces.astype(jnp.int32), background[None])
    return Nearest(q[0], face[0])


def weights_at_origin(
    u: list[Float[Array, "*faces"]], v: list[Float[Array, "*faces"]]
) -> tuple[list[Float[Array, "*faces"]], Bool[Array, "*faces"]]:
    """Weights with which corners average to the origin, and whether it lies inside.

    From outside, the weights are those of a point on the boundary.
    """
    ahead = u[1] * v[2], u[2] * v[0], u[0] * v[1]
    back = u[2] * v[1], u[0] * v[2], u[1] * v[0]
    sign = jnp.where(sum(ahead) < sum(back), -1.0, 1.0)
    spans = [sign * (x - y) for x, y in zip(ahead, back, strict=True)]
    # A compiler that fuses product and difference rounds the two in different order
    # on either side of an edge; without slack, a centre on it could fall between.
    eps = jnp.finfo(u[0].dtype).eps
    slack = [-eps * (abs(x) + abs(y)) for x, y in zip(ahead, back, strict=True)]
    inside = reduce(jnp.logical_and, map(jnp.greater_equal, spans, slack))
    spans = [jnp.where(x >= 0, x, 0.0) for x in spans]
    total = jnp.maximum(sum(spans), SMALLEST_AREA / 2)
    return [x / total for x in spans], inside


def _nearest_faces(frame, uvq, faces, background):
    """`nearest_faces` for a batch: uvq [b, v, 3], background [b]."""
    height, width = frame.height, frame.width
    uvq = jax.lax.optimization_barrier(uvq)
    q = jnp.broadcast_to(background[:, None], (len(uvq), height * width)).ravel()
    nearest = Nearest(q, jnp.full_like(q, NOBODY, jnp.int32))
    lot = max(LONGEST_QUEUE // max(len(q), 1), 1)
    for first in range(0, len(faces), lot):
        nearest = _serve(frame, nearest, uvq, faces[first : first + lot], first)
    return tuple(x.reshape(-1, height, width) for x in nearest)


def _serve(frame, nearest, uvq, faces, first):
    """Let faces, numbered from `first`, make their offers in all pictures."""
    # Pictures come last in the queue's order: neighbours in memory, read as vectors.
    corners = jnp.transpose(uvq, (2, 1, 0))[:, faces.T]
    ends = jnp.cumsum(_count_places(frame, *corners).ravel(), dtype=jnp.int32)
    turn = math.ceil(len(nearest.q) / PIXELS_A_PLACE)

    def serve_turn(state):
        nearest, start = state
        place = start + jnp.arange(turn, dtype=jnp.int32)
        owner = _owners(ends, start, turn)
        offers = _offers(frame, uvq, faces, ends, place, owner)
        return _accept(nearest, *offers, first), start + turn

    start = jnp.zeros((), jnp.int32)
    return jax.lax.while_loop(
        lambda state: state[1] < ends[-1], serve_turn, (nearest, start)
    )[0]


def _count_places(frame, u, v, q):
    """How many pixels lie in the box of each face that is to be seen at all."""
    area = (u[1] - u[0]) * (v[2] - v[0]) - (u[2] - u[0]) * (v[1] - v[0])
    facing = -area if frame.cull else jnp.abs(area)
    seen = (facing > SMALLEST_AREA) & (facing < jnp.inf)
    seen &= reduce(jnp.minimum, q) > frame.near
    columns, rows = _span(u, frame.width)[1], _span(v, frame.height)[1]
    return jnp.where(seen, columns * rows, 0)


def _span(x, size):
    """First pixel between the corners' coordinates, and how many there are."""
    first = jnp.clip(jnp.ceil(reduce(jnp.minimum, x)), 0, size).astype(jnp.int32)
    last = jnp.clip(jnp.floor(reduce(jnp.maximum, x)), -1, size - 1).astype(jnp.int32)
    return first, jnp.maximum(last - first + 1, 0)


def _owners(ends, start, turn):
    """Who holds the places from `start` on: how many others end before or there.

    A histogram and a running sum, since a binary search reads memory at random.
    """
    ahead = jnp.sum(ends < start, dtype=jnp.int32)
    bins = jnp.where(ends < start, turn, ends - start)
    ending = jnp.zeros(turn, jnp.int32).at[bins].add(1, mode="drop")
    return ahead + jnp.cumsum(ending, dtype=jnp.int32)


def _offers(frame, uvq, faces, ends, place, owner):
    """The pixel that each place offers to, the q offered and the face that offers."""
    batch, vertices = uvq.shape[:2]
    waiting = owner < len(ends)
    owner = jnp.minimum(owner, len(ends) - 1)
    face = jax.lax.div(owner, jnp.int32(batch))
    picture = owner - face * batch
    corners = uvq.reshape(-1, 3)[faces[face] + vertices * picture[:, None]]
    u, v, q = jnp.transpose(corners, (2, 1, 0))
    (left, columns), (top, rows) = _span(u, frame.width), _span(v, frame.height)
    place = place - ends[owner] + columns * rows
    down = jax.lax.div(place, jnp.maximum(columns, 1))
    row, column = top + down, left + place - down * columns
    w, inside = weights_at_origin(list(u - column), list(v - row))
    pixel = (picture * frame.height + row) * frame.width + column
    nobody = batch * frame.height * frame.width
    pixel = jnp.where(inside & waiting, pixel, nobody)
    return pixel, q[0] + w[1] * (q[1] - q[0]) + w[2] * (q[2] - q[0]), face


def _accept(nearest, pixel, q, face, first):
    """Keep the nearest offers, and of those equally near the first face's."""
    # Offers are compared with what they became: compute them once, to equal bits.
    pixel, q = jax.lax.optimization_barrier((pixel, q))
    best = nearest.q.at[pixel].min(q, mode="drop")
    won = q == best.at[pixel].get(mode="fill", fill_value=-jnp.inf)
    beaten = jnp.where(best < nearest.q, NOBODY, nearest.face)
    pixel = jnp.where(won, pixel, len(best))
    return Nearest(best, beaten.at[pixel].min(face + first, mode="drop"))
