"""Colour of a surface under light, and a picture of it before a background.

    L = albedo (openness E(n) / pi + sum over lamps of lit wrap(n . l) colour)
        + gloss (s + 8) / 8 sum over lamps of lit (n . h)^s max(0, n . l) colour

Notation, shared by every function here and by the tests:
    n, l, v, h: unit normal, to the lamp, to the camera, and halfway between these two.
    s: shininess.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from handjax.geometry import cameras, meshes
from handjax.geometry.precision import dot
from handjax.geometry.settled import settled
from handjax.render import occlusion
from handjax.render.lights import Lights, environment_radiance, towards
from handjax.render.rasterize import Rendering, interpolate


class Surface(NamedTuple):
    """How a surface sends light back.

    Attributes:
        gloss: share of what falls in that is mirrored, seen head on.
        shininess: Blinn and Phong's exponent.
        wrap: how far round the terminator light goes beneath the surface, a channel
            each; 0 is Lambert's law.
    """

    gloss: Float[ArrayLike, ""] = 0.028
    shininess: Float[ArrayLike, ""] = 18.0
    wrap: Float[ArrayLike, "3"] | tuple[float, float, float] = (0.0, 0.0, 0.0)


SKIN = Surface(wrap=(0.24, 0.10, 0.06))
"""Red goes farthest beneath skin; by eye."""


class Shade(NamedTuple):
    """What light reaches points, 1 in the open.

    Attributes:
        openness: share of the environment's.
        lit: share of each lamp's.
    """

    openness: Float[Array, "*points"]
    lit: Float[Array, "*points lamps"]


def in_the_open(lights: Lights, vertices: Float[Array, "vertices 3"]) -> Shade:
    """No shade at all."""
    count = len(vertices)
    return Shade(jnp.ones(count), jnp.ones((count, len(lights.lamps))))


def shade_of_spheres(
    lights: Lights,
    vertices: Float[Array, "vertices 3"],
    normals: Float[Array, "vertices 3"],
    centres: Float[Array, "spheres 3"],
    radii: Float[Array, "spheres"],
) -> Shade:
    """Shade that spheres within the surface cast on it."""
    centres, radii = settled((centres, radii))
    ways, _ = towards(lights, vertices)
    casts = jax.vmap(lambda way: occlusion.lit(vertices, way, centres, radii))
    return Shade(occlusion.openness(vertices, normals, centres, radii), casts(ways).T)


def shade(
    camera: cameras.Camera,
    rendering: Rendering,
    vertices: Float[Array, "vertices 3"],
    faces: Int[Array, "faces 3"],
    albedo: Float[Array, "height width 3"],
    lights: Lights,
    *,
    shading: Shade | None = None,
    surface: Surface = SKIN,
) -> Float[Array, "height width 3"]:
    """Linear colour of what each pixel sees; 0 where it sees nothing.

    Args:
        rendering: of these vertices by this camera.
        vertices: in the camera's frame, mm.
        albedo: linear reflectance of what each pixel sees.
        shading: light that is kept from vertices; none unless given.
    """
    shading = in_the_open(lights, vertices) if shading is None else shading
    carried = [vertices, meshes.vertex_normals(vertices, faces)]
    carried += [shading.openness[:, None], shading.lit]
    found = interpolate(rendering, faces, jnp.concatenate(carried, axis=-1))
    points, n = found[..., :3], unit(found[..., 3:6])
    back = sent_back(
        points,
        n,
        to_camera(camera, points),
        albedo,
        lights,
        shading=Shade(found[..., 6], found[..., 7:]),
        surface=surface,
    )
    return jnp.where((rendering.face >= 0)[..., None], back, 0.0)


def sent_back(
    points: Float[Array, "*points 3"],
    n: Float[Array, "*points 3"],
    to_camera: Float[Array, "*points 3"],
    albedo: Float[Array, "*points 3"],
    lights: Lights,
    *,
    shading: Shade,
    surface: Surface = SKIN,
) -> Float[Array, "*points 3"]:
    """Linear colour of points of a surface: pixels, or vertices if these lie densely.

    Args:
        points: in the camera's frame, mm.
        n: unit normals.
        to_camera: unit directions.
        albedo: linear reflectance.
        lights: in the camera's frame.
        shading: light that is kept from the points.
        surface: how it sends light back.
    """
    ways, bright = towards(lights, points)
    environment = environment_radiance(lights.environment, n)
    diffuse = shading.openness[..., None] * environment
    mirrored = jnp.zeros_like(n)
    for k in range(len(lights.lamps)):
        radiance = bright[k] * shading.lit[..., k, None]
        diffuse = diffuse + radiance * wrapped(n, ways[k], surface)
        mirrored = mirrored + radiance * blinn_phong(n, ways[k], to_camera, surface)
    return albedo * diffuse + mirrored


def wrapped(
    n: Float[Array, "*#points 3"], to_lamp: Float[Array, "*#points 3"], surface: Surface
) -> Float[Array, "*#points 3"]:
    """What a diffuse surface gets of a lamp, a channel each; 1 face on.

    max(0, n . l + w) / (1 + w)
    """
    w = jnp.asarray(surface.wrap)
    return jnp.maximum((dot(n, to_lamp) + w) / (1.0 + w), 0.0)


def blinn_phong(
    n: Float[Array, "*#points 3"],
    to_lamp: Float[Array, "*#points 3"],
    to_camera: Float[Array, "*#points 3"],
    surface: Surface,
) -> Float[Array, "*#points 1"]:
    """What a surface mirrors of a lamp, over what a white one would scatter face on.

    gloss (s + 8) / 8 (n . h)^s max(0, n . l), s the shininess

    Source: Blinn 1977, scaled to keep energy as in Akenine-Moller et al., Real-Time
    Rendering, 3rd ed., Sec. 7.6.
    """
    h = unit(to_lamp + to_camera)
    cosine = jnp.maximum(dot(n, to_lamp), 0.0)
    # A base of 0 would make the slope of the power infinite for exponents below 1.
    peak = jnp.maximum(dot(n, h), 1e-3)
    gloss, s = jnp.asarray(surface.gloss), jnp.asarray(surface.shininess)
    return gloss * (s + 8.0) / 8.0 * peak**s * cosine


def over(
    picture: Float[Array, "height width 3"],
    seen: Float[Array, "height width"],
    background: Float[Array, "height width 3"],
) -> Float[Array, "height width 3"]:
    """A picture before a background; `seen` is the share of each pixel it covers.

    The picture's colours are those of what is seen times that share.
    """
    return picture + (1.0 - seen[..., None]) * background


def to_camera(
    camera: cameras.Camera, points: Float[Array, "*points 3"]
) -> Float[Array, "*points 3"]:
    """Unit directions from points to the camera."""
    if isinstance(camera, cameras.Pinhole):
        return -unit(points)
    return jnp.broadcast_to(jnp.array([0.0, 0.0, -1.0], points.dtype), points.shape)


def unit(vectors: Float[Array, "*points 3"]) -> Float[Array, "*points 3"]:
    """Vectors of length 1; near zero they shrink to zero, with finite slope."""
    squared = dot(vectors, vectors)
    return vectors * jax.lax.rsqrt(jnp.maximum(squared, 1e-12))
