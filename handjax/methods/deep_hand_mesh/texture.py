"""A texture that stays where it is on the skin.

Notation, shared by every function here and by the tests:
    T: texture that one view shows, unwrapped by the mesh, (rows, columns, 3).
    T*: the texture it should show.
    delta: texels seen in both.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from handjax.batch import Views
from handjax.geometry import transforms
from handjax.hands.template import Template
from handjax.methods.deep_hand_mesh.supervision import absolute
from handjax.methods.views import crop_from_world, mean_of_views
from handjax.render import textures

PATCH = 8
"""Edge of a patch, texels. Source: [moon2020] Sec. 11."""
BLUR = 3
"""Edge of the square that the average blur means over, texels; the paper has none."""
FLAT = 1 / 255
"""A step of eight bits, of colours in [0, 1]. Patches that vary no more than this are
not blown up to a deviation of 1, and flat ones have a slope."""


def unwrap(
    vertices: Float[Array, "batch vertices 3"],
    views: Views,
    template: Template,
    *,
    texels: int = 256,
) -> tuple[
    Float[Array, "batch view texels texels 3"], Float[Array, "batch view texels texels"]
]:
    """T of every view, and how well it sees each texel; one view after the other.

    Where a weight is 0 the texel is not seen, which is where delta is 0.

    Args:
        vertices: in the world, mm.
        views: with pictures.
        template: whose faces and texture coordinates these are.
        texels: edge of the texture.

    Source: [moon2020] Sec. 11.

    Raises:
        ValueError: the views have no pictures.
    """
    if views.image is None:
        raise ValueError("the term `texture` needs target views with pictures")
    t = template
    mesh = {"faces": t.faces, "uv": t.uv, "uv_faces": t.uv_faces}
    read = partial(textures.from_picture, **mesh, height=texels, width=texels)

    @jax.checkpoint
    def one(view):
        image, camera, rig = view
        inside = jax.vmap(transforms.apply)(rig, vertices)
        return jax.vmap(lambda i, c, v: read(i, c, v))(image, camera, inside)

    here = views.valid[..., None]
    camera = jax.tree.map(lambda x: jnp.where(here, x, 1.0), views.camera)
    image = jnp.where(here[..., None, None], views.image, 0.0)
    order = jax.tree.map(
        lambda x: jnp.moveaxis(x, 1, 0), (image, camera, crop_from_world(views))
    )
    T, weights = jax.lax.map(one, order)
    weights = jnp.where(here[..., None], jnp.moveaxis(weights, 0, 1), 0.0)
    return jnp.moveaxis(T, 0, 1), weights


def texture_error(
    found: Float[Array, "batch view rows columns c"],
    seen: Bool[Array, "batch view rows columns"],
    true: Float[Array, "rows columns c"],
    known: Bool[Array, "rows columns"],
    valid: Bool[Array, "batch view"],
) -> Float[Array, ""]:
    """How much patches differ when brightness and contrast are taken out of them.

        L_tex = delta |NCC(T) - NCC(T*)|_1

    The mean over texels of delta and over views, where a sum is printed; over views
    one by one, since each has its own light.

    Args:
        found: T of every view.
        seen: its texels.
        true: T*.
        known: its texels.
        valid: which views exist.

    Source: [moon2020] Eq. (5).
    """

    def one(T, seen):
        both = seen & known
        away = absolute(ncc(T, both) - ncc(true, both))
        each = jnp.where(both[..., None], away, 0.0)
        return jnp.sum(each) / jnp.maximum(jnp.sum(both) * T.shape[-1], 1)

    return mean_of_views(jax.vmap(jax.vmap(one))(found, seen)[..., None], valid)


def ncc(
    T: Float[Array, "rows columns c"], seen: Bool[Array, "rows columns"]
) -> Float[Array, "rows columns c"]:
    """Colours after an average blur, less the mean of their patch, over its deviation.

    Patches lie side by side. Texels that are not seen have no say in any of the three,
    and are 0.

    Raises:
        ValueError: a side of the texture is no multiple of `PATCH`.

    Source: [moon2020] Sec. 11.
    """
    rows, columns, c = T.shape
    if rows % PATCH or columns % PATCH:
        raise ValueError(
            f"a texture wants sides that are multiples of {PATCH}; it has {T.shape[:2]}"
        )
    shape = rows // PATCH, PATCH, columns // PATCH, PATCH, c
    w = seen.astype(T.dtype)[..., None]
    values, w = blurred(T, seen).reshape(shape), jnp.broadcast_to(w, T.shape)
    w = w.reshape(shape)
    count = jnp.maximum(jnp.sum(w, axis=(1, 3), keepdims=True), 1.0)
    centred = w * (values - jnp.sum(w * values, axis=(1, 3), keepdims=True) / count)
    variance = jnp.sum(jnp.square(centred), axis=(1, 3), keepdims=True) / count
    return (centred / jnp.sqrt(variance + FLAT**2)).reshape(T.shape)


def blurred(
    T: Float[Array, "rows columns c"], seen: Bool[Array, "rows columns"]
) -> Float[Array, "rows columns c"]:
    """Mean over the seen texels of a square around each that is seen; 0 elsewhere."""
    side = range(BLUR)

    def summed(x):
        x = jnp.pad(x, ((BLUR // 2, BLUR // 2), (BLUR // 2, BLUR // 2), (0, 0)))
        rows, columns = seen.shape
        return sum(
            (x[i : i + rows, j : j + columns] for i in side for j in side),
            start=jnp.zeros(()),
        )

    w = seen.astype(T.dtype)[..., None]
    return w * summed(w * T) / jnp.maximum(summed(w), 1.0)


def merge(
    found: Float[Array, "view rows columns c"],
    weights: Float[Array, "view rows columns"],
) -> tuple[Float[Array, "rows columns c"], Bool[Array, "rows columns"]]:
    """T* from views of a neutral hand: their mean by weight, and where there is one.

    The paper blends views by Poisson reconstruction.

    Source: [moon2020] Sec. 11.
    """
    total = jnp.sum(weights, axis=0)
    mean = jnp.sum(weights[..., None] * found, axis=0)
    return mean / jnp.where(total > 0.0, total, 1.0)[..., None], total > 0.0


def shrink(
    T: Float[Array, "rows columns c"], known: Bool[Array, "rows columns"], factor: int
) -> tuple[
    Float[Array, "small_rows small_columns c"], Bool[Array, "small_rows small_columns"]
]:
    """T* at a coarser resolution: means over the known texels of squares.

    Source: [moon2020] Sec. 11, from 1024 to 256.
    """
    rows, columns, c = T.shape
    shape = rows // factor, factor, columns // factor, factor, c
    w = jnp.broadcast_to(known[..., None], T.shape).astype(T.dtype).reshape(shape)
    count = jnp.sum(w, axis=(1, 3))
    mean = jnp.sum(w * T.reshape(shape), axis=(1, 3)) / jnp.maximum(count, 1.0)
    return mean, count[..., 0] > 0.0


def target(
    vertices: Float[Array, "1 vertices 3"],
    views: Views,
    template: Template,
    *,
    texels: int = 256,
    finer: int = 4,
) -> tuple[Float[Array, "texels texels 3"], Bool[Array, "texels texels"]]:
    """T* of a hand in a neutral pose, from all views of one moment; see `merge`.

    Args:
        vertices: in the world, mm.
        views: with pictures.
        template: whose faces and texture coordinates these are.
        texels: edge of the texture.
        finer: how many times as many the pictures are unwrapped to first.

    Source: [moon2020] Sec. 11, 1024 and 256 texels.
    """
    T, weights = unwrap(vertices, views, template, texels=finer * texels)
    return shrink(*merge(T[0], weights[0]), finer)
