"""A shaded hand whose skin has colours, or what is inside it shining through."""

from functools import partial
from typing import Any

import hand_sheet
import jax
import jax.numpy as jnp
import numpy as np

from handjax.geometry import cameras, meshes
from handjax.render.rasterize import interpolate, rasterize

PIXELS = 256
"""Edge of a picture."""
AHEAD = (0.0, 0.0, 300.0)
"""From the camera to the picture's middle, mm."""
DEEP = 3.0
"""From which depth on what is inside hides the skin before it, mm."""
RED, BLUE, WHITE = (0.70, 0.02, 0.02), (0.03, 0.10, 0.60), (0.80, 0.80, 0.80)
"""Linear."""


def drawn(
    vertices: Any,
    faces: Any,
    middle: np.ndarray,
    size: float,
    side: str,
    *,
    colours: Any = None,
    depth: np.ndarray | None = None,
) -> np.ndarray:
    """A picture of a surface.

    Args:
        vertices: in the axes of a hand held upright, mm.
        faces: three of them each.
        middle: of the picture, mm.
        size: of what it shows, mm.
        side: one of `hand_sheet.VIEWS`.
        colours: of vertices, linear; None for skin.
        depth: of vertices within another part, mm, 0 for others; the faces that have
            some shine through.
    """
    seen = (np.asarray(vertices) - middle) @ hand_sheet.VIEWS[side].T
    seen = jnp.asarray(seen + np.array(AHEAD), jnp.float32)
    if colours is None:
        colours = np.broadcast_to(hand_sheet.SKIN, seen.shape)
    far, normals, skin = look(seen, jnp.asarray(faces), jnp.asarray(colours), size)
    image = hand_sheet.shade(normals, far, skin, size)
    if depth is not None:
        faces = np.asarray(faces)
        within = np.any(depth[faces] > 0.0, axis=1, keepdims=True)
        # Faces without an area are not drawn.
        found = look(
            seen, np.where(within, faces, 0), jnp.asarray(depth[:, None]), size
        )
        share = np.sqrt(np.clip(found[2] / DEEP, 0.0, 1.0))
        image = (1.0 - share) * image + share * np.array(RED)
    return hand_sheet.encode(hand_sheet.shrink(image))


def look(vertices: Any, faces: Any, carried: Any, size: float) -> list[np.ndarray]:
    """Depth, normals, and what vertices carry, of each pixel; 0 where nothing is."""
    return [np.asarray(x) for x in _look(vertices, faces, carried, size)]


@partial(jax.jit, static_argnums=3)
def _look(vertices, faces, carried, size):
    fine = PIXELS * hand_sheet.SUPERSAMPLING
    rendering = rasterize(
        cameras.orthographic_crop(size, fine),
        vertices,
        faces,
        height=fine,
        width=fine,
        far=hand_sheet.FAR,
    )
    normals = meshes.vertex_normals(vertices, faces)
    found = interpolate(rendering, faces, jnp.concatenate([normals, carried], axis=-1))
    return rendering.depth, found[..., :3], found[..., 3:]


def diverging(x: Any) -> np.ndarray:
    """Blue at -1 and below, white at 0, red at 1 and above."""
    x = np.clip(np.asarray(x), -1.0, 1.0)[..., None]
    white, end = np.array(WHITE), np.where(x > 0.0, np.array(RED), np.array(BLUE))
    return white + abs(x) * (end - white)


def centre(vertices: Any) -> np.ndarray:
    """Middle of the box around points."""
    x = np.asarray(vertices)
    return 0.5 * (x.min(axis=0) + x.max(axis=0))


def resized(picture: np.ndarray) -> np.ndarray:
    """A square picture as large as those drawn, its pixels as they are."""
    from PIL import Image

    near = Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(picture).resize((PIXELS, PIXELS), near))
