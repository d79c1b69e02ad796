"""What pictures gain when outlines move: an integral along them, on the way back.

An outline is an edge between a face that turns its front and one that turns its back,
or an edge of one face alone; faces that are left out of the picture do not count. It
is walked in short steps; each asks what lies just outside, and hands the pixel's
cotangent, times the jump there, to both of its ends.

Notation, shared by every function here and by the tests:
    a, b: ends of edges in the picture, pixels, [edges, 2].
    n: outward normals, as long as the edges, [edges, 2].
    g: cotangents of the pictures of mask and depth.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float, Int

from handjax.geometry.topology import ALONE, EdgeFaces
from handjax.render import visibility
from handjax.render.queue import owners

STEPS_A_PIXEL = 1.0
"""Steps along an outline."""
OUTSIDE = 0.75
"""How far outside of the outline its background is looked up, pixels: the pixel nearest
to a place so far off has its centre outside too."""
ASIDE = 1e-3
"""How far outside of the outline the faces next to it are looked for, of its length."""
FACES_AT_A_TIME = 4
"""Faces at the ends of an edge that are asked at a time whether they hide it."""
CHUNK = 1
"""Steps at a time, for each pixel along the picture's sides."""


class Pictures(NamedTuple):
    """What is seen, and the cotangents of it; None where nothing depends on it.

    Attributes:
        covered: 1 where a face is seen.
        depth: mm.
        g_mask, g_depth: cotangents of both.
    """

    covered: Float[Array, "height width"]
    depth: Float[Array, "height width"]
    g_mask: Float[Array, "height width"] | None
    g_depth: Float[Array, "height width"] | None


class Outline(NamedTuple):
    """The edges of a mesh and which of them are outlines.

    Attributes:
        ends: the edges' vertices.
        n: see above; 0 for all that are no outline.
        touching, first: the faces at each vertex, as in `EdgeFaces`; `ALONE` for those
            that are not drawn.
        reach: between which shares of each lies what the picture shows of it.
        steps: how many that is walked in; 0 for all that are no outline.
    """

    ends: Int[Array, "edges 2"]
    n: Float[Array, "edges 2"]
    touching: Int[Array, "corners"]
    first: Int[Array, "ends_of_vertices"]
    reach: Float[Array, "edges 2"]
    steps: Int[Array, "edges"]


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def with_outline(
    pinhole: bool,
    cull: bool,
    uvz: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    edges: EdgeFaces,
    covered: Float[Array, "height width"],
    depth: Float[Array, "height width"],
) -> tuple[Float[Array, "height width"], Float[Array, "height width"]]:
    """The pictures `covered` and `depth` as they are, with the outline's derivative.

    Args:
        pinhole: whether -1/z is what is linear in the picture, or z.
        cull: whether faces that turn their back were left out.
        uvz: vertices in the picture.
        faces: of the mesh.
        edges: `topology.edge_faces` of them.
        covered: 1 where a face is seen.
        depth: mm.
    """
    del pinhole, cull, uvz, faces, edges
    return covered, depth


def _forward(pinhole, cull, *given):
    del pinhole, cull
    uvz, faces, edges, covered, depth = jax.tree.map(
        lambda x: x.value, given, is_leaf=lambda x: hasattr(x, "perturbed")
    )
    return (covered, depth), (uvz, faces, edges, covered, depth)


def _backward(pinhole, cull, kept, g):
    uvz, faces, edges, covered, depth = kept
    # Who looks at the mask alone need not pay for the depth's own derivative.
    g_mask, g_depth = (None if isinstance(x, SymbolicZero) else x for x in g)
    if not len(faces):
        return jnp.zeros_like(uvz), None, None, None, g_depth
    height, width = covered.shape
    frame = visibility.Frame(height, width, visibility.q_of_near(pinhole), cull)
    uvq = uvz.at[:, 2].set(visibility.q_of_depth(uvz[:, 2], pinhole))
    outline = find(frame, uvq, faces, edges)
    pictures = Pictures(covered, depth, g_mask, g_depth)
    slope = walk(pinhole, uvq, faces, outline, pictures)
    slope = jnp.pad(slope, ((0, 0), (0, 1)))
    return slope, None, None, None, g_depth


with_outline.defvjp(_forward, _backward, symbolic_zeros=True)


def find(
    frame: visibility.Frame,
    uvq: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    edges: EdgeFaces,
) -> Outline:
    """Which edges are outlines, and how many steps each takes.

    Args:
        frame: of the picture; it tells which faces were left out of it.
        uvq: vertices in the picture, and their q.
        faces: of the mesh.
        edges: of the mesh.
    """
    uv = uvq[:, :2]
    front = _front(uv, faces)
    # A face seen edge on stays, though nothing of it is seen: the edges that it joins
    # fall together in the picture, and would count twice as edges of two lone faces.
    drawn = visibility.beyond_near(frame, uvq.T[2, faces.T]) & (
        front | (not frame.cull)
    )
    outline, opposite = _lone(drawn, front, edges)
    a, b, c = uv[edges.ends[:, 0]], uv[edges.ends[:, 1]], uv[opposite]
    n = jnp.stack([b[:, 1] - a[:, 1], a[:, 0] - b[:, 0]], axis=-1)
    inward = jnp.sum(n * (c - a), axis=-1)
    outline &= (inward != 0.0) & jnp.isfinite(inward)
    n = jnp.where(inward[:, None] > 0.0, -n, n)
    reach = _reach(a, b, jnp.array([frame.width, frame.height]) - 0.5)
    shown = jnp.linalg.norm(n, axis=-1) * (reach[:, 1] - reach[:, 0])
    steps = jnp.where(outline, jnp.ceil(STEPS_A_PIXEL * shown), 0.0)
    touching = jnp.where(drawn[edges.touching], edges.touching, ALONE)
    steps = steps.astype(jnp.int32)
    return Outline(edges.ends, n, touching, edges.first, reach, steps)


def _lone(drawn, front, edges):
    """Which edges end what is drawn, and the third vertex on their inner side."""
    one, other = edges.faces.T
    there = drawn[one], (other != ALONE) & drawn[other]
    folded = there[0] & there[1] & (front[one] != front[other])
    # Of two that are drawn the one that turns its front is on the inner side.
    second = there[1] & ~(there[0] & front[one])
    opposite = jnp.where(second, edges.opposite[:, 1], edges.opposite[:, 0])
    return folded | (there[0] != there[1]), opposite


def _reach(a, b, last):
    """Where edges enter and leave the picture, as shares of their length."""
    run = b - a
    flat = run == 0.0
    run = jnp.where(flat, 1.0, run)
    to_sides = (-0.5 - a) / run, (last - a) / run
    across = (a >= -0.5) & (a <= last)
    enter = jnp.where(flat, jnp.where(across, 0.0, 1.0), jnp.minimum(*to_sides))
    leave = jnp.where(flat, jnp.where(across, 1.0, 0.0), jnp.maximum(*to_sides))
    enter, leave = jnp.max(enter, axis=1), jnp.min(leave, axis=1)
    enter, leave = jnp.clip(enter, 0.0, 1.0), jnp.clip(leave, 0.0, 1.0)
    return jnp.stack([enter, jnp.maximum(leave, enter)], axis=-1)


def _front(uv, faces) -> Bool[Array, "faces"]:
    """Which faces turn their front: counter-clockwise on the screen."""
    a, b, c = (uv[corner] for corner in faces.T)
    ab, ac = b - a, c - a
    return ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] < 0.0


def walk(
    pinhole: bool,
    uvq: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    outline: Outline,
    pictures: Pictures,
) -> Float[Array, "vertices 2"]:
    """The cotangent of uv, of those of the pictures.

    a += sum over steps of g jump (1 - t) n / steps,    b += ... t n / steps
    """
    ends = jnp.cumsum(outline.steps)
    chunk = CHUNK * sum(pictures.covered.shape)
    uv, q = uvq[:, :2], uvq[:, 2]

    def take(state):
        slope, start = state
        place = start + jnp.arange(chunk, dtype=jnp.int32)
        owner = owners(ends, start, chunk)
        exists = owner < len(ends)
        owner = jnp.minimum(owner, len(ends) - 1)
        steps = outline.steps[owner]
        enter, leave = outline.reach[owner].T
        share = (leave - enter) / jnp.maximum(steps, 1)
        t = enter + (place - ends[owner] + steps + 0.5) * share
        n, (i, j) = outline.n[owner], outline.ends[owner].T
        x = uv[i] + t[:, None] * (uv[j] - uv[i])
        z = q[i] + t * (q[j] - q[i])
        z = -1.0 / z if pinhole else z
        jump = _jump(x, z, n, pictures)
        exists &= ~_hidden(x + ASIDE * n, uv, faces, outline, (i, j), exists)
        step = jnp.where(exists, jump * share, 0.0)[:, None] * n
        slope = slope.at[i].add((1.0 - t)[:, None] * step).at[j].add(t[:, None] * step)
        return slope, start + chunk

    state = jnp.zeros_like(uv), jnp.zeros((), jnp.int32)
    return jax.lax.while_loop(lambda state: state[1] < ends[-1], take, state)[0]


def _jump(x, z, n, pictures):
    """The cotangent at x times what the picture gains inside over outside."""
    height, width = pictures.covered.shape
    length = jnp.linalg.norm(n, axis=-1, keepdims=True)
    out = x + OUTSIDE * n / jnp.where(length > 0.0, length, 1.0)
    column, row = jnp.round(x).astype(int).T
    last = jnp.array([width, height]) - 1
    across, down = jnp.clip(jnp.round(out).astype(int), 0, last).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    column, row = jnp.where(inside, column, 0), jnp.where(inside, row, 0)
    # What lies outside hides the edge, or the background does, if it is nearer.
    gain = jnp.minimum(z - pictures.depth[down, across], 0.0)
    jump = jnp.zeros_like(z)
    if pictures.g_mask is not None:
        newly = (gain < 0.0) * (1.0 - pictures.covered[down, across])
        jump += pictures.g_mask[row, column] * newly
    if pictures.g_depth is not None:
        jump += pictures.g_depth[row, column] * gain
    return jnp.where(inside, jump, 0.0)


def _hidden(x, uv, faces, outline, ends, exists):
    """Whether a face at an end of an edge covers places just outside of it.

    Each place asks one face after another, until the most crowded end has none left.
    """
    first = [outline.first[end] for end in ends]
    one, other = (outline.first[end + 1] - outline.first[end] for end in ends)
    count = jnp.where(exists, one + other, 0)

    def ask(state):
        hidden, k = state
        k = k + jnp.arange(FACES_AT_A_TIME)[:, None]
        place = jnp.where(k < one, first[0] + k, first[1] + k - one)
        face = outline.touching[jnp.where(k < count, place, 0)]
        asked = (k < count) & (face != ALONE)
        covers = asked & _covers(uv, faces[face], x)
        return hidden | jnp.any(covers, axis=0), state[1] + FACES_AT_A_TIME

    state = jnp.zeros_like(exists), jnp.zeros((), jnp.int32)
    return jax.lax.while_loop(lambda state: state[1] < jnp.max(count), ask, state)[0]


def _covers(uv, corners, x):
    """Whether faces, given by their vertices, cover places."""
    a, b, c = (uv[corners[..., k]] - x for k in range(3))
    turns = [
        p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
        for p, q in ((a, b), (b, c), (c, a))
    ]
    inside = (turns[0] > 0) & (turns[1] > 0) & (turns[2] > 0)
    return inside | ((turns[0] < 0) & (turns[1] < 0) & (turns[2] < 0))
