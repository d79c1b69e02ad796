"""Skinning weights: who owns a point, then how far along the bone it lies."""

import numpy as np

from handjax.hands import anatomy
from handjax.hands.build import chains, meshing, profiles, surface
from handjax.hands.skeleton import FINGERS, JOINTS, POSED

# How sharply neighbouring fingers are told apart, mm.
OWNERSHIP_WIDTH = 1.6
MOST_BONES = 4


def smooth_step(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, a cubic between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def skinning_weights(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Weights of the 17 posed joints on the dense mesh, rows summing to one."""
    distance = np.stack(
        [
            chains.distance(c, chains.coordinates(c, vertices))
            for c in map(surface.finger_chain, FINGERS)
        ],
        -1,
    )
    nearest = distance - distance.min(-1, keepdims=True)
    owner = np.exp(-nearest / OWNERSHIP_WIDTH)
    owner /= owner.sum(-1, keepdims=True)
    weights = np.zeros((len(vertices), len(POSED)))
    for k, finger in enumerate(FINGERS):
        _add_chain(weights, owner[:, k], finger, surface.finger_chain(finger), vertices)
    weights = spread(weights, vertices, faces)
    return sparse_rows(weights, MOST_BONES)


def _add_chain(weights, owner, finger, chain, vertices) -> None:
    joints = dict(zip(JOINTS, anatomy.rest_joints(), strict=True))
    names = [n for n in POSED if n.startswith(finger) and not n.endswith("carpal")]
    station = chains.coordinates(chain, np.stack([joints[n] for n in names]))[:, 2]
    s = chains.coordinates(chain, vertices)[:, 2]
    thickness = 2.0 * profiles.finger_stations(finger)[6, 1]
    reach = [s - at for at in station]
    moved = []
    for k, away in enumerate(reach):
        width = 0.55 * thickness * (1.5 if k == 0 else 1.0)
        moved.append(smooth_step(away, -width, width))
    if finger == "thumb":
        far = chains.distance(chain, chains.coordinates(chain, vertices))
        moved[0] *= 1.0 - smooth_step(far, 0.0, 22.0)
    moved.append(np.zeros_like(s))
    for k in range(1, len(names)):
        moved[k] = np.minimum(moved[k], moved[k - 1])
    weights[:, 0] += owner * (1.0 - moved[0])
    for k, name in enumerate(names):
        weights[:, POSED.index(name)] += owner * (moved[k] - moved[k + 1])


def spread(weights, vertices, faces, rounds: int = 6) -> np.ndarray:
    """Let weights diffuse a little along the surface."""
    mean = meshing.averaging(len(vertices), faces)
    for _ in range(rounds):
        weights = 0.5 * weights + 0.5 * (mean @ weights)
    return weights


def sparse_rows(weights: np.ndarray, most: int) -> np.ndarray:
    """Keep the `most` largest of each row, drop the negligible, sum to one."""
    order = np.argsort(-weights, axis=-1)
    kept = np.zeros_like(weights)
    rows = np.arange(len(weights))[:, None]
    kept[rows, order[:, :most]] = weights[rows, order[:, :most]]
    kept[kept < 0.004] = 0.0
    return kept / kept.sum(-1, keepdims=True)
