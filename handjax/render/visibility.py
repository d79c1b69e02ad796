"""Which face of a mesh each pixel sees: what all designs of the search share.

A design draws the pictures of a batch: vertices and faces in, the nearest face at every
pixel out, exactly and without gradient. `designs` holds them. Here is what they must
agree on: which faces are to be seen, where, whether a pixel's centre is on a face, and
which face wins.

Notation, shared by every function here, by the designs and by the tests:
    u, v: where the three corners of faces appear, pixels, 3 x [*faces].
    q: their depth in a measure that is linear in the picture, 3 x [*faces].
    w: weights of the corners, of sum 1, 3 x [*faces].
    uvq: all three of every vertex, [batch, vertices, 3].
"""

from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Float, Int

from handjax.geometry.cameras import NEAREST

SMALLEST_AREA = 1e-10
"""Faces of less than half this area in the picture count as degenerate, pixels^2."""

PIXELS_TOGETHER = 2**17
"""So many pixels of a batch are drawn together on a CPU, whose cache is to hold them
all; further pictures have their turn."""

MOST_PIECES = 2**31 - 1
"""Pieces of faces are numbered in int32: what might give more is drawn in groups."""

NO_FACE = 2**31 - 1
"""The face of a pixel where none has passed the depth test."""


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
    """The nearest face at each pixel so far, and its q there."""

    q: Float[Array, "*pixels"]
    face: Int[Array, "*pixels"]


class Box(NamedTuple):
    """Pixels of the picture between the corners of each face.

    Attributes:
        left, top: the first of them.
        columns, rows: how many there are; none of faces that are not to be seen.
    """

    left: Int[Array, "*faces"]
    top: Int[Array, "*faces"]
    columns: Int[Array, "*faces"]
    rows: Int[Array, "*faces"]


def q_of_depth(z: Float[Array, "*points"], pinhole: bool) -> Float[Array, "*points"]:
    """Depth in the measure that is linear in the picture, -1/z with a pinhole."""
    return -1.0 / jnp.maximum(z, NEAREST) if pinhole else z


def q_of_near(pinhole: bool) -> float:
    """What faces must lie beyond; an orthographic camera sees at any depth."""
    return -1.0 / NEAREST if pinhole else -float("inf")


Design = Callable[[Frame, Array, Array, Array], Nearest]
"""frame, uvq, faces [faces, 3] and the background's q [batch] to [batch, h, w]."""


def nearest_faces(
    design: Design,
    frame: Frame,
    uvq: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    background: Float[Array, ""],
) -> Nearest:
    """The nearest face at every pixel's centre and its q there.

    Of faces equally near, the first. Pixels without one have face `NO_FACE`. Under
    `vmap` the design meets the pictures together; over several devices, `shard_map`
    with `check_vma=False` gives each device pictures of its own.

    Args:
        design: that seeks them.
        frame: of the picture.
        uvq: where vertices appear, pixels, and their q.
        faces: three vertices each.
        background: q of what hides all behind it.
    """
    batched = custom_vmap(lambda *meshes: tuple(design(frame, *meshes)))
    batched.def_vmap(partial(_join, batched, frame))
    # The designs' parts must all see the same bits of where vertices are.
    uvq = jax.lax.optimization_barrier(uvq)
    q, face = batched(uvq[None], faces.astype(jnp.int32), background[None])
    return Nearest(q[0], face[0])


def _join(batched, frame, size, mapped, uvq, faces, background):
    """The rule of `vmap` over batches: one larger batch, drawn by `batched`."""
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


def q_at(corners, row, column):
    """q of faces at pixels' centres, and whether these lie on them.

    Args:
        corners: u, v and q.
    """
    u, v, q = corners
    w, inside = weights_at_origin([x - column for x in u], [x - row for x in v])
    return q[0] + w[1] * (q[1] - q[0]) + w[2] * (q[2] - q[0]), inside


def in_sight(frame: Frame, corners):
    """Whether faces are neither degenerate, nor too near, nor culled."""
    u, v, q = corners
    area = (u[1] - u[0]) * (v[2] - v[0]) - (u[2] - u[0]) * (v[1] - v[0])
    facing = -area if frame.cull else jnp.abs(area)
    return (facing > SMALLEST_AREA) & (facing < jnp.inf) & beyond_near(frame, q)


def beyond_near(frame: Frame, q):
    """Whether no corner of faces is too near."""
    return reduce(jnp.minimum, q) > frame.near


def box(frame: Frame, corners) -> Box:
    """Where faces may be seen."""
    u, v, _ = corners
    seen = in_sight(frame, corners)
    (left, columns), (top, rows) = span(u, frame.width), span(v, frame.height)
    return Box(left, top, jnp.where(seen, columns, 0), jnp.where(seen, rows, 0))


def span(x, size: int):
    """First pixel between the corners' coordinates, and how many there are."""
    first = jnp.clip(jnp.ceil(reduce(jnp.minimum, x)), 0, size).astype(jnp.int32)
    last = jnp.clip(jnp.floor(reduce(jnp.maximum, x)), -1, size - 1).astype(jnp.int32)
    return first, jnp.maximum(last - first + 1, 0)


def background_alone(q: Float[Array, "batch"], pixels: int) -> Nearest:
    """A batch of pictures without a face, as one row of pixels."""
    q = jnp.broadcast_to(q[:, None], (len(q), pixels)).ravel()
    return Nearest(q, jnp.full_like(q, NO_FACE, jnp.int32))


def groups(
    faces: Int[Array, "faces 3"], most: int
) -> Iterator[tuple[int, Int[Array, "some 3"]]]:
    """Faces in groups that int32 can number the pieces of, and each group's first.

    Args:
        most: pieces that a face can have, in all pictures together.
    """
    # One face fewer than would fit: the last chunk counts on beyond the last piece.
    size = max(MOST_PIECES // max(most, 1) - 1, 1)
    for first in range(0, len(faces), size):
        yield first, faces[first : first + size]


def nearer(one: Nearest, other: Nearest) -> Nearest:
    """At each pixel the nearer of two, and of equally near ones the first face."""
    equal = (other.q == one.q) & (other.face < one.face)
    taken = (other.q < one.q) | equal
    return Nearest(*(jnp.where(taken, y, x) for x, y in zip(one, other, strict=True)))


def nearest_of(q, inside, face) -> Nearest:
    """Of faces along the first axis, at each pixel the nearest that it lies on."""
    # Depths are compared with their least: compute them once, to equal bits. Where a
    # compiler is free to do it twice, it takes twice as long besides.
    q = jax.lax.optimization_barrier(jnp.where(inside, q, jnp.inf))
    least = jnp.min(q, axis=0)
    seen = (q == least) & (q < jnp.inf)
    return Nearest(least, jnp.min(jnp.where(seen, face, NO_FACE), axis=0))


def depth_test(nearest: Nearest, pixel, q, face) -> Nearest:
    """Keep what is nearest, and of what is equally near the first face.

    Args:
        pixel: where each face is put to the test, the number of pixels for nowhere.
    """
    # Depths are compared with what they became: compute them once, to equal bits.
    pixel, q = jax.lax.optimization_barrier((pixel, q))
    best = nearest.q.at[pixel].min(q, mode="drop")
    passed = q == best.at[pixel].get(mode="fill", fill_value=-jnp.inf)
    kept = jnp.where(best < nearest.q, NO_FACE, nearest.face)
    pixel = jnp.where(passed, pixel, len(best))
    return Nearest(best, kept.at[pixel].min(face, mode="drop"))
