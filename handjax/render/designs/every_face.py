"""Every face at every pixel: brute force, the yardstick of what a design saves.

A few faces at a time, so that not even here pixels meet faces in memory.
"""

from functools import partial

import jax
import jax.numpy as jnp

from handjax.render import visibility

FACES_AT_A_TIME = 8
PIXELS_AT_A_TIME = 4096
"""What fits a cache, so that the yardstick is a fair one."""


def nearest_faces(frame, uvq, faces, background):
    """The nearest face at every pixel's centre: see `visibility.Design`."""
    # A face of three equal corners is never seen.
    faces = jnp.pad(faces, ((0, -len(faces) % FACES_AT_A_TIME), (0, 0)))
    rows = jnp.arange(frame.height, dtype=uvq.dtype)
    few = max(PIXELS_AT_A_TIME // frame.width, 1)

    def draw(picture):
        row = partial(_draw_row, frame, faces, *picture)
        return jax.lax.map(row, rows, batch_size=few)

    return jax.lax.map(draw, (uvq, background))


def _draw_row(frame, faces, uvq, background, row):
    """One row of one picture."""
    column = jnp.arange(frame.width, dtype=uvq.dtype)
    row = jnp.full_like(column, row)
    corners = uvq[faces].reshape(-1, FACES_AT_A_TIME, 3, 3, 1)
    corners = jnp.transpose(corners, (0, 3, 2, 1, 4))
    numbers = jnp.arange(len(faces), dtype=jnp.int32).reshape(-1, FACES_AT_A_TIME, 1)

    def draw_some(nearest, some):
        corners, number = some
        q, inside = visibility.q_at(corners, row, column)
        inside &= visibility.in_sight(frame, corners)
        found = visibility.nearest_of(q, inside, number)
        return visibility.nearer(nearest, found), None

    nearest = visibility.background_alone(background[None], frame.width)
    return jax.lax.scan(draw_some, nearest, (corners, numbers))[0]
