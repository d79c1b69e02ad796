"""Pictures of hands in colour: a posed hand, how it looks, and a camera's picture.

    Hand, Appearance, camera -> rasterize -> marks -> albedo -> light -> background
        -> photograph -> sRGB

The hand is drawn with an arm behind it, bare or in a sleeve: a stump at the wrist
would give every picture away.
"""

from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from handjax.data import arms
from handjax.data.studio.forearm import Arm, make_forearm
from handjax.geometry import cameras, meshes
from handjax.geometry.settled import settled
from handjax.hands.appearance import Marks, Skin, albedo, load_marks, sample_skin
from handjax.hands.articulate import Hand
from handjax.hands.template import Template
from handjax.render import backgrounds, coverage, photograph, shading, textures
from handjax.render.lights import Lights, sample_lights
from handjax.render.rasterize import Rendering, interpolate, rasterize

FAR = 1e4
"""Beyond every hand, mm."""

BLANK = (0.5, 0.99)
"""Texture coordinates where nothing is marked: the arm's."""


class Appearance(NamedTuple):
    """All that a picture of a posed hand depends on besides hand and camera.

    Attributes:
        skin: its colours.
        lights: in the camera's frame.
        cuff: where a sleeve begins, mm from the wrist; `BARE` if there is none.
        cloth: its colour, linear.
        bend: axis-angle turn of the arm about the wrist, in the hand's axes.
        background: linear picture behind it.
        photograph: the key of all that the camera does.
    """

    skin: Skin
    lights: Lights
    cuff: Float[Array, ""]
    cloth: Float[Array, "3"]
    bend: Float[Array, "3"]
    background: Float[Array, "height width 3"]
    photograph: PRNGKeyArray


class Dressed(NamedTuple):
    """A hand with its arm, as one mesh in the camera's frame.

    Attributes:
        vertices: mm.
        places: the same at rest, mm.
        faces: of both.
        uv: texture coordinates of both.
        uv_faces: rows of uv at the corners of each face.
    """

    vertices: Float[Array, "vertices 3"]
    places: Float[Array, "vertices 3"]
    faces: Int[Array, "faces 3"]
    uv: Float[Array, "corners 2"]
    uv_faces: Int[Array, "faces 3"]


def sample_appearance(
    key: PRNGKeyArray,
    middle: Float[Array, "3"],
    *,
    height: int,
    width: int,
    bank: backgrounds.Bank | None = None,
) -> Appearance:
    """A random look: skin, light, sleeve, background.

    Args:
        key: random key.
        middle: of the hand in the camera's frame, mm.
        bank: backgrounds; drawn ones unless given.
    """
    skin, light, wear, cloth, bend, behind, photo = jax.random.split(key, 7)
    size = {"height": height, "width": width}
    background = (
        backgrounds.procedural(behind, **size)
        if bank is None
        else backgrounds.from_bank(behind, bank, **size)
    )
    few = (
        sample_skin(skin),
        sample_lights(light, middle),
        arms.sample_cuff(wear),
        backgrounds.sample_palette(cloth, 1)[0],
        arms.sample_bend(bend),
    )
    return Appearance(*settled(few), background, photo)


def dress(template: Template, hand: Hand, appearance: Appearance) -> Dressed:
    """The hand and its arm.

    Args:
        hand: posed in the camera's frame; its transforms carry the arm.
    """
    at_rest, faces = _arm()
    arm = arms.sleeved(at_rest, appearance.cuff)
    posed = arms.pose(hand, arm, appearance.bend)
    corners, count = len(template.uv), len(template.vertices)
    return Dressed(
        jnp.concatenate([arms.tuck(template, hand), posed]),
        jnp.concatenate([template.vertices, at_rest]),
        jnp.concatenate([template.faces, faces + count]),
        jnp.concatenate([template.uv, jnp.array([BLANK])]),
        jnp.concatenate([template.uv_faces, jnp.full_like(faces, corners)]),
    )


@lru_cache
def _arm():
    """Vertices at rest and faces of a bare arm."""
    with jax.ensure_compile_time_eval():
        vertices, faces, _ = make_forearm(Arm(sleeve=False), arms.WRIST)
        return jnp.asarray(vertices, jnp.float32), jnp.asarray(faces, jnp.int32)


def picture(
    template: Template,
    hand: Hand,
    appearance: Appearance,
    camera: cameras.Camera,
    *,
    marks: Marks | None = None,
    samples: int = 2,
) -> Float[Array, "height width 3"]:
    """An sRGB picture of a hand, as large as its background.

    Args:
        template: the hand at rest.
        hand: posed, in the camera's frame, mm.
        appearance: how it looks.
        camera: of the picture.
        marks: textures of what is drawn on skin; those of `load_marks` unless given.
        samples: looks along each side of a pixel.
    """
    linear = exposure(template, hand, appearance, camera, marks=marks, samples=samples)
    return photograph.snapshot(appearance.photograph, linear)


def exposure(
    template: Template,
    hand: Hand,
    appearance: Appearance,
    camera: cameras.Camera,
    *,
    marks: Marks | None = None,
    samples: int = 2,
) -> Float[Array, "height width 3"]:
    """The light that makes a picture, linear, before the camera has its way."""
    mesh = dress(template, hand, appearance)
    size = appearance.background.shape[:2]
    pixels, share = coverage.merged(draw(mesh, camera, size, samples), samples)
    colour = colours(pixels, mesh, appearance, load_marks() if marks is None else marks)
    lights = appearance.lights
    normals = meshes.vertex_normals(mesh.vertices, mesh.faces)
    kept = shading.shade_of_spheres(
        lights, mesh.vertices, normals, hand.centres, hand.radii
    )
    lit = shading.shade(
        camera, pixels, mesh.vertices, mesh.faces, colour, lights, shading=kept
    )
    return shading.over(lit * share[..., None], share, appearance.background)


def draw(
    mesh: Dressed, camera: cameras.Camera, size: tuple[int, ...], samples: int = 1
) -> Rendering:
    """What each look of each pixel sees, `samples` along each side.

    Args:
        size: height and width of the picture, pixels.
    """
    fine = cameras.crop(camera, jnp.zeros(2), jnp.full(2, float(samples)))
    height, width = (samples * side for side in size)
    return rasterize(
        fine,
        mesh.vertices,
        mesh.faces,
        height=height,
        width=width,
        far=FAR,
        cull=True,
    )


def colours(
    drawn: Rendering, mesh: Dressed, appearance: Appearance, marks: Marks
) -> Float[Array, "height width 3"]:
    """Albedo of what each pixel sees: skin, or a sleeve beyond the cuff."""
    uv = textures.coordinates(drawn, mesh.uv, mesh.uv_faces)
    read = textures.sample(jnp.stack(marks, axis=-1), uv)
    places = interpolate(drawn, mesh.faces, mesh.places)
    skin = albedo(Marks(*jnp.moveaxis(read, -1, 0)), appearance.skin, places)
    cloth = jax.nn.sigmoid((places[..., 1:2] - appearance.cuff) / 0.6)
    return skin + cloth * (appearance.cloth - skin)
