"""Skinning weights: who owns a point, then how far along the bone it lies."""

import numpy as np

from handjax.hands.build import chains, meshing, profiles, surface
from handjax.hands.build.relief import rise
from handjax.hands.skeleton import FINGERS, POSED

# How sharply neighbouring fingers are told apart, mm.
OWNERSHIP_WIDTH = 1.0
MOST_BONES = 4
# Half the length over which a bend is spread, in half breadths of the finger.
BEND_WIDTH = {
    "carpal": 1.6,
    "cmc": 1.6,
    "mcp": 1.5,
    "pip": 1.0,
    "ip": 0.9,
    "dip": 0.95,
}
# How far from the thumb's metacarpal flesh still follows it, mm.
THENAR_REACH = 24.0


def skinning_weights(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Weights of the 17 posed joints on the dense mesh, rows summing to one."""
    parts = [surface.finger_chain(f) for f in FINGERS]
    at = [chains.coordinates(c, vertices) for c in parts]
    distance = np.stack([chains.distance(*p) for p in zip(parts, at, strict=True)], -1)
    owner = np.exp(-(distance - distance.min(-1, keepdims=True)) / OWNERSHIP_WIDTH)
    owner /= owner.sum(-1, keepdims=True)
    weights, loose = np.zeros((len(vertices), len(POSED))), np.zeros(len(vertices))
    for k, finger in enumerate(FINGERS):
        shares = chain_shares(finger, at[k][:, 2], distance[:, k])
        weights += owner[:, k : k + 1] * shares
        loose += owner[:, k] * looseness(finger, at[k][:, 2])
    weights = spread(weights, loose[:, None], vertices, faces)
    return sparse_rows(weights, MOST_BONES)


def chain_shares(finger: str, s: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Weights of one finger's bones and the wrist, were there no other finger.

    Args:
        finger: its name.
        s: how far along the finger, mm.
        distance: to the finger's own surface, mm.
    """
    names = [n for n in POSED if n.startswith(finger)]
    joints = np.stack([surface.joints()[n] for n in names])
    station = chains.coordinates(surface.finger_chain(finger), joints)[:, 2]
    half = profiles.finger_stations(finger)[6, 1]
    moved = np.ones((len(s), len(names) + 2))
    moved[:, -1] = 0.0
    for k, name in enumerate(names, 1):
        width = half * BEND_WIDTH[name.split("_")[1]]
        step = rise((s - station[k - 1] + width) / (2.0 * width))
        moved[:, k] = np.minimum(step, moved[:, k - 1])
    if finger == "thumb":
        moved[:, 1:4] *= 1.0 - rise(distance / THENAR_REACH)[:, None]
    shares = np.zeros((len(s), len(POSED)))
    shares[:, [0, *map(POSED.index, names)]] = moved[:, :-1] - moved[:, 1:]
    return shares


def looseness(finger: str, s: np.ndarray) -> np.ndarray:
    """1 where skin glides over palm and thenar, 0 along the free finger."""
    length = chains.coordinates(surface.finger_chain(finger), surface.bones(finger))[
        1, 2
    ]
    low, high = (0.45, 0.95) if finger == "thumb" else (0.35, 0.75)
    return 1.0 - rise((s / length - low) / (high - low))


def spread(weights, loose, vertices, faces, rounds: int = 80) -> np.ndarray:
    """Let weights diffuse along the surface: a little, and far where it is loose."""
    mean = meshing.averaging(len(vertices), faces)
    for turn in range(rounds):
        rate = 0.5 if turn < 6 else 0.5 * loose
        weights = weights + rate * (mean @ weights - weights)
    return weights


def sparse_rows(weights: np.ndarray, most: int) -> np.ndarray:
    """Keep the `most` largest of each row, drop the negligible, sum to one."""
    order = np.argsort(-weights, axis=-1)
    kept = np.zeros_like(weights)
    rows = np.arange(len(weights))[:, None]
    kept[rows, order[:, :most]] = weights[rows, order[:, :most]]
    kept[kept < 0.004] = 0.0
    return kept / kept.sum(-1, keepdims=True)
