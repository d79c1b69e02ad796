"""How far gradients of silhouettes are from differences of a finer picture.

    python benchmarks/silhouette_gradients.py --hands 20

Each hand, in a random pose and view, is compared with itself displaced and bent, by the
sum of squares of the mask's (or depth's) differences at 64x64. The gradient goes to 54
numbers: where the hand is and how its 17 joints are turned, a radian weighing as 60 mm.
The truth is a central difference of pictures of 16 x 16 looks a pixel. Prints the angle
between both and the ratio of their lengths. Seeds 0, 1, ...
"""

import argparse
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from handjax.geometry import cameras, rotations
from handjax.geometry.topology import edge_faces
from handjax.hands import poses
from handjax.hands.articulate import (
    Pose,
    articulate,
    rest_pose,
    rotations_from_angles,
)
from handjax.hands.template import load_template
from handjax.render import silhouette
from handjax.render.rasterize import rasterize

PIXELS, FINE, FAR, LEVER = 64, 16, 150.0, 60.0
HAND = load_template("hand_1721")
EDGES = edge_faces(HAND.faces)
CAMERA = cameras.orthographic_crop(300.0, PIXELS)
SIZE: dict[str, Any] = {"height": PIXELS, "width": PIXELS, "far": FAR, "cull": True}
STEPS = np.full(54, 0.4)


def hand(key: jax.Array) -> Pose:
    """A random pose in a random view, in the middle of the crop."""
    of_fingers, of_view = jax.random.split(key)
    turns = rotations_from_angles(HAND, poses.sample_angles(of_fingers, HAND))
    view = rotations.axis_angle_from_matrix(poses.sample_view(of_view))
    pose = rest_pose(HAND)._replace(rotations=turns.at[0].set(view))
    v = articulate(HAND, pose).vertices
    return pose._replace(translation=-(v.min(axis=0) + v.max(axis=0)) / 2)


def moved(pose: Pose, motion: jax.Array) -> jax.Array:
    """Vertices after a motion: 3 numbers in mm, 51 in radians times `LEVER`."""
    turns = pose.rotations + motion[3:].reshape(17, 3) / LEVER
    place = pose.translation + motion[:3]
    return articulate(HAND, pose._replace(rotations=turns, translation=place)).vertices


def finer(vertices: jax.Array) -> dict[str, jax.Array]:
    """Mask and depth of many looks a pixel."""
    fine = cameras.crop(CAMERA, jnp.zeros(2), jnp.full(2, float(FINE)))
    size = SIZE | {"height": PIXELS * FINE, "width": PIXELS * FINE}
    drawn = rasterize(fine, vertices, HAND.faces, **size)
    blocks = (PIXELS, FINE, PIXELS, FINE)
    pictures = {"mask": (drawn.face >= 0).astype(float), "depth": drawn.depth / 100.0}
    return {k: p.reshape(blocks).mean(axis=(1, 3)) for k, p in pictures.items()}


def ours(vertices: jax.Array) -> dict[str, jax.Array]:
    """What has a gradient: mask, depth and the neural renderer's mask."""
    found = silhouette.antialiased(CAMERA, vertices, HAND.faces, EDGES, **SIZE)
    theirs = silhouette.neural_renderer(CAMERA, vertices, HAND.faces, **SIZE)
    return {"mask": found.mask, "depth": found.depth / 100.0, "neural": theirs}


def losses(pictures, goal):
    goal = goal | {"neural": goal["mask"]}
    return {k: jnp.sum((p - goal[k]) ** 2) for k, p in pictures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hands", type=int, default=20)
    hands = parser.parse_args().hands
    slopes = jax.jit(jax.jacrev(lambda m, p, goal: losses(ours(moved(p, m)), goal)))
    fine = jax.jit(lambda m, p, goal: losses(finer(moved(p, m)), goal))
    draw = jax.jit(lambda m, p: finer(moved(p, m)))
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(hands):
        of_hand, of_motion = jax.random.split(jax.random.key(seed))
        pose, still = hand(of_hand), jnp.zeros(54)
        goal = draw(6.0 * jax.random.normal(of_motion, (54,)), pose)
        slope = slopes(still, pose, goal)
        apart = [
            jax.tree.map(
                lambda a, b, h=h: (a - b) / (2 * h.sum()),
                fine(h, pose, goal),
                fine(-h, pose, goal),
            )
            for h in np.diag(STEPS).astype(np.float32)
        ]
        for kind, a in slope.items():
            b = np.array([one["mask" if kind == "neural" else kind] for one in apart])
            lengths = np.linalg.norm(a), np.linalg.norm(b)
            cosine = float(np.clip(a @ b / lengths[0] / lengths[1], -1.0, 1.0))
            angle = float(np.degrees(np.arccos(cosine)))
            found.setdefault(kind, []).append((angle, float(lengths[0] / lengths[1])))
    for kind, rows in found.items():
        angles, ratios = np.array(rows).T
        off = 100 * np.abs(ratios - 1).mean()
        print(
            f"{kind:8} angle: mean {angles.mean():5.1f} worst {angles.max():5.1f} deg; "
            f"length: mean {ratios.mean():6.2f}, off by {off:.1f} % on average"
        )


if __name__ == "__main__":
    main()
