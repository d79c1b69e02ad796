"""Scatter-min over small boxes: every face offers its q to a fixed square of pixels.

No queue to keep, but most of the square is wasted on faces smaller than a pixel. Faces
that outgrow the square take the queue of `fragments`.
"""

import jax.numpy as jnp

from handjax.render import visibility
from handjax.render.designs import fragments

SIDE = 4
"""Pixels along the side of the square."""


def nearest_faces(frame, uvq, faces, background):
    """The nearest face at every pixel's centre: see `visibility.Design`."""
    pixels = frame.height * frame.width
    nearest = visibility.background_alone(background, pixels)
    for first, group in visibility.groups(faces, len(nearest.q)):
        nearest = _draw_small(frame, nearest, uvq, group, first)
        nearest = fragments.draw(frame, nearest, uvq, group, first, larger_than=SIDE)
    return visibility.Nearest(*(x.reshape(-1, *frame[:2]) for x in nearest))


def _draw_small(frame, nearest, uvq, faces, first):
    """Put faces that fit a square to the depth test at each of its pixels."""
    corners = jnp.transpose(uvq, (2, 1, 0))[:, faces.T, :, None, None]
    left, top, columns, rows = visibility.box(frame, corners)
    down, right = jnp.mgrid[:SIDE, :SIDE]
    row, column = top + down, left + right
    q, inside = visibility.q_at(corners, row, column)
    fits = (columns <= SIDE) & (rows <= SIDE)
    inside &= fits & (right < columns) & (down < rows)
    picture = jnp.arange(len(uvq))[:, None, None]
    pixel = (picture * frame.height + row) * frame.width + column
    pixel = jnp.where(inside, pixel, len(nearest.q))
    face = first + jnp.arange(len(faces), dtype=jnp.int32)[:, None, None, None]
    face = jnp.broadcast_to(face, q.shape)
    return visibility.depth_test(nearest, pixel.ravel(), q.ravel(), face.ravel())
