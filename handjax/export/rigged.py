"""Hands with skeleton and skin as glTF: at rest, posed, or moving.

    save_glb("hand.glb", template, pose)
    save_animation("motion.glb", template, poses, fps=30.0)

Metres, y up (`export.motion`): where a camera at the origin looks along -z, the hand
stands as in the house's camera. 22 joints in their tree, called as in `skeleton`; at
rest all frames are turned alike, so that a node's rotation is the pose's own.

Source: glTF 2.0 Specification, Sec. 3.7.3 (skins), 3.11 (animations).
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike, Float

from handjax.export.motion import (
    METRES,
    Motion,
    gltf_from_house,
    motion,
    offsets,
)
from handjax.files import write
from handjax.geometry import nearby, rotations
from handjax.hands.articulate import Pose, rest_pose, unposed
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS, POSED
from handjax.hands.template import Template

LEAST = 1e-6
"""Weights below this are left out, and the others made to sum to one."""

SKIN = (0.74, 0.47, 0.35, 1.0)
"""Linear reflectance of a hand without colours of its own."""

FLOAT, SHORT, INT = 5126, 5123, 5125
_TYPES = {FLOAT: "<f4", SHORT: "<u2", INT: "<u4"}
_KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_ATTRIBUTES, _INDICES = 34962, 34963


def save_glb(
    path: str | Path,
    template: Template,
    pose: Pose | None = None,
    *,
    left: bool = False,
    colours: Float[ArrayLike, "vertices 3"] | None = None,
) -> Path:
    """Write `glb`, whole or not at all.

    Raises:
        ValueError: the name does not end in .glb.
    """
    return write(_ending(path), glb(template, pose, left=left, colours=colours))


def save_animation(
    path: str | Path,
    template: Template,
    poses: Pose,
    *,
    fps: float | int,
    **options: Any,
) -> Path:
    """Write `animation`, whole or not at all; options are its own.

    Raises:
        ValueError: the name does not end in .glb, or as `animation` has it.
    """
    return write(_ending(path), animation(template, poses, fps=fps, **options))


def glb(
    template: Template,
    pose: Pose | None = None,
    *,
    left: bool = False,
    colours: Float[ArrayLike, "vertices 3"] | None = None,
) -> bytes:
    """A hand with its skeleton, in a pose, as the content of a .glb.

        x = sum_j w_j G_j B_j v

    are the vertices of `articulate`: of a template with correctives, those of this
    pose are in v, and stay there if the joints are turned elsewhere.

    Args:
        template: the hand at rest.
        pose: that the joints are in; None for rest.
        left: whether the hand is a left one, to be mirrored back.
        colours: of vertices, linear reflectance, 0 to 1.
    """
    pose = rest_pose(template) if pose is None else pose
    surface = np.asarray(jax.jit(unposed)(template, pose), np.float64)
    moved = motion(template, pose, left=left)
    content, file = _hand(template, surface, moved, left, colours)
    return file.packed(content)


def animation(
    template: Template,
    poses: Pose,
    *,
    fps: float | int,
    left: bool = False,
    shape: Float[ArrayLike, "shape"] | None = None,
    colours: Float[ArrayLike, "vertices 3"] | None = None,
) -> bytes:
    """A moving hand as the content of a .glb: a key frame a pose.

    Rotations of the 17 joints and translations of the wrist; between key frames glTF
    interpolates. Its skin has no correctives: of templates that have them, as MANO, the
    vertices differ by these from those of `articulate`, joints do not.

    Args:
        template: the hand at rest.
        poses: each of its fields with frames in front.
        fps: frames a second; the first is at 0 s.
        left: whether the hand is a left one, to be mirrored back.
        shape: of the hand in all frames; None where the poses agree on it.
        colours: of vertices, linear reflectance, 0 to 1.

    Raises:
        ValueError: poses differ in shape, there are none, or fps is none.
    """
    check_rate(fps)
    moved = motion(template, poses, left=left, shape=shape)
    still = rest_pose(template)._replace(shape=jnp.asarray(moved.shape, jnp.float32))
    surface = np.asarray(jax.jit(unposed)(template, still), np.float64)
    content, file = _hand(template, surface, moved, left, colours)
    times = file.add(np.arange(len(moved.places))[:, None] / fps, bounds=True)
    turns = _continuous(quaternions(moved.turns))
    outputs = [(0, "translation", moved.places)]
    outputs += [(j, "rotation", turns[:, j]) for j in range(len(POSED))]
    content["animations"] = [
        {
            "name": "hand",
            "samplers": [
                {"input": times, "output": file.add(values), "interpolation": "LINEAR"}
                for _, _, values in outputs
            ],
            "channels": [
                {"sampler": k, "target": {"node": node, "path": path}}
                for k, (node, path, _) in enumerate(outputs)
            ],
        }
    ]
    return file.packed(content)


def check_rate(fps: float | int) -> None:
    """Refuse what is no frame rate."""
    if not np.isfinite(fps) or fps <= 0.0:
        raise ValueError(f"fps wants frames a second, above 0; got {fps}")


def quaternions(turns: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 4"]:
    """Unit quaternions x, y, z, w, as glTF has them, of axis-angle vectors."""
    q = _quaternion(jnp.asarray(turns, jnp.float32))
    return np.roll(np.asarray(q), -1, axis=-1)


def _continuous(
    q: Float[np.ndarray, "frames *n 4"],
) -> Float[np.ndarray, "frames *n 4"]:
    """The same rotations, none farther than a quarter of 4 pi from the last."""
    dots = np.sum(q[1:] * q[:-1], axis=-1, keepdims=True)
    signs = np.cumprod(np.where(dots < 0.0, -1.0, 1.0), axis=0)
    return np.concatenate([q[:1], q[1:] * signs])


_quaternion = jax.jit(
    jnp.vectorize(rotations.quaternion_from_axis_angle, signature="(3)->(4)")
)


class _File:
    """Numbers that fill the one buffer of a .glb."""

    def __init__(self) -> None:
        self.raw = bytearray()
        self.views: list[dict[str, int]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(
        self,
        rows: np.ndarray,
        kind: int = FLOAT,
        *,
        target: int | None = None,
        bounds: bool = False,
    ) -> int:
        """Rows as an accessor of their own, and its index."""
        stored = np.ascontiguousarray(rows, _TYPES[kind])
        self.raw += b"\0" * (-len(self.raw) % 4)
        view = {"buffer": 0, "byteOffset": len(self.raw), "byteLength": stored.nbytes}
        self.views.append(view | ({"target": target} if target else {}))
        self.raw += stored.tobytes()
        made = {
            "bufferView": len(self.views) - 1,
            "componentType": kind,
            "count": len(stored),
            "type": _KINDS[stored.shape[1]],
        }
        if bounds:
            made["min"] = stored.min(axis=0).tolist()
            made["max"] = stored.max(axis=0).tolist()
        self.accessors.append(made)
        return len(self.accessors) - 1

    def packed(self, content: Mapping[str, Any]) -> bytes:
        """The container with all that was added."""
        raw = bytes(self.raw) + b"\0" * (-len(self.raw) % 4)
        whole = {
            **content,
            "accessors": self.accessors,
            "bufferViews": self.views,
            "buffers": [{"byteLength": len(raw)}],
        }
        text = json.dumps(whole, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        parts = (
            struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(raw)),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(raw), b"BIN\0"),
            raw,
        )
        return b"".join(parts)


def _hand(
    template: Template,
    surface: Float[np.ndarray, "vertices 3"],
    moved: Motion,
    left: bool,
    colours: Float[ArrayLike, "coloured 3"] | None,
) -> tuple[dict[str, Any], _File]:
    """Nodes, mesh and skin of a hand in the first frame."""
    file = _File()
    faces = np.asarray(template.faces)[:, :: -1 if left else 1]
    vertices = METRES * surface * gltf_from_house(left=left)
    attributes = {
        "POSITION": file.add(vertices, target=_ATTRIBUTES, bounds=True),
        "NORMAL": file.add(_normals(vertices, faces), target=_ATTRIBUTES),
        **_weights(file, np.asarray(template.weights, np.float64)),
    }
    if colours is not None:
        attributes["COLOR_0"] = file.add(
            _checked(colours, vertices), target=_ATTRIBUTES
        )
    kind = INT if len(vertices) > 65_535 else SHORT
    corners = file.add(faces.reshape(-1, 1), kind, target=_INDICES)
    name = "left hand" if left else "right hand"
    nodes = _nodes(moved)
    primitive = {"attributes": attributes, "indices": corners, "material": 0}
    binds = np.tile(np.eye(4), (len(JOINTS), 1, 1))
    binds[:, :3, 3] = -moved.rest
    columns = file.add(binds.swapaxes(1, 2).reshape(-1, 16))
    joints = list(range(len(JOINTS)))
    content = {
        "asset": {"version": "2.0", "generator": "handjax"},
        "scene": 0,
        "scenes": [{"nodes": [0, len(nodes)]}],
        "nodes": [*nodes, {"name": name, "mesh": 0, "skin": 0}],
        "meshes": [{"name": name, "primitives": [primitive]}],
        "skins": [
            {
                "name": name,
                "joints": joints,
                "skeleton": 0,
                "inverseBindMatrices": columns,
            }
        ],
        "materials": [_material(colours is not None)],
    }
    return content, file


def _nodes(moved: Motion) -> list[dict[str, Any]]:
    """Joints in their tree, in the first frame."""
    steps = offsets(moved.rest)
    steps[0] = moved.places[0]
    turns = quaternions(moved.turns[0])
    nodes = []
    for joint, name in enumerate(JOINTS):
        node = {"name": name, "translation": steps[joint].tolist()}
        if joint < len(POSED):
            node["rotation"] = turns[joint].tolist()
            node["children"] = [k for k, p in enumerate(JOINT_PARENTS) if p == joint]
        nodes.append(node)
    return nodes


def _weights(file: _File, weights: Float[np.ndarray, "vertices 17"]) -> dict[str, int]:
    """The largest four weights a vertex first, then as many sets as there must be."""
    kept = np.where(weights > LEAST, weights, 0.0)
    kept /= kept.sum(axis=1, keepdims=True)
    most = int(np.count_nonzero(kept, axis=1).max())
    order = np.argsort(-kept, axis=1, kind="stable")
    attributes = {}
    for k in range(-(-most // 4)):
        which = order[:, 4 * k : 4 * k + 4]
        much = np.take_along_axis(kept, which, axis=1)
        which = np.where(much > 0.0, which, 0)
        attributes[f"JOINTS_{k}"] = file.add(which, SHORT, target=_ATTRIBUTES)
        attributes[f"WEIGHTS_{k}"] = file.add(much, target=_ATTRIBUTES)
    return attributes


def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Outward and unit; up where a vertex has no face, as glTF wants some."""
    normals = nearby.vertex_normals(vertices, faces)
    none = ~normals.any(axis=1, keepdims=True)
    return np.where(none, [0.0, 1.0, 0.0], normals)


def _checked(colours: Float[ArrayLike, "coloured 3"], vertices: np.ndarray):
    found = np.asarray(colours, np.float64)
    if found.shape != vertices.shape:
        raise ValueError(f"colours want {vertices.shape} numbers; got {found.shape}")
    return np.clip(found, 0.0, 1.0)


def _material(coloured: bool) -> dict[str, Any]:
    colour = [1.0, 1.0, 1.0, 1.0] if coloured else list(SKIN)
    surface = {"baseColorFactor": colour, "metallicFactor": 0.0, "roughnessFactor": 0.6}
    return {"name": "skin", "pbrMetallicRoughness": surface}


def _ending(path: str | Path) -> Path:
    if Path(path).suffix.lower() != ".glb":
        raise ValueError(f"a hand with its skeleton wants a name in .glb; got {path}")
    return Path(path)
