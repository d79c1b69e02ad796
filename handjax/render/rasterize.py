"""Pictures of triangle meshes: which face each pixel sees, and where on it.

Which face is seen is found exactly and without gradient. Every face offers its depth
to the few pixels inside its box in the picture, the nearest offer wins, and the
winner signs the pixel with its index: work and memory go with pixels covered, never
with pixels times faces. Where on its face a pixel looks is then computed from three
vertices a pixel, with gradient.

Notation, shared by every function here and by the tests:
    u, v: corners of a face in the picture, pixels, (3, ...).
    q: what a face offers, linear in the picture and larger for farther points: z for
        an orthographic camera, -1/z for a pinhole, (3, ...).
    e: twice the areas that a pixel spans with a face's three edges, pixels^2.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from handjax.geometry import cameras

SMALLEST_AREA = 1e-10
"""Faces of less than half this area in the picture are left out, pixels^2."""

PATCH = 2
"""Faces whose box is at most this wide and high offer all of it at once."""

BLOCK = 4
"""Larger faces are cut into blocks this wide and high, and wait in a queue."""

BLOCKS_A_TURN = 512
"""How many blocks leave the queue together."""


class Rendering(NamedTuple):
    """What every pixel sees.

    Attributes:
        depth: z of the nearest surface, `far` where there is none, mm.
        face: index of the nearest face, -1 where there is none.
        barycentrics: weights of the face's corners, 0 where there is none.
    """

    depth: Float[Array, "height width"]
    face: Int[Array, "height width"]
    barycentrics: Float[Array, "height width 3"]


class _Faces(NamedTuple):
    """Corners of faces in the picture; the axis of corners comes first."""

    u: Float[Array, "3 *faces"]
    v: Float[Array, "3 *faces"]
    q: Float[Array, "3 *faces"]


class _Buffer(NamedTuple):
    """The nearest offer to each pixel so far, and who made it."""

    q: Float[Array, "pixels"]
    face: Int[Array, "pixels"]


def rasterize(
    camera: cameras.Camera,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    *,
    height: int,
    width: int,
    far: Float[ArrayLike, ""],
    cull: bool = False,
) -> Rendering:
    """Depth, face and barycentric weights at every pixel's centre.

    The gradient reaches vertices and camera through the weights; that another face
    may come to be seen has no gradient. Of faces equally near, the first is seen.
    Degenerate faces, and with a pinhole camera those that reach nearer than
    `cameras.NEAREST`, are left out.

    Args:
        vertices: in the camera's frame, mm.
        far: depth of what lies behind everything, which also hides what is farther.
        cull: leave out faces whose back is turned, which a closed surface never
            shows: less work, same picture.
    """
    seen = _visible_faces(
        *jax.lax.stop_gradient((camera, vertices)),
        faces,
        height=height,
        width=width,
        far=jax.lax.stop_gradient(far),
        cull=cull,
    )
    hit = seen >= 0
    # Pixels that see nothing look at a triangle that is safe to divide by.
    unit = jnp.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    uvz = jnp.concatenate([cameras.project(camera, vertices), vertices[:, 2:]], -1)
    corners = uvz[faces[jnp.maximum(seen, 0)]]
    u, v, z = jnp.moveaxis(
        jnp.where(hit[..., None, None], corners, unit), (2, 3), (1, 0)
    )
    pixels = jnp.where(hit[..., None], cameras.pixel_grid(height, width), 0.0)
    weights = _inside_weights(u - pixels[..., 0], v - pixels[..., 1])[0]
    if isinstance(camera, cameras.Pinhole):
        weights = weights / z
        weights = weights / jnp.sum(weights, axis=0)
    depth = jnp.where(hit, jnp.sum(weights * z, axis=0), far)
    weights = jnp.moveaxis(jnp.where(hit, weights, 0.0), 0, -1)
    return Rendering(depth, seen, weights)


def interpolate(
    rendering: Rendering,
    faces: Int[Array, "faces 3"],
    attributes: Float[Array, "vertices *channels"],
) -> Float[Array, "height width *channels"]:
    """Values carried by vertices, at every pixel; 0 where no face is seen."""
    corners = attributes[faces[jnp.maximum(rendering.face, 0)]]
    return jnp.einsum("hwi,hwi...->hw...", rendering.barycentrics, corners)


def _visible_faces(camera, vertices, faces, *, height, width, far, cull):
    """Index of the nearest face at every pixel, -1 where there is none."""
    z = vertices[:, 2]
    pinhole = isinstance(camera, cameras.Pinhole)
    q = -1.0 / jnp.maximum(z, cameras.NEAREST) if pinhole else z
    uv = cameras.project(camera, vertices)
    table = _Faces(*jnp.stack([uv[:, 0], uv[:, 1], q])[:, faces.T])
    valid = _offers(table, cull)
    if pinhole:
        valid &= jnp.all(z[faces.T] > cameras.NEAREST, axis=0)
    left, top, columns, rows = _box(table, height, width)
    number = jnp.arange(faces.shape[0])
    nothing = faces.shape[0]
    buffer = _Buffer(
        jnp.full(height * width, -1.0 / far if pinhole else far, vertices.dtype),
        jnp.full(height * width, nothing, jnp.int32),
    )
    small = valid & (columns <= PATCH) & (rows <= PATCH)
    buffer = _offer(buffer, table, number, left, top, small, PATCH, height, width)

    across, down = -(-columns // BLOCK), -(-rows // BLOCK)
    blocks = jnp.where(valid & ~small, across * down, 0)
    ends = jnp.cumsum(blocks)
    rows_table = jnp.concatenate(table).T

    def turn(state):
        buffer, start = state
        place = start + jnp.arange(BLOCKS_A_TURN)
        face = jnp.searchsorted(ends, place, side="right")
        waiting = place < ends[-1]
        face = jnp.minimum(face, nothing - 1)
        block = place - (ends - blocks)[face]
        corner = _Faces(*rows_table[face].T.reshape(3, 3, -1))
        u = left[face] + BLOCK * (block % jnp.maximum(across[face], 1))
        v = top[face] + BLOCK * (block // jnp.maximum(across[face], 1))
        buffer = _offer(buffer, corner, face, u, v, waiting, BLOCK, height, width)
        return buffer, start + BLOCKS_A_TURN

    buffer, _ = jax.lax.while_loop(lambda s: s[1] < ends[-1], turn, (buffer, 0))
    seen = jnp.where(buffer.face < nothing, buffer.face, -1)
    return seen.reshape(height, width)


def _offers(table, cull):
    """Which faces have an area and, if asked to, show their front."""
    (a, b, c), (r, s, t) = table.u, table.v
    area = (b - a) * (t - r) - (c - a) * (s - r)
    facing = -area if cull else jnp.abs(area)
    return (facing > SMALLEST_AREA) & (facing < jnp.inf)


def _box(table, height, width):
    """First column and row that a face may cover, and how many of each."""

    def span(x, size):
        first = jnp.clip(jnp.ceil(jnp.min(x, axis=0)), 0, size).astype(jnp.int32)
        last = jnp.clip(jnp.floor(jnp.max(x, axis=0)), -1, size - 1).astype(jnp.int32)
        return first, jnp.maximum(last - first + 1, 0)

    left, columns = span(table.u, width)
    top, rows = span(table.v, height)
    return left, top, columns, rows


def _offer(buffer, table, number, left, top, valid, side, height, width):
    """Faces offer their depth to the pixels of a square; the nearest sign them."""
    dv, du = (x.reshape(-1, 1) for x in jnp.mgrid[:side, :side])
    column, row = left + du, top + dv
    weights, inside = _inside_weights(table.u[:, None] - column, table.v[:, None] - row)
    q = table.q[0] + weights[1] * (table.q[1] - table.q[0])
    q = q + weights[2] * (table.q[2] - table.q[0])
    inside &= valid & (column < width) & (row < height)
    pixel = jnp.where(inside, row * width + column, height * width)
    # Offer and comparison must see the same bits, so compute them once.
    q, pixel = jax.lax.optimization_barrier((q, pixel))
    nearest = buffer.q.at[pixel].min(q, mode="drop")
    won = q == nearest.at[pixel].get(mode="fill", fill_value=-jnp.inf)
    face = jnp.where(nearest < buffer.q, jnp.iinfo(jnp.int32).max, buffer.face)
    pixel = jnp.where(won, pixel, height * width)
    number = jnp.broadcast_to(number, pixel.shape)
    return _Buffer(nearest, face.at[pixel].min(number, mode="drop"))


def _inside_weights(u, v):
    """Weights of the corners (u, v) about the origin, and whether it lies inside."""
    e, slack = [], []
    for i, j in ((1, 2), (2, 0), (0, 1)):
        e.append(u[i] * v[j] - u[j] * v[i])
        slack.append(jnp.abs(u[i] * v[j]) + jnp.abs(u[j] * v[i]))
    e, slack = jnp.stack(e), jnp.stack(slack)
    e = e * jnp.where(jnp.sum(e, axis=0) < 0, -1.0, 1.0)
    # Two faces round their common edge differently; without slack, a pixel's centre
    # on it could fall between them.
    inside = jnp.all(e >= -jnp.finfo(e.dtype).eps * slack, axis=0)
    e = jnp.where(e >= 0, e, 0.0)
    return e / jnp.maximum(jnp.sum(e, axis=0), SMALLEST_AREA / 4), inside
