"""Skins of a glTF file: joints, and the surfaces that hang on them, as arrays.

Notation, shared by every function here and by the tests:
    G: world_from_joint of each joint as the file opens, (joints, 4, 4).
    B: inverse bind matrices, joint_from_mesh at rest, (joints, 4, 4).

Where a vertex is drawn depends on these alone, not on the node of its mesh:
    x = sum_j w_j G_j B_j v
Source: glTF 2.0 Specification, Sec. 3.5.3 (transformations), 3.7.2.1 (primitives),
3.7.3 (skins).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handjax.hands.gltf_files import (
    LARGEST,
    File,
    GltfError,
    accessor,
    broken,
    item,
)

TRIANGLES, STRIP, FAN = 4, 5, 6


class Skin(NamedTuple):
    """A skin and all meshes on it, in the file's own order, units and axes.

    Attributes:
        names: of its joints.
        parents: the nearest joint above each; -1 where there is none.
        world_from_joint: G.
        inverse_binds: B.
        vertices: of all its meshes, in their own axes.
        faces: triangles.
        weights: of each joint on each vertex; rows sum to one, or are 0 where a vertex
            hangs on nothing.
        labels: what the skin, its meshes and their nodes are called.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    world_from_joint: Float[np.ndarray, "joints 4 4"]
    inverse_binds: Float[np.ndarray, "joints 4 4"]
    vertices: Float[np.ndarray, "vertices 3"]
    faces: Int[np.ndarray, "faces 3"]
    weights: Float[np.ndarray, "vertices joints"]
    labels: tuple[str, ...]


def skins(file: File) -> list[Skin]:
    """All skins of a file that have a surface.

    Raises:
        GltfError: there is none, or the file is broken.
    """
    with broken(file.path, "a node"):
        parents = _parents(file)
        world = _world_from_node(file, parents)
        worn, meshes = _worn(file), len(file.content.get("meshes", ()))
    if not worn:
        raise GltfError(
            f"{file.path} has no skin: {meshes} meshes, none on joints. A rigged hand "
            "is wanted: export it with its armature"
        )
    found = []
    for index, wearers in worn.items():
        with broken(file.path, f"skin {index}"):
            found.append(_skin(file, index, wearers, parents, world))
    return found


def _worn(file: File) -> dict[int, list[Mapping[str, Any]]]:
    """Nodes with a mesh on a skin, by the index of the skin."""
    worn = {}
    for node in file.content.get("nodes", ()):
        if "mesh" in node and "skin" in node:
            item(file, "skins", node["skin"])
            worn.setdefault(node["skin"], []).append(node)
    return worn


def _skin(file, index, wearers, parents, world) -> Skin:
    made, nodes = item(file, "skins", index), file.content["nodes"]
    joints: list[int] = made["joints"]
    for joint in joints:
        item(file, "nodes", joint)
    primitives, labels = [], [str(made.get("name", ""))]
    for node in wearers:
        mesh = item(file, "meshes", node["mesh"])
        labels += [str(node.get("name", "")), str(mesh.get("name", ""))]
        primitives += mesh["primitives"]
    _require_small(file, primitives, len(joints))
    parts = [_primitive(file, p, len(joints)) for p in primitives]
    vertices, faces, weights = zip(*parts, strict=True)
    first = np.cumsum([0, *map(len, vertices[:-1])])
    return Skin(
        names=tuple(str(nodes[j].get("name", f"node {j}")) for j in joints),
        parents=tuple(_nearest(j, parents, joints) for j in joints),
        world_from_joint=world[joints],
        inverse_binds=_inverse_binds(file, made, len(joints)),
        vertices=np.concatenate(vertices),
        faces=np.concatenate([f + k for f, k in zip(faces, first, strict=True)]),
        weights=np.concatenate(weights),
        labels=tuple(labels),
    )


def _require_small(file: File, primitives: list[Mapping[str, Any]], joints: int):
    """Refuse weights beyond `LARGEST`: numbers without a buffer take no room in a file.

    Raises:
        ValueError: they are.
    """
    positions = [p["attributes"]["POSITION"] for p in primitives]
    vertices = sum(max(item(file, "accessors", k)["count"], 0) for k in positions)
    if 8 * vertices * joints > LARGEST:
        raise ValueError(
            f"weights of {vertices} vertices on {joints} joints take more than "
            f"{LARGEST} bytes"
        )


def _inverse_binds(file: File, made: Mapping[str, Any], joints: int) -> np.ndarray:
    if "inverseBindMatrices" not in made:
        return np.tile(np.eye(4), (joints, 1, 1))
    columns = accessor(file, made["inverseBindMatrices"], "MAT4")
    if len(columns) < joints:
        raise ValueError(f"{joints} joints and {len(columns)} inverse bind matrices")
    return columns[:joints].reshape(-1, 4, 4).swapaxes(1, 2)


def _parents(file: File) -> list[int]:
    """The node above each node, -1 for none."""
    nodes = file.content.get("nodes", ())
    parents = [-1] * len(nodes)
    for index, node in enumerate(nodes):
        for child in node.get("children", ()):
            item(file, "nodes", child)
            if parents[child] >= 0:
                raise ValueError(f"node {child} hangs on two others")
            parents[child] = index
    return parents


def _world_from_node(file: File, parents: list[int]) -> np.ndarray:
    """G of every node: parents first, so that each is one product."""
    nodes = file.content.get("nodes", ())
    world = np.zeros((len(nodes), 4, 4))
    waiting = [index for index, parent in enumerate(parents) if parent < 0]
    reached = 0
    while waiting:
        index = waiting.pop()
        above = world[parents[index]] if parents[index] >= 0 else np.eye(4)
        world[index] = above @ _local(nodes[index], index)
        waiting += nodes[index].get("children", ())
        reached += 1
    if reached < len(nodes):
        raise ValueError("some nodes hang on themselves")
    return world


def _local(node: Mapping[str, Any], index: int) -> np.ndarray:
    """parent_from_node, of a matrix or of translation, rotation and scale."""
    local = np.eye(4)
    if "matrix" in node:
        local = np.array(node["matrix"], np.float64).reshape(4, 4).T
    else:
        q = np.array(node.get("rotation", (0.0, 0.0, 0.0, 1.0)), np.float64)
        scale = np.array(node.get("scale", (1.0, 1.0, 1.0)), np.float64).reshape(3)
        local[:3, :3] = _rotation(q) * scale
        local[:3, 3] = np.array(node.get("translation", (0.0, 0.0, 0.0)), np.float64)
    if not np.isfinite(local).all():
        raise ValueError(f"node {index} is not placed by finite numbers")
    return local


def _rotation(q: np.ndarray) -> np.ndarray:
    """Matrix of a quaternion x, y, z, w of any length but 0."""
    length = np.linalg.norm(q.reshape(4))
    if length == 0.0:
        raise ValueError("a quaternion of length 0 is no rotation")
    (x, y, z), w = q[:3] / length, q[3] / length
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + 2.0 * w * cross + 2.0 * cross @ cross


def _nearest(joint: int, parents: list[int], joints: list[int]) -> int:
    """Which of the skin's joints is the nearest above one."""
    above = parents[joint]
    while above >= 0 and above not in joints:
        above = parents[above]
    return joints.index(above) if above >= 0 else -1


def _primitive(file: File, made: Mapping[str, Any], joints: int):
    """Vertices, triangles and dense weights."""
    attributes = made["attributes"]
    vertices = accessor(file, attributes["POSITION"], "VEC3").astype(np.float64)
    if "indices" in made:
        order = accessor(file, made["indices"], "SCALAR")[:, 0]
    else:
        order = np.arange(len(vertices))
    if len(order) and not 0 <= order.min() <= order.max() < len(vertices):
        raise ValueError(f"a face points beyond its {len(vertices)} vertices")
    faces = _triangles(order.astype(np.int64), made.get("mode", TRIANGLES))
    return vertices, faces, _weights(file, attributes, len(vertices), joints)


def _triangles(order: np.ndarray, mode: int) -> np.ndarray:
    if mode == TRIANGLES:
        return order[: len(order) // 3 * 3].reshape(-1, 3)
    if mode == FAN:
        first = np.full(max(len(order) - 2, 0), order[0] if len(order) else 0)
        return np.stack([order[1:-1], order[2:], first], axis=-1)
    if mode == STRIP:
        steps = np.arange(max(len(order) - 2, 0))
        turn = steps % 2
        return order[np.stack([steps, steps + 1 + turn, steps + 2 - turn], axis=-1)]
    raise ValueError(f"its surface wants triangles; mode is {mode}")


def _weights(file: File, attributes: Mapping[str, Any], vertices: int, joints: int):
    """Dense weights of 4, 8 or more joints a vertex."""
    dense, sets = np.zeros((vertices, joints)), 0
    while f"JOINTS_{sets}" in attributes:
        which = accessor(file, attributes[f"JOINTS_{sets}"], "VEC4")
        much = accessor(file, attributes[f"WEIGHTS_{sets}"], "VEC4").astype(np.float64)
        if len(which) != vertices or len(much) != vertices:
            raise ValueError(f"{vertices} vertices, and weights of {len(much)}")
        # Where nothing hangs on a joint, some exporters leave any number.
        which = np.where(much != 0.0, which, 0).astype(np.int64)
        if much.min() < 0.0 or which.min() < 0 or which.max() >= joints:
            raise ValueError(f"weights below 0, or of joints beyond its {joints}")
        np.add.at(dense, (np.arange(vertices)[:, None], which), much)
        sets += 1
    if not sets:
        raise ValueError("a mesh on it has no JOINTS_0")
    total = dense.sum(axis=1, keepdims=True)
    return dense / np.where(total > 0.0, total, 1.0)
