"""Rigged hands as glTF files, in every way that the format has of saying one thing.

A rig is our own hand, 790 vertices, somewhere in the world, its joints turned at random
and called by one of `SCHEMES`; `write` makes a file of it. `posed` says where it goes
by the rules of glTF, in plain NumPy.
"""

import base64
import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from handjax.hands.skeleton import FINGERS, JOINT_PARENTS, JOINTS, POSED
from handjax.hands.template import load_template

OURS = {name: name for name in JOINTS}
SEGMENTS = {"mcp": 0, "pip": 1, "dip": 2, "cmc": 0, "ip": 2}


def _scheme(wrist, joint, *, tip=None, thumb=None, palm=None, carpal=None):
    """Names by ours; those of the palm, which is none of ours, by finger_palm."""
    names = {"wrist": wrist} | ({"thumb_carpal": carpal} if carpal else {})
    for finger in FINGERS:
        steps = ("cmc", "mcp", "ip") if finger == "thumb" else ("mcp", "pip", "dip")
        say = thumb if finger == "thumb" and thumb else joint
        names |= {f"{finger}_{s}": say(finger, k) for k, s in enumerate(steps)}
        if tip:
            names[f"{finger}_tip"] = tip(finger)
        if palm and finger != "thumb":
            names[f"{finger}_palm"] = palm(finger)
    return names


def pinky(finger):
    return "pinky" if finger == "little" else finger


def dashed(finger):
    return "thumb" if finger == "thumb" else f"{pinky(finger)}-finger"


WORDS = ("proximal", "intermediate", "distal")
THUMB = ("metacarpal", "proximal", "distal")
SCHEMES = {
    "ours": OURS,
    "webxr": _scheme(
        "wrist",
        lambda f, k: f"{dashed(f)}-phalanx-{WORDS[k]}",
        thumb=lambda f, k: f"thumb-{'phalanx-' if k else ''}{THUMB[k]}",
        tip=lambda f: f"{dashed(f)}-tip",
        palm=lambda f: f"{dashed(f)}-metacarpal",
    ),
    "mixamo": _scheme(
        "mixamorig:RightHand",
        lambda f, k: f"mixamorig:RightHand{pinky(f).title()}{k + 1}",
        tip=lambda f: f"mixamorig:RightHand{pinky(f).title()}4",
    ),
    "rigify": _scheme(
        "DEF-hand.R",
        lambda f, k: f"DEF-f_{pinky(f)}.{k + 1:02d}.R",
        thumb=lambda f, k: f"DEF-thumb.{k + 1:02d}.R",
        palm=lambda f: f"DEF-palm.{FINGERS.index(f):02d}.R",
    ),
    "unity": _scheme("RightHand", lambda f, k: f"Right{f.title()}{WORDS[k].title()}"),
    "vrm": _scheme(
        "rightHand",
        lambda f, k: f"right{f.title()}{WORDS[k].title()}",
        thumb=lambda f, k: f"rightThumb{THUMB[k].title()}",
    ),
    "unreal": _scheme(
        "hand_r",
        lambda f, k: f"{pinky(f)}_{k + 1:02d}_r",
        palm=lambda f: f"{pinky(f)}_metacarpal_r",
    ),
    "mano": _scheme("wrist", lambda f, k: f"{pinky(f)}{k + 1}"),
    "quest": _scheme(
        "b_r_wrist",
        lambda f, k: f"b_r_{pinky(f)}{k + 1}",
        tip=lambda f: f"b_r_{pinky(f)}_null",
        palm=lambda f: f"b_r_{pinky(f)}0" if f == "little" else f"b_r_{f}_palm",
        carpal="b_r_thumb0",
    ),
}


class Rig(NamedTuple):
    """A rigged hand, metres, the axes of a world.

    Attributes:
        names: of its joints.
        ours: what each is of ours, or the finger it is of in the palm.
        parents: the joint above each, -1 for the wrist.
        bound: world_from_joint of each.
        vertices: of the surface.
        faces: of it.
        weights: of each joint on each vertex.
        world: world_from_house, (3, 4), metres from mm.
    """

    names: list[str]
    ours: list[str]
    parents: list[int]
    bound: np.ndarray
    vertices: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    world: np.ndarray


def rig(scheme: str = "ours", *, left: bool = False, seed: int = 0) -> Rig:
    """Our hand by the names of a scheme, its joints in any order."""
    rng, hand = np.random.default_rng(seed), load_template("hand_790")
    called = SCHEMES[scheme]
    if left:
        called = {k: _other_side(name) for k, name in called.items()}
    ours = [list(called)[k] for k in rng.permutation(len(called))]
    at = dict(zip(JOINTS, np.asarray(hand.joints, np.float64), strict=True))
    at |= {f"{f}_palm": 0.3 * at[f"{f}_mcp"] for f in FINGERS[1:]}
    world = np.zeros((3, 4))
    flip = np.diag([-1.0 if left else 1.0, 1.0, 1.0])
    world[:, :3] = 1e-3 * Rotation.random(random_state=seed).as_matrix() @ flip
    world[:, 3] = rng.normal(0.0, 0.3, 3)
    bound = np.tile(np.eye(4), (len(ours), 1, 1))
    bound[:, :3, :3] = Rotation.random(len(ours), random_state=seed).as_matrix()
    bound[:, :3, 3] = [moved(world, at[name]) for name in ours]
    return Rig(
        names=[called[name] for name in ours],
        ours=ours,
        parents=[_above(name, ours) for name in ours],
        bound=bound,
        vertices=moved(world, np.asarray(hand.vertices, np.float64)),
        faces=np.asarray(hand.faces)[:, :: -1 if left else 1],
        weights=_weights(np.asarray(hand.weights, np.float64), ours),
        world=world,
    )


def _other_side(name):
    for right, left in (
        ("Right", "Left"),
        ("right", "left"),
        ("_r", "_l"),
        (".R", ".L"),
    ):
        name = name.replace(right, left)
    return name.replace("_ling", "_ring").replace("-ling", "-ring")


def moved(world, points):
    return points @ world[:, :3].T + world[:, 3]


def _above(name, ours):
    """The parent in the true tree, among joints that a scheme has."""
    while name != "wrist":
        finger, step = name.split("_")
        if step == "palm":
            name = "wrist"
        elif step == "mcp" and f"{finger}_palm" in ours:
            name = f"{finger}_palm"
        else:
            name = JOINTS[JOINT_PARENTS[JOINTS.index(name)]]
        if name in ours:
            return ours.index(name)
    return -1


def _weights(dense, ours):
    """Our weights; joints of the palm have the wrist's share of every other vertex."""
    weights = np.zeros((len(dense), len(ours)))
    for joint, name in enumerate(POSED):
        weights[:, ours.index(name if name in ours else "wrist")] += dense[:, joint]
    palm = [k for k, name in enumerate(ours) if name.endswith("_palm")]
    wrist = ours.index("wrist")
    for vertex in range(0, len(dense), 2) if palm else ():
        to = palm[vertex // 2 % len(palm)]
        weights[vertex, [to, wrist]] = weights[vertex, wrist], 0.0
    return weights


def carrier(name: str) -> int:
    """The posed joint of ours that a joint of a rig rides on."""
    if name.endswith("_palm"):
        return 0
    joint = JOINTS.index(name)
    return joint if joint < len(POSED) else JOINT_PARENTS[joint]


def turns_of(rig: Rig, rotations: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """posed_from_rest of our 17 joints in a rig's world, (17, 4, 4), metres."""
    M = rig.world[:, :3] * 1e3
    at = {name: rig.bound[k, :3, 3] for k, name in enumerate(rig.ours)}
    at.setdefault("thumb_carpal", (at["wrist"] + at["thumb_cmc"]) / 2.0)
    return turns(at, M, rotations, translation)


def turns(at, M, rotations, translation) -> np.ndarray:
    """posed_from_rest of our 17 joints in a world.

    Args:
        at: where each of our posed joints rests there, by name, metres.
        M: world_from_house, orthonormal.
        rotations: axis-angle, our axes.
        translation: mm, our axes.
    """
    T = np.tile(np.eye(4), (len(POSED), 1, 1))
    for j, name in enumerate(POSED):
        R = M @ Rotation.from_rotvec(rotations[j]).as_matrix() @ M.T
        T[j, :3, :3], T[j, :3, 3] = R, at[name] - R @ at[name]
        if j == 0:
            T[j, :3, 3] += M @ translation * 1e-3
        else:
            T[j] = T[JOINT_PARENTS[j]] @ T[j]
    return T


def skinned(weights, world_from_joint, inverse_binds, vertices) -> np.ndarray:
    """x = sum_j w_j G_j B_j v."""
    homogeneous = np.concatenate([vertices, np.ones((len(vertices), 1))], axis=1)
    each = np.einsum("jab,jbc,vc->jva", world_from_joint, inverse_binds, homogeneous)
    return np.einsum("vj,jva->va", weights, each)[:, :3]


class Buffer:
    """Accessors that fill one buffer."""

    def __init__(self):
        self.raw, self.views, self.accessors = bytearray(), [], []

    def view(self, raw: bytes, **fields) -> int:
        self.raw += b"\0" * (-len(self.raw) % 4)
        start = len(self.raw)
        self.raw += raw
        made = {"buffer": 0, "byteOffset": start, "byteLength": len(raw)}
        self.views.append(made | fields)
        return len(self.views) - 1

    def add(self, array, kind, dtype="<f4", *, normalized=False, stride=None) -> int:
        """One accessor; with a stride, its rows stand apart, junk between them."""
        array = np.asarray(array)
        if normalized:
            array = np.round(array * np.iinfo(dtype).max)
        rows = np.ascontiguousarray(array.reshape(len(array), -1).astype(dtype))
        fields: dict[str, Any] = {}
        raw = rows.view(np.uint8).reshape(len(rows), -1)
        if stride:
            junk = np.full((len(rows), stride - raw.shape[1]), 171, np.uint8)
            raw, fields = np.concatenate([raw, junk], axis=1), {"byteStride": stride}
        made = {
            "bufferView": self.view(raw.tobytes(), **fields),
            "componentType": COMPONENTS[dtype],
            "count": len(rows),
            "type": kind,
        }
        self.accessors.append(made | ({"normalized": True} if normalized else {}))
        return len(self.accessors) - 1

    def sparse(self, array, kind) -> int:
        """The same numbers over a wrong base: every third row is replaced."""
        rows = np.arange(0, len(array), 3)
        base = np.array(array)
        base[rows] = 7.0
        index = self.add(base, kind)
        self.accessors[index]["sparse"] = {
            "count": len(rows),
            "indices": {
                "bufferView": self.view(rows.astype("<u2").tobytes()),
                "componentType": 5123,
            },
            "values": {
                "bufferView": self.view(np.asarray(array)[rows].astype("<f4").tobytes())
            },
        }
        return index


COMPONENTS = {"<i1": 5120, "<u1": 5121, "<i2": 5122, "<u2": 5123, "<u4": 5125}
COMPONENTS |= {"<f4": 5126}


def write(
    path: Path,
    rig: Rig,
    *,
    flat: bool = False,
    matrix: bool = False,
    scale: float = 1.0,
    weights: str = "<f4",
    joints: str = "<u1",
    indices: str | None = "<u2",
    positions: str = "float",
    parts: int = 1,
    seams: bool = False,
    eight: bool = False,
    stride: bool = False,
    store: str = "glb",
    labels: str = "hand",
    change: Any = None,
) -> Path:
    """A file of a rig.

    Args:
        flat: whether joints hang on the armature, all of them.
        matrix: whether nodes are placed by matrices.
        scale: of the armature: below it all is in other units.
        weights: how they are stored; whole numbers are normalised.
        joints: how their numbers are.
        indices: how corners are; None for vertices in the order of faces.
        positions: "float", "sparse", or "short" for normalised numbers, whose range the
            inverse bind matrices know.
        parts: primitives that the surface is cut into.
        seams: whether each face has vertices of its own.
        eight: whether weights come in two sets, the second largest in the second.
        stride: whether rows stand apart.
        store: "glb", "data" or "beside".
        labels: of armature, skin and mesh.
        change: changes the JSON before it is written.
    """
    buffer = Buffer()
    root = np.diag([scale, scale, scale, 1.0])
    own = np.linalg.inv(root) @ rig.bound
    own[:, :3, :3] *= scale  # joints themselves are not scaled in their armature
    unpack, vertices = np.eye(4), rig.vertices / scale
    if positions == "short":
        reach = np.abs(vertices).max()
        unpack, vertices = np.diag([reach, reach, reach, 1.0]), vertices / reach
    binds = np.linalg.inv(own) @ unpack
    meshes = [
        _primitive(buffer, rig, vertices, faces, weights, joints, indices, positions,
                   seams, eight, stride)
        for faces in np.array_split(rig.faces, parts)
    ]  # fmt: skip
    inverse = buffer.add(binds.swapaxes(1, 2).reshape(-1, 16), "MAT4")
    nodes = _nodes(rig, own, flat, matrix)
    count, top = len(nodes), [k for k, p in enumerate(rig.parents) if flat or p < 0]
    nodes.append({"mesh": 0, "skin": 0, "name": labels, "translation": [9, 9, 9]})
    nodes.append({"name": labels, "children": [*top, count], "scale": [scale] * 3})
    content = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [count + 1]}],
        "nodes": nodes,
        "meshes": [{"primitives": meshes, "name": labels}],
        "skins": [{"joints": [*range(count)], "inverseBindMatrices": inverse}],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.raw)}],
    }
    if change:
        change(content)
    store_as(path, content, bytes(buffer.raw), store)
    return path


def store_as(path, content, raw, store):
    if store == "glb":
        text = json.dumps(content).encode()
        text += b" " * (-len(text) % 4)
        raw += b"\0" * (-len(raw) % 4)
        size = 12 + 8 + len(text) + 8 + len(raw)
        head = struct.pack("<4sII", b"glTF", 2, size)
        chunks = [
            struct.pack("<I4s", len(text), b"JSON"), text,
            struct.pack("<I4s", len(raw), b"BIN\0"), raw,
        ]  # fmt: skip
        path.write_bytes(head + b"".join(chunks))
        return
    if store == "data":
        uri = base64.b64encode(raw).decode()
        content["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{uri}"
    else:
        (path.parent / "a hand.bin").write_bytes(raw)
        content["buffers"][0]["uri"] = "a%20hand.bin"
    path.write_text(json.dumps(content))


def _nodes(rig, own, flat, matrix):
    nodes = []
    for k, name in enumerate(rig.names):
        above = np.eye(4) if flat or rig.parents[k] < 0 else own[rig.parents[k]]
        local = np.linalg.inv(above) @ own[k]
        node: dict[str, Any] = {"name": name}
        below = [c for c, p in enumerate(rig.parents) if p == k]
        if below and not flat:
            node["children"] = below
        if matrix:
            node["matrix"] = local.T.ravel().tolist()
        else:
            turn = Rotation.from_matrix(local[:3, :3])
            node["rotation"] = turn.as_quat().tolist()
            node["translation"] = local[:3, 3].tolist()
        nodes.append(node)
    return nodes


def _primitive(
    buffer, rig, vertices, faces, weights, joints, indices, positions, seams, eight,
    stride,
):  # fmt: skip
    used = np.unique(faces) if not seams else faces.ravel()
    corners = np.searchsorted(used, faces) if not seams else np.arange(faces.size)
    order = corners.reshape(-1)
    if indices is None and not seams:
        used, order = used[order], np.arange(faces.size)
    ranked = np.argsort(-rig.weights[used], axis=1)[:, :8]
    sets = [ranked[:, 0::2], ranked[:, 1::2]] if eight else [ranked[:, :4]]
    apart = {"stride": 20} if stride else {}
    small = {"normalized": True} if weights != "<f4" else {}
    if positions == "sparse":
        position = buffer.sparse(vertices[used], "VEC3")
    elif positions == "short":
        position = buffer.add(vertices[used], "VEC3", "<i2", normalized=True, stride=8)
    else:
        position = buffer.add(vertices[used], "VEC3", **apart)
    attributes = {"POSITION": position}
    for k, which in enumerate(sets):
        much = np.take_along_axis(rig.weights[used], which, axis=1)
        attributes[f"JOINTS_{k}"] = buffer.add(which, "VEC4", joints, **apart)
        attributes[f"WEIGHTS_{k}"] = buffer.add(much, "VEC4", weights, **small, **apart)
    made: dict[str, Any] = {"attributes": attributes}
    if indices:
        made["indices"] = buffer.add(order, "SCALAR", indices)
    return made
