"""The neural renderer's gradient of a mask: pixels pull at edges along scanlines.

For every edge of a face that turns its front and every row (or column) that crosses it,
the pixels of that row outside of the edge pull at it if the loss wants them covered,
and those of the face itself push if the loss wants them uncovered:

    dL/da -= lever max(0, (I(d) - I(other side)) g(d)) / (d - x)

where x is where the row crosses the edge, d a pixel of it, and the lever tells how far
the crossing moves with the end a of the edge.

Source: Kato, Ushiku and Harada, Neural 3D mesh renderer, CVPR 2018, Sec. 3.2, as the
released code has it: its limits, its small distance, its rule for the inside.

Notation, shared by every function here and by the tests:
    s: the coordinate of scanlines, v for rows and u for columns.
    d: the coordinate along them, the other one.
    a, b, c: ends of an edge and the face's third corner, as (s, d).
    g: cotangent of the mask.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from handjax.render.queue import owners

SMALL = 1e-4
"""Added to distances, in halves of the picture's side."""
CHUNK = 2
"""Crossings at a time, for each pixel along the picture's side."""


class Sides(NamedTuple):
    """The three edges of every face, as scanlines of one direction see them.

    Attributes:
        a, b, c: see above.
        ends: vertices of a and b.
        face: whose edge it is.
        outward: along d, +1 or -1.
        first: scanline that crosses the edge.
        count: how many do; 0 of faces that turn their back.
    """

    a: Float[Array, "sides 2"]
    b: Float[Array, "sides 2"]
    c: Float[Array, "sides 2"]
    ends: Int[Array, "sides 2"]
    face: Int[Array, "sides"]
    outward: Int[Array, "sides"]
    first: Int[Array, "sides"]
    count: Int[Array, "sides"]


@jax.custom_vjp
def with_pull(
    uv: Float[Array, "vertices 2"],
    faces: Int[Array, "faces 3"],
    seen: Int[Array, "height width"],
) -> Float[Array, "height width"]:
    """1 where a face is seen, with the neural renderer's gradient.

    Args:
        uv: vertices in the picture, pixels.
        faces: of the mesh.
        seen: the nearest face of every pixel, -1 for none.
    """
    del faces
    return (seen >= 0).astype(uv.dtype)


def _forward(uv, faces, seen):
    return with_pull(uv, faces, seen), (uv, faces, seen)


def _backward(kept, g):
    uv, faces, seen = kept
    if not len(faces):
        return jnp.zeros_like(uv), None, None
    columns = _pull(_sides(uv, faces, *seen.shape), seen, g, len(uv))
    turned = _sides(uv[:, ::-1], faces[:, ::-1], *seen.T.shape)
    rows = _pull(turned, seen.T, g.T, len(uv))
    return jnp.stack([columns, rows], axis=-1), None, None


with_pull.defvjp(_forward, _backward)


def _sides(uv, faces, height, width) -> Sides:
    """Edges as rows of a picture see them: s is v, d is u."""
    del width
    ds = uv[faces]
    a, b, c = (jnp.roll(ds, -k, axis=1).reshape(-1, 2)[:, ::-1] for k in range(3))
    ends = jnp.stack([faces, jnp.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    ab, ac = b - a, c - a
    # Counter-clockwise on the screen; (s, d) is its mirror image.
    front = ab[:, 1] * ac[:, 0] - ab[:, 0] * ac[:, 1] < 0.0
    low, high = jnp.minimum(a[:, 0], b[:, 0]), jnp.maximum(a[:, 0], b[:, 0])
    first = jnp.clip(jnp.ceil(low), 0, height).astype(jnp.int32)
    last = jnp.clip(jnp.floor(high), -1, height - 1).astype(jnp.int32)
    crossed = front & (low < high)
    count = jnp.where(crossed, jnp.maximum(last - first + 1, 0), 0)
    # A face seen from its front turns counter-clockwise on the screen: what goes up
    # has the face on its left.
    outward = jnp.where(b[:, 0] < a[:, 0], 1, -1)
    face = jnp.repeat(jnp.arange(len(faces)), 3)
    return Sides(a, b, c, ends, face, outward, first, count)


def _pull(sides, seen, g, vertices):
    """The cotangent of the vertices' d."""
    ends = jnp.cumsum(sides.count)
    chunk = CHUNK * sum(seen.shape)

    def take(state):
        slope, start = state
        owner = owners(ends, start, chunk)
        exists = owner < len(ends)
        owner = jnp.minimum(owner, len(ends) - 1)
        own = Sides(*(x[owner] for x in sides))
        s = own.first + start + jnp.arange(chunk) - (ends[owner] - own.count)
        pulls = _crossing(own, jnp.where(exists, s, 0), seen, g)
        for corner, pull in zip(own.ends.T, pulls, strict=True):
            slope = slope.at[corner].add(jnp.where(exists, pull, 0.0))
        return slope, start + chunk

    state = jnp.zeros(vertices, g.dtype), jnp.zeros((), jnp.int32)
    return jax.lax.while_loop(lambda state: state[1] < ends[-1], take, state)[0]


def _crossing(own, s, seen, g):
    """The cotangents that a and b have from where each edge crosses a scanline."""
    width = seen.shape[1]
    of_b = (s - own.a[:, 0]) / _apart(own.b[:, 0] - own.a[:, 0])
    x = own.a[:, 1] + of_b * (own.b[:, 1] - own.a[:, 1])
    inner = jnp.where(own.outward > 0, jnp.floor(x), jnp.ceil(x)).astype(jnp.int32)
    outer = inner + own.outward
    there = (jnp.minimum(inner, outer) >= 0) & (jnp.maximum(inner, outer) < width)
    inner, outer = jnp.clip(inner, 0, width - 1), jnp.clip(outer, 0, width - 1)
    row, g = seen[s], g[s]
    alpha = (row >= 0).astype(g.dtype)
    d = jnp.arange(width)
    inside, outside = (
        jnp.take_along_axis(alpha, k[:, None], 1) for k in (inner, outer)
    )
    shown = jnp.take_along_axis(row, inner[:, None], 1)[:, 0] == own.face
    away = own.outward[:, None] * (d - outer[:, None]) >= 0
    beyond = jnp.where(away & shown[:, None], (alpha - inside) * g, 0.0)
    within = _within(own, s, d, inner) & (row == own.face[:, None])
    within = jnp.where(within, (alpha - outside) * g, 0.0)
    pull = jnp.maximum(beyond, 0.0) + jnp.maximum(within, 0.0)
    pull = jnp.where(there[:, None], pull, 0.0)
    distance = d - x[:, None]
    small = jnp.where(distance > 0.0, 1.0, -1.0) * SMALL * width / 2
    levers = jnp.clip(1.0 - of_b, 0.0, 1.0), jnp.clip(of_b, 0.0, 1.0)
    # The small distance is added to those of the ends, which levers make longer.
    return [
        -lever * jnp.sum(pull / _apart(distance + lever[:, None] * small), axis=1)
        for lever in levers
    ]


def _within(own, s, d, inner):
    """Whether pixels lie between an edge and where the scanline leaves the face."""
    a, b, c = own.a, own.b, own.c
    by_a = (s - a[:, 0]) * (s - c[:, 0]) < 0.0
    p = jnp.where(by_a[:, None], a, b)
    slope = (c[:, 1] - p[:, 1]) / _apart(c[:, 0] - p[:, 0])
    far = p[:, 1] + slope * (s - p[:, 0])
    far = jnp.where(own.outward > 0, jnp.ceil(far), jnp.floor(far))
    low, high = jnp.minimum(inner, far), jnp.maximum(inner, far)
    return (d >= low[:, None]) & (d <= high[:, None])


def _apart(x):
    """Numbers that can be divided by."""
    return jnp.where(x == 0.0, 1.0, x)
