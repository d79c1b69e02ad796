"""Pictures of triangle meshes: what each pixel sees, with gradient.

Which face a pixel sees is found without gradient, in `visibility`. Where on that face
it looks is then computed from three vertices a pixel, with gradient: memory goes with
pixels, not with faces.

Notation, shared by every function here and by the tests:
    u, v, z: where the corners of the face that a pixel sees appear, from the pixel on,
        pixels, and their depths, mm; lists of three [height, width].
    w: weights of these corners, of sum 1, likewise.
    q: depth in a measure that is linear in the picture and larger for what is
        farther: z with an orthographic camera, -1/z with a pinhole.
"""

from functools import partial, reduce
from operator import add, mul, truediv
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from handjax.geometry import cameras
from handjax.render import visibility
from handjax.render.designs import DESIGNS, FASTEST


class Rendering(NamedTuple):
    """What every pixel sees.

    Attributes:
        depth: z of the nearest surface, `far` where there is none, mm.
        face: index of the nearest face, -1 where there is none.
        barycentrics: weights of that face's corners, 0 where there is none.
    """

    depth: Float[Array, "*batch height width"]
    face: Int[Array, "*batch height width"]
    barycentrics: Float[Array, "*batch height width 3"]


@partial(jax.jit, static_argnames=("height", "width", "cull", "design"))
def rasterize(
    camera: cameras.Camera,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    *,
    height: int,
    width: int,
    far: Float[ArrayLike, ""],
    cull: bool = False,
    design: str | None = None,
) -> Rendering:
    """Depth, face and barycentric weights at every pixel's centre.

    The gradient reaches vertices and camera through the weights; that another face
    may come into sight has none. Of faces equally near, the first is seen. Degenerate
    faces are left out, and with a pinhole camera those that come nearer than
    `cameras.NEAREST`. A mesh without faces shows the background.

    Args:
        camera: whose axes are those of the vertices.
        vertices: in the camera's frame, mm.
        faces: three vertices each, counter-clockwise on the screen where the face
            turns its front.
        height, width: of the picture, pixels.
        far: depth of the background, which hides what lies behind it, mm.
        cull: leave out faces that turn their back. A closed surface never shows
            those: the same picture for less work.
        design: how visible faces are sought, one of `designs.DESIGNS`, which all find
            the same; by default the fastest known for the backend.
    """
    pinhole = isinstance(camera, cameras.Pinhole)
    frame = visibility.Frame(height, width, visibility.q_of_near(pinhole), cull)
    uvz = jnp.column_stack([cameras.project(camera, vertices), vertices[:, 2]])
    if not len(faces):
        return _background(frame, jnp.asarray(far, uvz.dtype))
    nearest = _nearest(_design(design), frame, uvz, faces, far)
    seen = nearest.face < visibility.NO_FACE
    face = jnp.where(seen, nearest.face, -1)
    w, z = _look(uvz, faces, face, pinhole)
    depth = -1.0 / nearest.q if pinhole else nearest.q
    depth = _with_slope_of(depth, sum(map(mul, w, z)))
    return Rendering(jnp.where(seen, depth, far), face, jnp.stack(w, axis=-1))


def interpolate(
    rendering: Rendering,
    faces: Int[Array, "faces 3"],
    attributes: Float[Array, "vertices channels"],
) -> Float[Array, "height width channels"]:
    """What vertices carry, at every pixel; 0 where no face is seen."""
    if not len(faces):
        return jnp.zeros((*rendering.face.shape, attributes.shape[1]), attributes.dtype)
    corners = faces[jnp.maximum(rendering.face, 0)]
    # Written out: as a product of matrices it would be one of every pixel's own.
    w = rendering.barycentrics
    parts = [w[..., i, None] * attributes[corners[..., i]] for i in range(3)]
    return reduce(add, parts)


def _design(name):
    """The design of a name, or the backend's fastest."""
    name = name or FASTEST.get(jax.default_backend(), "fragments")
    if name not in DESIGNS:
        known = ", ".join(DESIGNS)
        raise ValueError(f"There is no design {name!r}: choose one of {known}.")
    return DESIGNS[name]


def _background(frame, far):
    """The picture of a mesh without faces."""
    size = frame.height, frame.width
    w = jnp.zeros((*size, 3), far.dtype)
    return Rendering(jnp.broadcast_to(far, size), jnp.full(size, -1, jnp.int32), w)


def _nearest(design, frame, uvz, faces, far):
    """What `visibility.nearest_faces` finds, from depth in place of q."""
    pinhole = frame.near > -float("inf")
    uvz, far = jax.lax.stop_gradient((uvz, jnp.asarray(far, uvz.dtype)))
    q = visibility.q_of_depth(uvz[:, 2], pinhole)
    far = visibility.q_of_depth(far, pinhole)
    return visibility.nearest_faces(design, frame, uvz.at[:, 2].set(q), faces, far)


def _look(uvz, faces, face, pinhole):
    """Weights w and depths z of the three corners that each pixel sees."""
    seen = face >= 0
    row, column = jnp.mgrid[: face.shape[0], : face.shape[1]]
    # Pixels that see nothing turn to faces all over the mesh: were it one face, their
    # zeros would wait for one another when gradients are added up.
    anywhere = (row * face.shape[1] + column) % len(faces)
    corners = faces.T[:, jnp.where(seen, face, anywhere)]
    u, v, z = ([x.at[corner].get(mode="clip") for corner in corners] for x in uvz.T)
    # They are given a triangle on which no division fails.
    pick = partial(jnp.where, seen)
    u = list(map(pick, [x - column for x in u], (0.0, 1.0, 0.0)))
    v = list(map(pick, [x - row for x in v], (0.0, 0.0, 1.0)))
    z = list(map(pick, z, (1.0, 1.0, 1.0)))
    w = _weights(u, v)
    if pinhole:
        w = list(map(truediv, w, z))
        w = [x / sum(w) for x in w]
    return [jnp.where(seen, x, 0.0) for x in w], z


@jax.custom_jvp
def _weights(u, v):
    """Weights with which corners (u, v) average to the origin."""
    return visibility.weights_at_origin(u, v)[0]


@_weights.defjvp
def _weights_jvp(corners, moves):
    """The point that w averages moves by (right, down), the mean move of the corners;
    the pixel stays, so w changes as if the pixel had moved as far the other way."""
    (u, v), (du, dv) = corners, moves
    w = _weights(u, v)
    right, down = sum(map(mul, w, du)), sum(map(mul, w, dv))
    area = (u[1] - u[0]) * (v[2] - v[0]) - (u[2] - u[0]) * (v[1] - v[0])
    area = jnp.where(abs(area) > visibility.SMALLEST_AREA, area, jnp.inf)
    ring = ((1, 2), (2, 0), (0, 1))
    slopes = [(right * (v[j] - v[i]) + down * (u[i] - u[j])) / area for i, j in ring]
    return w, slopes


@jax.custom_jvp
def _with_slope_of(value, model):
    """`value`, with the derivative of `model`, which is else not computed at all."""
    del model
    return value


_with_slope_of.defjvps(None, lambda slope, result, value, model: slope)
