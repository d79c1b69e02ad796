"""Template: everything about a hand that does not move."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.hands import anatomy

ASSETS = Path(__file__).parent / "assets"
LEVELS = ("hand_12553", "hand_1721", "hand_1000", "hand_790")
GLTF = (".glb", ".gltf")
SUFFIXES = (".pkl", ".npz", *GLTF)
"""Of files that hold a hand."""


class Template(NamedTuple):
    """A rigged hand at rest: right hand, mm, axes of `hands.anatomy`.

    Attributes:
        vertices: surface at rest.
        faces: counter-clockwise seen from outside.
        weights: skinning weights, rows sum to one.
        joints: rest position of the 17 posed joints and the 5 tips.
        axes: flexion, abduction and twist axis of each posed joint, unit, rows.
        limits: range about each of these axes, radians.
        shape_vertices: displacement of the surface for one standard deviation.
        shape_joints: displacement of the joints likewise.
        sphere_joints: the posed joint that carries each of the 41 spheres.
        sphere_centres: their centres at rest.
        sphere_radii: their radii.
        shape_centres: displacement of the centres for one standard deviation.
        shape_radii: change of the radii likewise.
        uv: texture coordinates in [0, 1], v up.
        uv_faces: the three rows of `uv` at the corners of each face.
        correctives: displacement of the surface by each entry of R - I of the 15
            joints of `skeleton.MANO_POSED`, R row by row; coordinates come before
            vertices, as skinning wants them. None for a hand without.
        tips: vertices that are the finger tips; None where tips ride on end joints.
    """

    vertices: Float[Array, "vertices 3"]
    faces: Int[Array, "faces 3"]
    weights: Float[Array, "vertices 17"]
    joints: Float[Array, "22 3"]
    axes: Float[Array, "17 3 3"]
    limits: Float[Array, "17 3 2"]
    shape_vertices: Float[Array, "shape vertices 3"]
    shape_joints: Float[Array, "shape 22 3"]
    sphere_joints: Int[Array, "41"]
    sphere_centres: Float[Array, "41 3"]
    sphere_radii: Float[Array, "41"]
    shape_centres: Float[Array, "shape 41 3"]
    shape_radii: Float[Array, "shape 41"]
    uv: Float[Array, "corners 2"]
    uv_faces: Int[Array, "faces 3"]
    correctives: Float[Array, "135 3 vertices"] | None = None
    tips: Int[Array, "5"] | None = None


class LevelMap(NamedTuple):
    """Where each vertex of one level lies on another.

    Attributes:
        corners: the three vertices of the other level around it.
        weights: its barycentric coordinates among them.
    """

    corners: Int[Array, "vertices 3"]
    weights: Float[Array, "vertices 3"]


def load_template(name: str = "hand_1721") -> Template:
    """The built-in hand at one of its resolutions, or the hand in a file.

    Args:
        name: one of `LEVELS`; or the path of a MANO file, .pkl as released or .npz as
            `python -m handjax data mano` writes it; or of a rigged hand, .glb or .gltf.

    Raises:
        ValueError: there is no such hand, or its file can't be used.
    """
    if is_file(name):
        from handjax.hands import gltf, mano  # which make templates of their files

        made = gltf if Path(name).suffix.lower() in GLTF else mano
        return made.load(name).template
    level, spheres = _read(_known(name)), _read("spheres")
    arrays = {k: v for k, v in level.items() if not k.startswith("weight_")}
    arrays |= spheres
    arrays["weights"] = _dense(level["weight_joints"], level["weight_values"])
    arrays["axes"] = anatomy.joint_axes()
    arrays["limits"] = anatomy.joint_limits()
    return Template(**{k: _array(v) for k, v in arrays.items()})


def is_file(name: str) -> bool:
    """Whether a template's name is the path of a file, not a built-in level."""
    return name not in LEVELS and Path(name).suffix.lower() in SUFFIXES


def level_map(source: str, target: str) -> LevelMap:
    """Barycentric map that reads values of level `source` at vertices of `target`.

    `einsum("vk,vkc->vc", weights, values[corners])` carries values (source vertices,
    c) over. The target may be a hand in a file, over which ours is laid.
    """
    if is_file(target):
        from handjax.hands import borrowed  # which stands on templates

        at = borrowed.places(load_template(target), _known(source))
        corners = np.asarray(_read(source)["faces"], np.int32)[at.faces]
        return LevelMap(_array(corners), _array(at.weights))
    maps, faces = _read("maps"), _read(_known(source))["faces"]
    if _known(target) == source:
        count = len(_read(source)["vertices"])
        corners = np.repeat(np.arange(count)[:, None], 3, axis=1)
        return LevelMap(jnp.asarray(corners), jnp.eye(1, 3).repeat(count, 0))
    first = maps[f"{target}_on_{source}_weights"].astype(np.float32)
    weights = np.concatenate([first, 1.0 - first.sum(-1, keepdims=True)], -1)
    corners = faces[maps[f"{target}_on_{source}_face"]]
    return LevelMap(_array(corners), _array(weights))


def mirror(template: Template) -> Template:
    """The other hand: x changes sign.

    A rotation's axis is mirrored and its sense turned, so the same angles about the
    axes give the mirrored motion.
    """
    flip = jnp.array([-1.0, 1.0, 1.0])
    return template._replace(
        vertices=template.vertices * flip,
        faces=template.faces[:, ::-1],
        joints=template.joints * flip,
        axes=-template.axes * flip,
        shape_vertices=template.shape_vertices * flip,
        shape_joints=template.shape_joints * flip,
        sphere_centres=template.sphere_centres * flip,
        shape_centres=template.shape_centres * flip,
        uv_faces=template.uv_faces[:, ::-1],
        correctives=_mirrored(template.correctives, flip),
    )


def _mirrored(correctives: Array | None, flip: Array) -> Array | None:
    """Entry ab of R is that of the mirrored R but for the signs of a and b."""
    if correctives is None:
        return None
    signs = jnp.tile(jnp.outer(flip, flip).ravel(), len(correctives) // 9)
    return correctives * signs[:, None, None] * flip[:, None]


def _known(name: str) -> str:
    if name not in LEVELS:
        raise ValueError(
            f"no template is called {name!r}; choose one of {', '.join(LEVELS)}, or, "
            f"where a hand is loaded, a file that ends in {', '.join(SUFFIXES)}"
        )
    return name


@lru_cache
def _read(name: str) -> dict[str, np.ndarray]:
    with np.load(ASSETS / f"{name}.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def _dense(joints: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Rows of all 17 weights from the few that were stored."""
    weights = np.zeros((len(joints), len(anatomy.POSED)), np.float32)
    np.put_along_axis(weights, joints.astype(np.int64), values.astype(np.float32), -1)
    return weights / weights.sum(-1, keepdims=True)


def _array(values: np.ndarray) -> Array:
    kind = np.int32 if np.issubdtype(values.dtype, np.integer) else np.float32
    return jnp.asarray(values, kind)
