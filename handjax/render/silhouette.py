"""Masks and depth of meshes with a gradient across the outline.

`rasterize` has no gradient for what comes into sight or leaves it. Here a pixel is the
mean over its area, and moving the outline moves that mean:

    dI(pixel) = integral over outlines in it of (I_inside - I_outside) (n . dx) ds

`antialiased` has that derivative; `neural_renderer` has the one of [kato2018], which is
no derivative but pulls on pixels far away. Either finds where to go on the way back
alone: pictures cost what they cost without gradient.

[kato2018]: Kato, Ushiku and Harada, Neural 3D mesh renderer, CVPR 2018. The integral is
that of Li et al., Differentiable Monte Carlo ray tracing through edge sampling,
SIGGRAPH Asia 2018.

Notation, shared by every function here and by the tests:
    uvz: where vertices appear, fine pixels, and their depths, mm, [vertices, 3].
    fine pixel: one of samples x samples in a pixel.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from handjax.geometry import cameras
from handjax.geometry.topology import EdgeFaces
from handjax.render import outlines, scanlines
from handjax.render.rasterize import rasterize

BEYOND = 1e5
"""Farther than any hand, mm."""
RENDERERS = ("antialiased", "neural_renderer")
"""By the name that a config gives; see there."""


class Silhouette(NamedTuple):
    """What a mesh covers.

    Attributes:
        mask: share of each pixel that the mesh covers, 0 to 1.
        depth: mean over each pixel, the background's `far` included, mm.
    """

    mask: Float[Array, "height width"]
    depth: Float[Array, "height width"]


def antialiased(
    camera: cameras.Camera,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    edges: EdgeFaces,
    *,
    height: int,
    width: int,
    far: Float[ArrayLike, ""],
    samples: int = 3,
    cull: bool = False,
) -> Silhouette:
    """Mask and depth, with the derivative of the outline's motion.

    Args:
        vertices: in the camera's frame, mm.
        edges: `topology.edge_faces` of the faces.
        far: depth of the background, which hides what lies behind it, mm.
        samples: looks along each side of a pixel. What is thinner than a look may be
            missed; the gradient is as exact as the outline's sides can be told.
        cull: leave out faces that turn their back, see `rasterize`.

    Source: Li et al. 2018, Eq. (6), for all edges of the outline instead of some.
    """
    drawn, uvz = _fine(camera, vertices, faces, height, width, far, samples, cull)
    covered = (drawn.face >= 0).astype(uvz.dtype)
    pinhole = isinstance(camera, cameras.Pinhole)
    edges = EdgeFaces(*map(jnp.asarray, edges))
    pictures = covered, drawn.depth
    # What has a derivative of its own has no type that a checker could read.
    found: Any = outlines.with_outline(pinhole, cull, uvz, faces, edges, *pictures)
    mask, depth = found
    return Silhouette(_means(mask, samples), _means(depth, samples))


def neural_renderer(
    camera: cameras.Camera,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    *,
    height: int,
    width: int,
    far: Float[ArrayLike, ""],
    samples: int = 2,
    cull: bool = False,
) -> Float[Array, "height width"]:
    """The mask, with the gradient of the neural renderer.

    A vertex is drawn to every pixel of its rows and columns that the loss wants
    covered, and from every one of its face's that it wants uncovered, by 1 / distance.
    Only faces that turn their front pull.

    Args:
        vertices: in the camera's frame, mm.
        far: depth of what hides all behind it, mm.
        samples: looks along each side of a pixel; 2 as in the released code.
        cull: leave out faces that turn their back, see `rasterize`.

    Source: [kato2018] Sec. 3.2, Eq. (2)-(4), as its code has it.
    """
    drawn, uvz = _fine(camera, vertices, faces, height, width, far, samples, cull)
    mask = scanlines.with_pull(uvz[:, :2], faces, drawn.face)
    return _means(mask, samples)


def mask(
    camera: cameras.Camera,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    edges: EdgeFaces,
    *,
    pixels: int,
    renderer: str = RENDERERS[0],
    samples: int = 2,
) -> Float[Array, "{pixels} {pixels}"]:
    """Share of each pixel of a square picture that a closed mesh covers.

    Args:
        vertices: in the camera's frame, mm.
        edges: `topology.edge_faces` of the faces.
        pixels: edge of the picture.
        renderer: one of `RENDERERS`: whose gradient it has.
        samples: looks along each side of a pixel.
    """
    size: dict[str, Any] = {"height": pixels, "width": pixels, "far": BEYOND}
    size |= {"samples": samples, "cull": True}
    if renderer == "neural_renderer":
        return neural_renderer(camera, vertices, faces, **size)
    return antialiased(camera, vertices, faces, edges, **size).mask


def _fine(camera, vertices, faces, height, width, far, samples, cull):
    """The mesh in fine pixels, and uvz."""
    scale = jnp.full(2, float(samples))
    fine = cameras.crop(camera, jnp.zeros(2), scale)
    size = {"height": height * samples, "width": width * samples}
    drawn = rasterize(fine, vertices, faces, far=far, cull=cull, **size)
    uvz = jnp.column_stack([cameras.project(fine, vertices), vertices[:, 2]])
    return drawn, uvz


def _means(picture, samples):
    """Means over the fine pixels of each pixel."""
    height, width = picture.shape
    blocks = (height // samples, samples, width // samples, samples)
    return picture.reshape(blocks).mean(axis=(1, 3))
