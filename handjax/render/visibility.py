"""Which face of a mesh each pixel sees: exactly, and without gradient.

Every face gives a fragment for each pixel of its bounding box in the picture; the
fragments of all faces, one after another, are made and put to the depth test a chunk at
a time, so that a face of any size costs what it covers. Work goes with the pixels that
faces cover, memory with pixels and faces, never with their product.

The pictures of a batch share their chunks: `nearest_faces` arranges that under `vmap`.
Over several devices, `shard_map` gives each device chunks of its own.

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

from handjax.render.queue import owners

SMALLEST_AREA = 1e-10
"""Faces of less than half this area in the picture count as degenerate, pixels^2."""

PIXELS_A_FRAGMENT = 6.4
"""Pixels of the picture for each fragment of a chunk; at 64x64, a hand takes two
chunks."""

MOST_FRAGMENTS = 2**31 - 1
"""Fragments are numbered in int32: faces that might give more are drawn in groups."""

PIXELS_TOGETHER = 2**17
"""So many pixels of a batch share chunks on a CPU, whose cache is to hold them all;
further pictures have their turn."""

NO_FACE = 2**31 - 1
"""The face of a pixel where no fragment has passed the depth test."""


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
    """The nearest fragment at each pixel so far: its depth and its face."""

    q: Float[Array, "*pixels"]
    face: Int[Array, "*pixels"]


def nearest_faces(
    frame: Frame,
    uvq: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    background: Float[Array, ""],
) -> Nearest:
    """The nearest face at every pixel's centre and its q there.

    Of faces equally near, the first. Pixels without one have face `NO_FACE`.

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
        pixels = len(uvq[0]) * frame.height * frame.width
        few = max(PIXELS_TOGETHER // max(pixels, 1), 1)
        if jax.default_backend() == "cpu" and size > few:

            def draw(picture):
                return batched(picture[0], faces, picture[1])

            drawn = jax.lax.map(draw, (uvq, background), batch_size=few)
            return tuple(drawn), (True, True)
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
    nearest = Nearest(q, jnp.full_like(q, NO_FACE, jnp.int32))
    # One face fewer than would fit: the last chunk counts on beyond the last fragment.
    group = max(MOST_FRAGMENTS // max(len(q), 1) - 1, 1)
    for first in range(0, len(faces), group):
        nearest = _draw(frame, nearest, uvq, faces[first : first + group], first)
    return tuple(x.reshape(-1, height, width) for x in nearest)


def _draw(frame, nearest, uvq, faces, first):
    """Put the fragments of faces, numbered from `first`, to the depth test.

    `ends` holds the running number of fragments after each face in each picture.
    """
    # Pictures come last in the fragments' order: neighbours in memory, read as vectors.
    corners = jnp.transpose(uvq, (2, 1, 0))[:, faces.T]
    ends = jnp.cumsum(_count_fragments(frame, *corners).ravel(), dtype=jnp.int32)
    chunk = math.ceil(len(nearest.q) / PIXELS_A_FRAGMENT)

    def draw_chunk(state):
        nearest, start = state
        fragment = start + jnp.arange(chunk, dtype=jnp.int32)
        owner = owners(ends, start, chunk)
        fragments = _fragments(frame, uvq, faces, ends, fragment, owner)
        return _depth_test(nearest, *fragments, first), start + chunk

    start = jnp.zeros((), jnp.int32)
    return jax.lax.while_loop(
        lambda state: state[1] < ends[-1], draw_chunk, (nearest, start)
    )[0]


def _count_fragments(frame, u, v, q):
    """How many pixels the bounding box of each face has; 0 if it is not to be seen."""
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


def _fragments(frame, uvq, faces, ends, fragment, owner):
    """Pixel, q and face of each fragment; those off their face lie in no pixel."""
    batch, vertices = uvq.shape[:2]
    exists = owner < len(ends)
    owner = jnp.minimum(owner, len(ends) - 1)
    face = jax.lax.div(owner, jnp.int32(batch))
    picture = owner - face * batch
    corners = uvq.reshape(-1, 3)[faces[face] + vertices * picture[:, None]]
    u, v, q = jnp.transpose(corners, (2, 1, 0))
    (left, columns), (top, rows) = _span(u, frame.width), _span(v, frame.height)
    place = fragment - ends[owner] + columns * rows
    down = jax.lax.div(place, jnp.maximum(columns, 1))
    row, column = top + down, left + place - down * columns
    w, inside = weights_at_origin(list(u - column), list(v - row))
    pixel = (picture * frame.height + row) * frame.width + column
    nowhere = batch * frame.height * frame.width
    pixel = jnp.where(inside & exists, pixel, nowhere)
    return pixel, q[0] + w[1] * (q[1] - q[0]) + w[2] * (q[2] - q[0]), face


def _depth_test(nearest, pixel, q, face, first):
    """Keep the nearest fragments, and of those equally near the first face's."""
    # Depths are compared with what they became: compute them once, to equal bits.
    pixel, q = jax.lax.optimization_barrier((pixel, q))
    best = nearest.q.at[pixel].min(q, mode="drop")
    passed = q == best.at[pixel].get(mode="fill", fill_value=-jnp.inf)
    kept = jnp.where(best < nearest.q, NO_FACE, nearest.face)
    pixel = jnp.where(passed, pixel, len(best))
    return Nearest(best, kept.at[pixel].min(face + first, mode="drop"))
