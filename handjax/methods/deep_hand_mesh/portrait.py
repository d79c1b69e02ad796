"""A camera's picture of a hand that wears its recovered texture.

[moon2020] Sec. 16 shows such pictures beside those captured, and does not say how they
are lit. Here they are not: the texture is of pictures and has the capture's light in
it, so that to light it would be to light it twice. Colours are those of the pictures
that it was unwrapped from.

Notation, shared by every function here and by the tests:
    T: the texture, (rows, columns, 3), as `texture.merge` gives it.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from handjax.geometry import cameras
from handjax.hands.template import Template
from handjax.render import coverage, shading, textures
from handjax.render.rasterize import rasterize


class Portrait(NamedTuple):
    """A picture, and how much of it is the hand.

    Attributes:
        picture: colours.
        share: of each pixel, that the hand covers.
        recovered: pixels of the hand whose colour a view showed; others are filled.
    """

    picture: Float[Array, "height width 3"]
    share: Float[Array, "height width"]
    recovered: Bool[Array, "height width"]


def portrait(
    camera: cameras.Camera,
    vertices: Float[Array, "vertices 3"],
    template: Template,
    T: Float[Array, "rows columns 3"],
    known: Bool[Array, "rows columns"],
    background: Float[Array, "height width 3"],
    *,
    samples: int = 2,
) -> Portrait:
    """The hand before a background, from any camera.

    Args:
        camera: of the picture.
        vertices: posed, in the camera's frame, mm.
        template: whose faces and texture coordinates these are.
        T: in the colours that the picture is to have.
        known: its texels that a view showed.
        background: as large as the picture; `jnp.ones` for white.
        samples: looks along each side of a pixel, for soft outlines.

    Source: [moon2020] Sec. 16.
    """
    height, width, _ = background.shape
    fine = cameras.crop(camera, jnp.zeros(2), jnp.full(2, float(samples)))
    size = {"height": samples * height, "width": samples * width}
    drawn = rasterize(fine, vertices, template.faces, far=jnp.inf, **size)
    seen, share = coverage.merged(drawn, samples)
    where = textures.coordinates(seen, template.uv, template.uv_faces)
    colours = textures.sample(filled(T, known), where)
    shown = textures.sample(known.astype(T.dtype)[..., None], where)[..., 0]
    picture = shading.over(colours * share[..., None], share, background)
    return Portrait(picture, share, (share > 0.0) & (shown > 0.5))


def filled(
    T: Float[Array, "rows columns 3"], known: Bool[Array, "rows columns"]
) -> Float[Array, "rows columns 3"]:
    """T without holes: beside known texels their colours, beyond the mean of all."""
    w = known.astype(T.dtype)[..., None]
    mean = jnp.sum(w * T, axis=(0, 1)) / jnp.maximum(jnp.sum(w), 1.0)
    grown = textures.dilated(jnp.concatenate([w * T, w], axis=-1), known)
    return jnp.where(grown[..., 3:] > 0.0, grown[..., :3], mean)
