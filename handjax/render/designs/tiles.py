"""Tile binning with dense evaluation: lists of a few faces at all pixels of a tile.

A tile's faces are split into lists of a fixed capacity, as many as it takes: a crowded
tile has many. Each list's faces are measured at each of its tile's pixels, and the
nearest alone goes to the depth test: one scattered value for every `CAPACITY` faces.
"""

import jax
import jax.numpy as jnp

from handjax.render import visibility
from handjax.render.designs import bins
from handjax.render.queue import owners

SIDE = 4
"""Pixels along a tile's side."""

CAPACITY = 8
"""Faces in a list."""

PIXELS_A_LIST = 128
"""Pixels of all pictures for each list that is drawn at a time."""


def nearest_faces(frame, uvq, faces, background):
    """The nearest face at every pixel's centre: see `visibility.Design`."""
    return bins.draw(SIDE, _draw_tiles, frame, uvq, faces, background)


def _draw_tiles(grid, nearest, uvq, faces, entries):
    """Put the entries of tiles to the depth test, some lists at a time."""
    begins = jnp.concatenate([jnp.zeros(1, jnp.int32), entries.ends[:-1]])
    lists = -(-(entries.ends - begins) // CAPACITY)
    ends = jnp.cumsum(lists, dtype=jnp.int32)
    some = max(len(nearest.q) // PIXELS_A_LIST, 1)

    def draw_some(state):
        nearest, start = state
        tile = owners(ends, start, some)
        exists = tile < len(ends)
        tile = jnp.minimum(tile, len(ends) - 1)
        number = start + jnp.arange(some, dtype=jnp.int32) - ends[tile] + lists[tile]
        place = begins[tile] + CAPACITY * number + jnp.arange(CAPACITY)[:, None]
        listed = (place < entries.ends[tile]) & exists
        face = entries.face[jnp.minimum(place, len(entries.face) - 1)]
        drawn = _draw_lists(grid, uvq, faces, tile, face, listed)
        pixel = tile * grid.side**2 + jnp.arange(grid.side**2)[:, None]
        pixel = jnp.where(
            exists & (drawn.face < visibility.NO_FACE), pixel, len(nearest.q)
        )
        flat = (x.ravel() for x in (pixel, *drawn))
        return visibility.depth_test(nearest, *flat), start + some

    start = jnp.zeros((), jnp.int32)
    return jax.lax.while_loop(
        lambda state: state[1] < ends[-1], draw_some, (nearest, start)
    )[0]


def _draw_lists(grid, uvq, faces, tile, face, listed):
    """The nearest of each list's faces at each pixel of its tile, [pixels, lists]."""
    picture = tile // (grid.rows * grid.columns)
    row, column = (grid.side * x for x in _place(grid, tile))
    down, right = (x.reshape(-1, 1) for x in jnp.mgrid[: grid.side, : grid.side])
    corners = uvq.reshape(-1, 3)[faces[face] + uvq.shape[1] * picture[:, None]]
    corners = jnp.transpose(corners, (3, 2, 0, 1))[:, :, :, None]
    q, inside = visibility.q_at(corners, row + down, column + right)
    return visibility.nearest_of(q, inside & listed[:, None], face[:, None])


def _place(grid, tile):
    """Row and column of tiles in their picture."""
    return tile // grid.columns % grid.rows, tile % grid.columns
