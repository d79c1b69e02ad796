"""How far a hand is from itself after MANO's numbers and back.

    PYTHONPATH=. python benchmarks/convert.py --hands 20
    PYTHONPATH=. python benchmarks/convert.py --mano MANO_RIGHT.pkl

Random poses, shapes and places of the built-in hand become MANO's parameters and come
back. Without a file of MANO's it is done on one of its structure that holds our own
hand, its first ten shapes, and no carpal joint of the thumb (tests/hands).
"""

import argparse
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from handjax.hands import convert, mano
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.named_poses import NAMED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mano", type=Path)
    parser.add_argument("--hands", type=int, default=20)
    chosen = parser.parse_args()
    hand = mano.load(chosen.mano or stand_in())
    link = convert.make_link("hand_790", hand.template)
    there, back = [], []
    for k in range(chosen.hands):
        pose = some_pose(link, k)
        theirs = convert.to_theirs(link, pose)
        official = mano.official_from_pose(hand, theirs.pose)
        again = convert.to_ours(link, mano.pose_from_official(hand, official))
        there.append([theirs.keypoints, theirs.surface])
        back.append(apart(link, pose, again.pose))
    for what, rows in (("on MANO's hand", there), ("there and back", back)):
        mean, most = np.mean(rows, axis=0), np.max(rows, axis=0)
        print(
            f"{what:16} key points {mean[0]:.2f} mm (worst hand {most[0]:.2f}), "
            f"surface {mean[1]:.2f} mm (worst hand {most[1]:.2f})"
        )


def some_pose(link: convert.Link, seed: int) -> Pose:
    """A named pose of a random shape somewhere."""
    rng = np.random.default_rng(seed)
    angles = list(NAMED.values())[seed % len(NAMED)]
    turns = rotations_from_angles(link.ours, jnp.asarray(angles, jnp.float32))
    shape = np.zeros(len(link.ours.shape_joints))
    shape[:10] = rng.normal(size=10)
    return Pose(
        turns.at[0].set(rng.normal(size=3)),
        jnp.asarray(rng.normal(0.0, 100.0, 3), jnp.float32),
        jnp.asarray(shape, jnp.float32),
    )


@jax.jit
def apart(link: convert.Link, a: Pose, b: Pose) -> tuple:
    """Mean distances of key points and vertices, mm."""
    hands = [articulate(link.ours, pose) for pose in (a, b)]
    x, y = (keypoints(hand) for hand in hands)
    off = x - y, hands[0].vertices - hands[1].vertices
    return tuple(jnp.mean(jnp.linalg.norm(d, axis=-1)) for d in off)


def stand_in() -> Path:
    """A file of MANO's structure."""
    from tests.hands import mano_model

    path = Path(tempfile.mkdtemp()) / "MANO_RIGHT.pkl"
    path.write_bytes(mano_model.pickled(mano_model.human_model()))
    return path


if __name__ == "__main__":
    main()
