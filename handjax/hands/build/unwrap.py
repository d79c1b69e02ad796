"""Texture coordinates: the palm's side and the back's side, each laid flat.

The seam runs along the sides of palm and fingers and over the wrist's stump. Each side
is laid out with its fingers spread and then unfolded as rigidly as possible.
Source: Liu et al., A local/global approach to mesh parameterization, 2008.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.spatial.transform import Rotation

from handjax.hands.build import chains, flips, meshing, surface
from handjax.hands.skeleton import FINGERS, POSED

# Pull towards the first layout beside the cotangents of about 1: keeps fingers apart.
ANCHOR = 0.001
# Where skin folds over between fingers: these go to the back by so many mm, where the
# layout has room.
FOLDS = (
    ((13, -108, -7), 2.5),
    ((-10, -106, -7), 2.5),
    ((-29, -94, -9), 2.5),
    ((38, -62, -13), 7.0),
)
# Where fingers turn to before they are unfolded, degrees in the plane of the palm.
SPREAD = {"thumb": 14.0, "index": 20.0, "middle": 5.0, "ring": -11.0, "little": -28.0}


def sides(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """0 for faces on the palm's side, 1 on the back's side; each in one piece."""
    u, v, _ = chains.coordinates(surface.palm_chain(), vertices).T
    parts = {"palm": (surface.palm_field(vertices), v - 0.0025 * (u - 4.0) ** 2)}
    for finger in FINGERS:
        chain = surface.finger_chain(finger)
        at = chains.coordinates(chain, vertices)
        middle = chains.section(chain, at[:, 2])[1]
        parts[finger] = (chains.distance(chain, at), at[:, 1] - middle)
    distance, height = (np.stack(x, -1) for x in zip(*parts.values(), strict=True))
    owner = np.exp(-(distance - distance.min(-1, keepdims=True)) / 3.0)
    side = np.sum(owner * height, -1) / owner.sum(-1)
    for fold, shift in FOLDS:
        away = np.linalg.norm(vertices - np.array(fold, float), axis=-1)
        side -= shift * np.exp(-0.5 * (away / 7.0) ** 2)
    mean = meshing.averaging(len(vertices), faces)
    for _ in range(10):
        side = mean @ side
    label = straighten(faces, (side[faces].mean(-1) < 0.0).astype(int))
    return one_piece(faces, label)


def one_piece(faces: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Give islands of either label to the other until each is connected."""
    pairs = flips.edge_pairs(faces)[:, 4:]
    for value in (0, 1):
        same = pairs[np.all(label[pairs] == value, -1)]
        shape = (len(faces), len(faces))
        graph = sparse.csr_matrix((np.ones(len(same)), same.T), shape)
        piece = sparse.csgraph.connected_components(graph, directed=False)[1]
        largest = np.argmax(np.bincount(piece[label == value]))
        label = np.where((label == value) & (piece != largest), 1 - value, label)
    return label


def straighten(faces: np.ndarray, label: np.ndarray, rounds: int = 10) -> np.ndarray:
    """Turn faces that most neighbours outvote: a seam without teeth."""
    pairs = flips.edge_pairs(faces)[:, 4:]
    for turn in range(rounds):
        differ = pairs[label[pairs[:, 0]] != label[pairs[:, 1]]]
        votes = np.bincount(differ.ravel(), minlength=len(faces))
        # Both sides of a tooth at once would only move it.
        turned = (votes >= 2) & (label == turn % 2)
        label = np.where(turned, 1 - label, label)
    return label


def spread_flat(vertices: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """The hand with its fingers spread and the thumb's pad turned to the palm."""
    out = vertices.copy()
    joints = surface.joints()
    for finger in FINGERS:
        own = skin[:, [n.startswith(finger) for n in POSED]].sum(-1, keepdims=True)
        root = joints[f"{finger}_cmc" if finger == "thumb" else f"{finger}_mcp"]
        turn = Rotation.from_euler("z", SPREAD[finger], degrees=True)
        if finger == "thumb":
            along = surface.finger_chain(finger).frame[2]
            turn = turn * Rotation.from_rotvec(48.0 * along, degrees=True)
        out += own * (turn.apply(vertices - root) + root - vertices)
    return out


def unfold(vertices, faces, start, rounds: int = 30) -> np.ndarray:
    """Flatten a disc as rigidly as possible, from a first layout (vertices, 2)."""
    corners = local_frames(vertices[faces])
    weight = cotangents(vertices[faces])
    solve = _laplacian(faces, weight, len(vertices))
    flat = anchor = start - start.mean(0)
    for _ in range(rounds):
        turn = _turns(corners, flat[faces], weight)
        target = ANCHOR * anchor
        for k in range(3):
            i, j = (k + 1) % 3, (k + 2) % 3
            edge = corners[:, i] - corners[:, j]
            pull = weight[:, k, None] * np.einsum("fij,fj->fi", turn, edge)
            np.add.at(target, faces[:, i], pull)
            np.add.at(target, faces[:, j], -pull)
        flat = solve(target)
    return flat


def _laplacian(faces, weight, count: int):
    i, j = faces[:, [1, 2, 0]].ravel(), faces[:, [2, 0, 1]].ravel()
    w = weight.ravel()
    graph = sparse.coo_matrix((w, (i, j)), (count, count)).tocsr()
    graph = graph + graph.T
    system = sparse.diags(np.asarray(graph.sum(1)).ravel() + ANCHOR) - graph
    return splu(system.tocsc()).solve


def _turns(corners, flat, weight) -> np.ndarray:
    """Rotation of each triangle that best carries its shape onto the layout."""
    moment = np.zeros((len(flat), 2, 2))
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        a, b = corners[:, i] - corners[:, j], flat[:, i] - flat[:, j]
        moment += weight[:, k, None, None] * b[:, :, None] * a[:, None, :]
    angle = np.arctan2(
        moment[:, 1, 0] - moment[:, 0, 1], moment[:, 0, 0] + moment[:, 1, 1]
    )
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)


def local_frames(triangles: np.ndarray) -> np.ndarray:
    """Each triangle in a plane of its own, (faces, 3, 2)."""
    a, b, c = np.moveaxis(triangles, 1, 0)
    along = (b - a) / np.linalg.norm(b - a, axis=-1, keepdims=True)
    normal = np.cross(b - a, c - a)
    up = np.cross(normal, along)
    up /= np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-12)
    flat = [
        np.stack([np.sum((p - a) * d, -1) for d in (along, up)], -1) for p in (a, b, c)
    ]
    return np.stack(flat, 1)


def cotangents(triangles: np.ndarray) -> np.ndarray:
    """Cotangent at each corner, kept positive so that the system stays definite."""
    out = []
    for k in range(3):
        u = triangles[:, (k + 1) % 3] - triangles[:, k]
        v = triangles[:, (k + 2) % 3] - triangles[:, k]
        area = np.linalg.norm(np.cross(u, v), axis=-1)
        out.append(np.sum(u * v, -1) / np.maximum(area, 1e-9))
    return np.clip(np.stack(out, -1), 0.05, 10.0)


def charts(vertices, faces, label, skin) -> list[np.ndarray]:
    """Layout of each side, mm; rows of vertices that a side lacks are zero."""
    flat = spread_flat(vertices, skin)[:, :2] * [1.0, -1.0]
    out = []
    for value, sign in ((0, [1.0, 1.0]), (1, [-1.0, 1.0])):
        used, own = np.unique(faces[label == value], return_inverse=True)
        start = flat[used] * sign
        laid = np.zeros((len(vertices), 2))
        laid[used] = unfold(vertices[used], own.reshape(-1, 3), start)
        out.append(laid)
    return out
