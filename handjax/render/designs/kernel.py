"""A kernel in Pallas for GPUs: each program draws one tile, its faces one by one.

A tile's pixels stay in registers while its program walks along its faces; no atomics,
no lists, no capacity. It is written for Pallas' Triton backend and lowers to it.

**It has never run on a card and nothing is known of its speed.** It is tested where it
is interpreted, on CPU: the same faces as the other designs, to the pixel. `rasterize`
takes it only by name.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax.experimental import pallas

from handjax.render import visibility
from handjax.render.designs import bins
from handjax.render.queue import owners

SIDE = 16
"""Pixels along a tile's side. Their square must be a power of two."""


def nearest_faces(frame, uvq, faces, background, *, interpret=None):
    """The nearest face at every pixel's centre: see `visibility.Design`.

    Args:
        interpret: run the kernel's steps one by one, which any backend can; by default
            wherever there is no GPU.
    """
    if interpret is None:
        interpret = jax.default_backend() != "gpu"
    draw_tiles = partial(_draw_tiles, interpret)
    return bins.draw(SIDE, draw_tiles, frame, uvq, faces, background)


def _draw_tiles(interpret, grid, nearest, uvq, faces, entries):
    """Put the entries of tiles to the depth test, each tile by itself."""
    tile = owners(entries.ends, jnp.zeros((), jnp.int32), len(entries.face))
    picture = jnp.minimum(tile // (grid.rows * grid.columns), grid.batch - 1)
    corners = uvq[picture[:, None], faces[entries.face]]
    corners = jnp.transpose(corners, (2, 1, 0)).reshape(9, -1)
    begins = jnp.concatenate([jnp.zeros(1, jnp.int32), entries.ends[:-1]])
    whole = pallas.BlockSpec(memory_space=pallas.ANY)
    own = pallas.BlockSpec((1, grid.side**2), lambda tile: (tile, 0))
    by_tile = visibility.Nearest(*(x.reshape(-1, grid.side**2) for x in nearest))
    call = pallas.pallas_call(
        partial(_draw_tile, grid),
        out_shape=[jax.ShapeDtypeStruct(x.shape, x.dtype) for x in by_tile],
        grid=(bins.tiles_in(grid),),
        in_specs=[whole, whole, whole, whole, own, own],
        out_specs=[own, own],
        compiler_params=None if interpret else _triton(),
        interpret=interpret,
    )
    drawn = call(begins, entries.ends, entries.face, corners, *by_tile)
    return visibility.Nearest(*(x.ravel() for x in drawn))


def _triton():
    """Settings of Pallas' Triton backend, which is imported where there is a GPU."""
    from jax.experimental.pallas import triton

    return triton.CompilerParams(num_warps=4)


def _draw_tile(grid, begins, ends, faces, corners, q_before, face_before, q_now, now):
    """One program: the nearest of a tile's faces at each of its pixels."""
    tile = pallas.program_id(0)
    pixel = jnp.arange(grid.side**2, dtype=jnp.int32)
    row = grid.side * (tile // grid.columns % grid.rows) + pixel // grid.side
    column = grid.side * (tile % grid.columns) + pixel % grid.side

    def test(entry, nearest):
        u, v, q = ([corners[3 * x + k, entry] for k in range(3)] for x in range(3))
        q, inside = visibility.q_at((u, v, q), row, column)
        own = visibility.Nearest(jnp.where(inside, q, jnp.inf), faces[entry])
        return visibility.nearer(nearest, own)

    nearest = visibility.Nearest(q_before[0, :], face_before[0, :])
    nearest = jax.lax.fori_loop(begins[tile], ends[tile], test, nearest)
    q_now[0, :], now[0, :] = nearest
