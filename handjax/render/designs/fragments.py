"""A queue of fragments: every face has one for each pixel between its corners.

The fragments of all faces, one after another, are made and put to the depth test a
chunk at a time, so that a face of any size costs what it covers. Work goes with the
pixels that faces cover, memory with pixels and faces, never with their product.
"""

import math

import jax
import jax.numpy as jnp

from handjax.render import visibility
from handjax.render.queue import owners

PIXELS_A_FRAGMENT = 6.4
"""Pixels of the picture for each fragment of a chunk; at 64x64, a hand takes two
chunks."""


def nearest_faces(frame, uvq, faces, background):
    """The nearest face at every pixel's centre: see `visibility.Design`."""
    pixels = frame.height * frame.width
    nearest = visibility.background_alone(background, pixels)
    for first, group in visibility.groups(faces, len(nearest.q)):
        nearest = draw(frame, nearest, uvq, group, first)
    return visibility.Nearest(*(x.reshape(-1, *frame[:2]) for x in nearest))


def draw(frame, nearest, uvq, faces, first, *, larger_than=0):
    """Put the fragments of faces, numbered from `first`, to the depth test.

    `ends` holds the running number of fragments after each face in each picture.

    Args:
        larger_than: faces with no more rows and no more columns than this are left
            out.
    """
    # Pictures come last in the fragments' order: neighbours in memory, read as vectors.
    corners = jnp.transpose(uvq, (2, 1, 0))[:, faces.T]
    _, _, columns, rows = visibility.box(frame, corners)
    large = jnp.maximum(columns, rows) > larger_than
    counts = jnp.where(large, columns * rows, 0)
    ends = jnp.cumsum(counts.ravel(), dtype=jnp.int32)
    chunk = math.ceil(len(nearest.q) / PIXELS_A_FRAGMENT)

    def draw_chunk(state):
        nearest, start = state
        fragment = start + jnp.arange(chunk, dtype=jnp.int32)
        owner = owners(ends, start, chunk)
        pixel, q, face = _fragments(frame, uvq, faces, ends, fragment, owner)
        return visibility.depth_test(nearest, pixel, q, face + first), start + chunk

    start = jnp.zeros((), jnp.int32)
    return jax.lax.while_loop(
        lambda state: state[1] < ends[-1], draw_chunk, (nearest, start)
    )[0]


def _fragments(frame, uvq, faces, ends, fragment, owner):
    """Pixel, q and face of each fragment; those off their face lie in no pixel."""
    batch, vertices = uvq.shape[:2]
    exists = owner < len(ends)
    owner = jnp.minimum(owner, len(ends) - 1)
    face = jax.lax.div(owner, jnp.int32(batch))
    picture = owner - face * batch
    corners = uvq.reshape(-1, 3)[faces[face] + vertices * picture[:, None]]
    corners = jnp.transpose(corners, (2, 1, 0))
    left, columns = visibility.span(corners[0], frame.width)
    top, rows = visibility.span(corners[1], frame.height)
    place = fragment - ends[owner] + columns * rows
    down = jax.lax.div(place, jnp.maximum(columns, 1))
    row, column = top + down, left + place - down * columns
    q, inside = visibility.q_at(corners, row, column)
    pixel = (picture * frame.height + row) * frame.width + column
    nowhere = batch * frame.height * frame.width
    return jnp.where(inside & exists, pixel, nowhere), q, face
