"""Textures: what texture coordinates read, and what a surface writes there.

Texture coordinates (u, v) lie in [0, 1], v up; the rows of a texture go down, so row 0
is at v = 1. Texel centres lie at half steps: column i at u = (i + 1/2) / width.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from handjax.geometry import cameras, meshes
from handjax.geometry.precision import dot
from handjax.render import shading
from handjax.render.rasterize import Rendering, interpolate, rasterize

GUTTER = 4
"""Texels around charts that are filled: what resizing to a quarter still reads."""


def sample(
    texture: Float[Array, "height width channels"], uv: Float[Array, "*points 2"]
) -> Float[Array, "*points channels"]:
    """Bilinear values at texture coordinates; beyond the border its own go on.

    The gradient reaches texture and coordinates.
    """
    height, width, _ = texture.shape
    x, y = uv[..., 0] * width - 0.5, (1.0 - uv[..., 1]) * height - 0.5
    return _bilinear(texture, x, y)


def _corners(size, x, y):
    """Pixels around places, left, right, top and low, and the places' shares."""
    height, width = size
    x, y = jnp.clip(x, 0.0, width - 1.0), jnp.clip(y, 0.0, height - 1.0)
    left = jnp.clip(jnp.floor(x).astype(jnp.int32), 0, max(width - 2, 0))
    top = jnp.clip(jnp.floor(y).astype(jnp.int32), 0, max(height - 2, 0))
    right, low = jnp.minimum(left + 1, width - 1), jnp.minimum(top + 1, height - 1)
    return (left, right, top, low), x - left, y - top


def _bilinear(picture, x, y):
    """Values between the centres of pixels; beyond the border its own go on."""
    (left, right, top, low), s, t = _corners(picture.shape[:2], x, y)
    s, t = s[..., None], t[..., None]
    upper = (1.0 - s) * picture[top, left] + s * picture[top, right]
    lower = (1.0 - s) * picture[low, left] + s * picture[low, right]
    return (1.0 - t) * upper + t * lower


def coordinates(
    rendering: Rendering,
    uv: Float[Array, "corners 2"],
    uv_faces: Int[Array, "faces 3"],
) -> Float[Array, "height width 2"]:
    """Texture coordinates of what each pixel sees; 0 where it sees nothing."""
    return interpolate(rendering, uv_faces, uv)


def unwrap(
    uv: Float[Array, "corners 2"],
    uv_faces: Int[Array, "faces 3"],
    faces: Int[Array, "faces 3"],
    attributes: Float[Array, "vertices channels"],
    *,
    height: int,
    width: int,
) -> Float[Array, "height width channels"]:
    """What vertices carry, as a texture; 0 farther than `GUTTER` from all faces.

    Args:
        uv: texture coordinates.
        uv_faces: three of them for each face.
        faces: its vertices.
        attributes: of the vertices.
        height, width: of the texture, texels.
    """
    laid = _laid_out(uv, uv_faces, height, width)
    return dilated(interpolate(laid, faces, attributes), laid.face >= 0)


def from_picture(
    picture: Float[Array, "rows columns channels"],
    camera: cameras.Camera,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    uv: Float[Array, "corners 2"],
    uv_faces: Int[Array, "faces 3"],
    *,
    height: int,
    width: int,
    tolerance: float = 5.0,
) -> tuple[Float[Array, "height width channels"], Float[Array, "height width"]]:
    """The texture that a picture of a mesh shows, and how well it shows each texel.

    Where texels lie on the surface is projected into the picture, whose colours are
    read there; the gradient reaches picture, vertices and camera that way. A texel
    whose weight is 0 is not seen: average views by sum(w T) / sum(w), then `dilated`.

    Args:
        camera: of the picture.
        vertices: in the camera's frame, mm.
        faces: three of them each.
        uv: texture coordinates.
        uv_faces: three of them for each face.
        height, width: of the texture, texels.
        tolerance: how far the surface may be from what all four pixels around see, mm;
            more than it recedes from pixel to pixel, less than fingers are apart.

    Returns:
        texture: 0 where no face is laid out.
        weights: the cosine between normal and view; 0 where another part or no part of
            the mesh is seen.

    Source: [moon2020] Sec. 11, which unwraps T of Eq. (5) so; where its delta is 1, the
    weight is above 0.
    """
    laid = _laid_out(uv, uv_faces, height, width)
    normals = meshes.vertex_normals(vertices, faces)
    found = interpolate(laid, faces, jnp.concatenate([vertices, normals], axis=-1))
    points, n = found[..., :3], shading.unit(found[..., 3:])
    x, y = jnp.moveaxis(cameras.project(camera, points), -1, 0)
    there = _in_sight(picture.shape[:2], camera, vertices, faces, points, tolerance)
    cosine = dot(n, shading.to_camera(camera, points))[..., 0]
    weights = jnp.where(there & (laid.face >= 0), jnp.maximum(cosine, 0.0), 0.0)
    texture = jnp.where((laid.face >= 0)[..., None], _bilinear(picture, x, y), 0.0)
    return texture, jax.lax.stop_gradient(weights)


def dilated(
    texture: Float[Array, "height width channels"],
    covered: Bool[Array, "height width"],
    reach: int = GUTTER,
) -> Float[Array, "height width channels"]:
    """A texture whose empty texels take the mean of neighbours that are not, or were.

    Bilinear reads beside a seam ask texels that no face covers.

    Args:
        covered: texels that have values.
        reach: rings of texels that are filled, one after another; farther ones stay.
    """
    rows, columns = covered.shape

    def grow(_, state):
        texture, covered = state
        values = jnp.pad(texture * covered[..., None], ((1, 1), (1, 1), (0, 0)))
        counts = jnp.pad(covered.astype(texture.dtype), 1)
        near = [(i, j) for i in range(3) for j in range(3)]
        count = sum(counts[i : i + rows, j : j + columns] for i, j in near)
        mean = sum(values[i : i + rows, j : j + columns] for i, j in near)
        mean = mean / jnp.maximum(count, 1.0)[..., None]
        new = (count > 0) & ~covered
        return jnp.where(new[..., None], mean, texture), covered | new

    return jax.lax.fori_loop(0, reach, grow, (texture, covered))[0]


def _laid_out(uv, uv_faces, height, width):
    """The mesh drawn flat: which face each texel's centre is on."""
    size = jnp.array([width, height], uv.dtype)
    camera = cameras.Orthographic(
        size * jnp.array([1.0, -1.0]), size * jnp.array([0.0, 1.0]) - 0.5
    )
    flat = jnp.pad(uv, ((0, 0), (0, 1)))
    return rasterize(camera, flat, uv_faces, height=height, width=width, far=1.0)


def _in_sight(size, camera, vertices, faces, points, tolerance):
    """Whether all four pixels around points of the mesh see about their depth."""
    height, width = size
    drawn = rasterize(camera, vertices, faces, height=height, width=width, far=jnp.inf)
    depth = jax.lax.stop_gradient(drawn.depth)
    x, y = jnp.moveaxis(cameras.project(camera, points), -1, 0)
    there = (x >= 0.0) & (x <= width - 1.0) & (y >= 0.0) & (y <= height - 1.0)
    (left, right, top, low), _, _ = _corners(size, x, y)
    for row, column in ((top, left), (top, right), (low, left), (low, right)):
        there &= abs(depth[row, column] - points[..., 2]) < tolerance
    return there
