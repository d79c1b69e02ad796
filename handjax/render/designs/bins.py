"""Which faces may be seen in which tile: entries, sorted by tile, a chunk at a time.

A face enters every tile that its box touches. Entries of all faces stand in a queue, so
that no face has too many of them and no tile too many faces: when a chunk is full, its
tiles are drawn, and the next chunk begins with what is left.

Tiles are numbered picture by picture, row by row; those at the picture's right and
lower edge may reach beyond it.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from handjax.render import visibility
from handjax.render.queue import owners

FACES_AN_ENTRY = 3
"""Faces of all pictures for each entry of a chunk."""


class Grid(NamedTuple):
    """Tiles of a batch of pictures: a constant of the compiled program.

    Attributes:
        side: of a tile, pixels.
        columns, rows: tiles in a picture.
        batch: pictures.
    """

    side: int
    columns: int
    rows: int
    batch: int


class Entries(NamedTuple):
    """Faces that tiles may see.

    Attributes:
        face: of each entry, tile after tile, ascending in each.
        ends: the running number of entries after each tile.
    """

    face: Int[Array, "entries"]
    ends: Int[Array, "tiles"]


def grid_of(frame: visibility.Frame, side: int, batch: int) -> Grid:
    """Tiles that cover the pictures of a batch."""
    columns, rows = -(-frame.width // side), -(-frame.height // side)
    return Grid(side, columns, rows, batch)


def tiles_in(grid: Grid) -> int:
    """How many tiles there are."""
    return grid.batch * grid.rows * grid.columns


def entries_in(grid: Grid, frame: visibility.Frame, uvq, faces) -> Int[Array, ""]:
    """How many entries faces make in all pictures."""
    touched = _touched(grid, frame, uvq, faces)
    return jnp.sum(touched.columns * touched.rows)


def draw(side, draw_tiles, frame, uvq, faces, background) -> visibility.Nearest:
    """The nearest face at every pixel's centre: see `visibility.Design`.

    Args:
        side: of a tile, pixels.
        draw_tiles: of a grid, what is nearest so far (tile after tile), uvq, faces and
            entries, makes what is nearest with these entries.
    """
    grid = grid_of(frame, side, len(uvq))
    pixels = grid.rows * grid.columns * side**2
    nearest = visibility.background_alone(background, pixels)
    for first, group in visibility.groups(faces, tiles_in(grid)):
        touched = _touched(grid, frame, uvq, group)
        ends = jnp.cumsum(touched.columns * touched.rows, dtype=jnp.int32)
        chunk = max(math.ceil(len(ends) / FACES_AN_ENTRY), tiles_in(grid))
        chunk = min(chunk, visibility.MOST_PIECES // (tiles_in(grid) + 1))

        def draw_chunk(state, first=first, touched=touched, ends=ends, chunk=chunk):
            nearest, start = state
            entries = _sorted(grid, touched, ends, start, chunk, first)
            return draw_tiles(grid, nearest, uvq, faces, entries), start + chunk

        nearest, _ = jax.lax.while_loop(
            lambda state, ends=ends: state[1] < ends[-1],
            draw_chunk,
            (nearest, jnp.zeros((), jnp.int32)),
        )
    return visibility.Nearest(*(_as_pictures(frame, grid, x) for x in nearest))


def _touched(grid, frame, uvq, faces):
    """The tiles that faces touch, as boxes of tiles; pictures come last in a face."""
    corners = jnp.transpose(uvq, (2, 1, 0))[:, faces.T]
    left, top, columns, rows = (x.ravel() for x in visibility.box(frame, corners))
    seen = (columns > 0) & (rows > 0)
    right, bottom = (left + columns - 1) // grid.side, (top + rows - 1) // grid.side
    left, top = left // grid.side, top // grid.side
    columns = jnp.where(seen, right - left + 1, 0)
    rows = jnp.where(seen, bottom - top + 1, 0)
    return visibility.Box(left, top, columns, rows)


def _sorted(grid, touched, ends, start, chunk, first):
    """Entries from `start` on, by tile; faces are numbered from `first`."""
    owner = owners(ends, start, chunk)
    exists = owner < len(ends)
    owner = jnp.minimum(owner, len(ends) - 1)
    face = jax.lax.div(owner, jnp.int32(grid.batch))
    picture = owner - face * grid.batch
    left, top, columns, rows = (x[owner] for x in touched)
    place = start + jnp.arange(chunk, dtype=jnp.int32) - ends[owner] + columns * rows
    down = jax.lax.div(place, jnp.maximum(columns, 1))
    column, row = left + place - down * columns, top + down
    tile = (picture * grid.rows + row) * grid.columns + column
    tile = jnp.where(exists, tile, tiles_in(grid))
    counts = jnp.zeros(tiles_in(grid), jnp.int32).at[tile].add(1, mode="drop")
    # Faces come in ascending order. Place and tile in one number: sorting pairs took
    # twenty times as long.
    order = jnp.sort(tile * chunk + jnp.arange(chunk, dtype=jnp.int32)) % chunk
    return Entries(face[order] + first, jnp.cumsum(counts, dtype=jnp.int32))


def _as_pictures(frame, grid, x):
    """Pixels of tiles, one tile after another, as pictures."""
    x = x.reshape(grid.batch, grid.rows, grid.columns, grid.side, grid.side)
    x = x.transpose(0, 1, 3, 2, 4)
    x = x.reshape(grid.batch, grid.rows * grid.side, grid.columns * grid.side)
    return x[:, : frame.height, : frame.width]
