"""Any rigged hand of a glTF file, .glb or .gltf, as a Template.

    hand = load("left.glb")
    posed = articulate(hand.template, pose)
    file_points(hand, posed.vertices)  # the file's units, axes and side

Joints are told by their names (`gltf_names`), whatever their order and whether or not
they hang on one another; other joints ride on those. The hand is at rest as it was
bound to its skeleton. Left hands are mirrored on the way in and mirrored back on the
way out. Shapes, axes, limits, spheres and texture are borrowed of the built-in hand
(`borrowed`). Nothing in a file is ever run.

Notation, shared by every function here and by the tests:
    M: house_from_file, orthonormal, (3, 3); det M is -1 for left hands.
    o: the wrist at rest in the file's world, mm.
    A: world_from_mesh, the wrist's G B (`gltf_skins`): units and axes of the scene.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, DTypeLike, Float, Int

from handjax.geometry.precision import matmul
from handjax.hands import borrowed, gltf_files, gltf_skins
from handjax.hands.articulate import Hand
from handjax.hands.gltf_files import GltfError
from handjax.hands.gltf_names import Known, Names, NamesError, known, side_of
from handjax.hands.gltf_skins import Skin
from handjax.hands.skeleton import JOINTS, KEYPOINT_JOINTS, POSED, TIPS, chain
from handjax.hands.template import Template, load_template

__all__ = ["Gltf", "GltfError", "file_joints", "file_points", "load"]

SIDES = ("right", "left")
_OTHER = {"right": "left", "left": "right"}

MM = 1000.0
"""In a metre."""

LENGTHS = (60.0, 400.0)
"""From the wrist to the middle finger's tip: what is taken for a hand, mm."""

DECISIVE = 1.25
"""How many times farther our hand must be from a rig than its mirror image is."""

WELDED = 4
"""Decimals of a mm, and of a weight, that vertices share which are one."""


class Gltf(NamedTuple):
    """A hand of a glTF file in the terms of the house.

    Attributes:
        template: the hand at rest, a right one.
        side: "right" or "left": what it is in the file.
        house_from_file: M.
        wrist: o.
        millimetres: in a unit of the file.
        names: of the joints of its skin.
        joints: where these rest, mm, our axes.
        carriers: the posed joint that each of them rides on; -1 for what carries no
            skin and hangs on nothing of the hand.
        welded: the template's vertex for each of the file's; -1 where no face has it.
    """

    template: Template
    side: str
    house_from_file: Float[Array, "3 3"]
    wrist: Float[Array, "3"]
    millimetres: float
    names: tuple[str, ...]
    joints: Float[Array, "joints 3"]
    carriers: Int[Array, "joints"]
    welded: Int[Array, "file_vertices"]


def load(
    path: str | Path,
    *,
    side: str | None = None,
    names: Names | None = None,
    metres: float = 1.0,
    dtype: DTypeLike = np.float32,
) -> Gltf:
    """A rigged hand of a glTF file.

    Args:
        path: of the file, .glb or .gltf.
        side: "right" or "left"; None for what names and joints say.
        names: joints that are not told by what they are called: names of ours
            (`skeleton.JOINTS`) and what the file calls them, such as
            {"index_mcp": "Bone.003"}. Of several names the first is the joint, and the
            others ride on it.
        metres: in a unit of the file; glTF says one, some files say otherwise.
        dtype: of all numbers that are not whole.

    Raises:
        GltfError: the file can't be read, or there is no hand in it.
    """
    if side not in (None, *SIDES):
        raise ValueError(f"side wants one of {', '.join(SIDES)}; got {side!r}")
    file = gltf_files.read(path)
    skin, told = _chosen(file.path, gltf_skins.skins(file), names, side)
    return _converted(file.path, skin, told, side, MM * metres, dtype)


def file_points(hand: Gltf, points: Float[Array, "*n 3"]) -> Float[Array, "*n 3"]:
    """Points of a posed hand, mm, in the file's units and axes, on its own side."""
    return (matmul(points, hand.house_from_file) + hand.wrist) / hand.millimetres


def file_joints(hand: Gltf, posed: Hand) -> Float[Array, "joints 3"]:
    """All joints of the file's skin on a posed hand, mm, our axes.

    A joint that hangs on nothing of the hand stays at rest.
    """
    G = posed.transforms[jnp.maximum(hand.carriers, 0)]
    moved = jnp.sum(G[:, :3, :3] * hand.joints[:, None], axis=-1) + G[:, :3, 3]
    return jnp.where(hand.carriers[:, None] >= 0, moved, hand.joints)


def _chosen(
    path: Path, skins: Sequence[Skin], names: Names | None, side: str | None
) -> tuple[Skin, Known]:
    """The skin that is a hand, and what its joints are."""
    found, why = [], []
    for skin in skins:
        try:
            found.append(
                (skin, known(skin.names, skin.parents, given=names, side=side))
            )
        except NamesError as wrong:
            why.append(wrong)
    if not found:
        raise GltfError(f"{path} has no hand that is known by its joints: {why[0]}")
    if len(found) > 1 and side is not None:
        found = [pair for pair in found if _named_side(*pair) in (None, side)]
    if len(found) != 1:
        raise GltfError(
            f"{path} has {len(skins)} rigged surfaces, and {len(found)} of them could "
            "be the hand: say which, side='right' or 'left', or keep one of them"
        )
    return found[0]


def _converted(
    path: Path, skin: Skin, told: Known, side: str | None, scale: float, dtype: Any
) -> Gltf:
    wrist = told.joints["wrist"]
    A = skin.world_from_joint[wrist] @ skin.inverse_binds[wrist]
    A[:3] *= scale
    vertices = skin.vertices @ A[:3, :3].T + A[:3, 3]
    all_joints = _bound(path, skin, A)
    weights = _folded(path, skin, told)
    joints = _joints(path, all_joints, told, vertices, weights)
    side = _side(path, joints, side, _named_side(skin, told))
    M, o = _house_from_file(joints, side), joints[0]
    vertices, all_joints, joints = (
        (x - o) @ M.T for x in (vertices, all_joints, joints)
    )
    welded, first, faces = _weld(path, vertices, weights, skin.faces)
    vertices, weights = vertices[first], weights[first]
    _check_weights(path, weights)
    faces = _outwards(vertices, faces)
    shape_vertices, shape_joints = borrowed.shapes(vertices, weights, joints)
    hand = borrowed.Rigged(vertices, faces, weights, joints, shape_vertices)
    taken = borrowed.borrow(hand)
    if "thumb_carpal" not in told.joints:
        # The rig has no such joint, so it is none that may move.
        taken["limits"][borrowed.CARPAL] = 0.0
    taken |= {**hand._asdict(), "shape_joints": shape_joints}
    made: dict[str, Any] = {name: _array(x, dtype) for name, x in taken.items()}
    return Gltf(
        template=Template(**made),
        side=side,
        house_from_file=_array(M, dtype),
        wrist=_array(o, dtype),
        millimetres=scale,
        names=skin.names,
        joints=_array(all_joints, dtype),
        carriers=_array(np.array(told.carriers), dtype),
        welded=_array(welded, dtype),
    )


def _bound(path: Path, skin: Skin, A: np.ndarray) -> np.ndarray:
    """Where joints were when the surface was bound to them, the file's world, mm."""
    for k, B in enumerate(skin.inverse_binds):
        if abs(np.linalg.det(B[:3, :3])) < 1e-12:
            raise GltfError(
                f"{path}: the inverse bind matrix of {skin.names[k]} has no inverse. "
                "Export the hand again, with its rest pose"
            )
    mesh_from_joint = np.linalg.inv(skin.inverse_binds)
    return mesh_from_joint[:, :3, 3] @ A[:3, :3].T + A[:3, 3]


def _folded(path: Path, skin: Skin, told: Known) -> np.ndarray:
    """Weights of our posed joints: what a joint carries goes to what it rides on."""
    weights = np.zeros((len(skin.vertices), len(POSED)))
    lost = []
    for k, carrier in enumerate(told.carriers):
        if carrier >= 0:
            weights[:, carrier] += skin.weights[:, k]
        elif skin.weights[:, k].any():
            lost.append(skin.names[k])
    if lost:
        ride = (skin.names[told.joints["wrist"]], lost[0])
        raise GltfError(
            f"{path}: skin hangs on joints that are none of this hand's: "
            f"{', '.join(lost)}. Cut the hand out of the body, or say what they ride "
            f"on: names={{'wrist': {ride}}}"
        )
    return weights


def _joints(
    path: Path,
    bound: np.ndarray,
    told: Known,
    vertices: np.ndarray,
    weights: np.ndarray,
) -> Float[np.ndarray, "22 3"]:
    """Our 22 joints; a tip that the rig lacks is the end of its finger's flesh."""
    joints = np.zeros((len(JOINTS), 3))
    for name, k in told.joints.items():
        joints[JOINTS.index(name)] = bound[k]
    if "thumb_carpal" not in told.joints:
        joints[borrowed.CARPAL] = borrowed.between(joints)
    for tip in TIPS:
        if tip not in told.joints:
            before, last = (JOINTS.index(n) for n in chain(tip.split("_")[0])[1:3])
            own = vertices[weights[:, last] > 0.5]
            if not len(own):
                raise GltfError(
                    f"{path} has no joint for {tip}, and no flesh on {JOINTS[last]} "
                    "that could have an end. Give the rig a joint there"
                )
            along = own @ (joints[last] - joints[before])
            joints[JOINTS.index(tip)] = own[along.argmax()]
    _check_joints(path, joints)
    return joints


def _check_joints(path: Path, joints: np.ndarray) -> None:
    length = np.linalg.norm(joints[JOINTS.index("middle_tip")] - joints[0])
    if not borrowed.has_bones(joints) and length < LENGTHS[1]:
        raise GltfError(
            f"{path}: joints of the hand coincide where its surface was bound to them. "
            "Export it again with inverse bind matrices"
        )
    if not LENGTHS[0] <= length <= LENGTHS[1]:
        raise GltfError(
            f"{path}: from the wrist to the tip of the middle finger it is "
            f"{length:.4g} mm, as glTF's unit is a metre. If its own is another, say "
            "how many metres that is, such as gltf.load(..., metres=0.01); "
            "handjax.export.rigged.save_glb writes such a hand in metres"
        )


def _named_side(skin: Skin, told: Known) -> str | None:
    """The side that names say: of the joints, else of the skin and its meshes."""
    ours = [skin.names[k] for k in told.joints.values()]
    return side_of(ours) or side_of(skin.labels)


def _side(path: Path, joints: np.ndarray, given: str | None, named: str | None) -> str:
    """The side that is said, that names say, and that joints look like."""
    if given is not None:
        return given
    off = {side: _distance(joints, side) for side in SIDES}
    seen = min(SIDES, key=lambda side: off[side])
    decisive = max(off.values()) > DECISIVE * min(off.values())
    if (decisive and named == _OTHER[seen]) or (named is None and not decisive):
        raise GltfError(
            f"{path}: by its names the hand is {named or 'of no side'}, by its joints "
            f"{seen} ({off['right']:.1f} mm off a right one, {off['left']:.1f} off a "
            "left one). Say which: gltf.load(..., side='left'), and "
            "handjax.export.rigged.save_glb writes a hand that says so by its names"
        )
    return named or seen


def _distance(joints: np.ndarray, side: str) -> float:
    """How far key points of our hand, or its mirror image, are from these, mm."""
    ours, theirs = _ours(side)[_POINTS], joints[_POINTS]
    R, k = borrowed.similarity(ours, theirs)
    off = k * (ours - ours.mean(0)) @ R.T - (theirs - theirs.mean(0))
    return float(np.sqrt(np.mean(np.sum(off**2, axis=-1))))


_POINTS = list(KEYPOINT_JOINTS)


def _ours(side: str) -> np.ndarray:
    joints = np.asarray(load_template(borrowed.LEVEL).joints, np.float64)
    return joints * ([-1.0, 1.0, 1.0] if side == "left" else [1.0, 1.0, 1.0])


def _house_from_file(joints: np.ndarray, side: str) -> Float[np.ndarray, "3 3"]:
    """M: the palm laid on ours, or on our mirror image and that mirrored."""
    palm = borrowed.PALM
    R, _ = borrowed.similarity(joints[palm], _ours(side)[palm])
    return np.diag([-1.0, 1.0, 1.0]) @ R if side == "left" else R


def _weld(
    path: Path, vertices: np.ndarray, weights: np.ndarray, faces: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make one of vertices that texture or normals have cut apart.

    Returns:
        The new vertex of each, -1 where no face has it; one old vertex of each new one,
        in the old order; faces of the new ones, those without area left out.
    """
    rows = np.concatenate([vertices, weights], axis=-1).round(WELDED) + 0.0
    _, first, new = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    one = first[new.reshape(-1)]
    faces = one[faces]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    used = np.unique(faces)
    if not len(used):
        raise GltfError(f"{path}: no triangle is in its skin; a surface is wanted")
    place = np.full(len(vertices), -1)
    place[used] = np.arange(len(used))
    return place[one], used, place[faces]


def _check_weights(path: Path, weights: np.ndarray) -> None:
    loose = np.count_nonzero(np.abs(weights.sum(axis=-1) - 1.0) > 1e-3)
    if loose:
        raise GltfError(
            f"{path}: {loose} of {len(weights)} vertices hang on no joint. Paint their "
            "weights, or leave them out, and export the hand again"
        )


def _outwards(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Faces counter-clockwise seen from outside, whichever way a mirror left them."""
    a, b, c = (vertices - vertices.mean(axis=0))[faces].swapaxes(0, 1)
    inside_out = np.sum(a * np.cross(b, c)) < 0.0
    return faces[:, ::-1] if inside_out else faces


def _array(values: np.ndarray, dtype: DTypeLike) -> Array:
    return jnp.asarray(values, np.int32 if values.dtype.kind in "iu" else dtype)
