"""Pictures of the studio: its people, and what three cameras see of them.

PYTHONPATH=. python benchmarks/studio_sheet.py [--out docs/images]
"""

import argparse
from pathlib import Path

import hand_sheet
import jax
import jax.numpy as jnp
import numpy as np

from handjax import visualize
from handjax.batch import FAR
from handjax.data.studio import SUBJECTS, frames
from handjax.data.studio.capture import PER_MM
from handjax.data.studio.forearm import pose_forearm
from handjax.data.studio.skin import pose_subject
from handjax.data.studio.subjects import load_subject
from handjax.hands.named_poses import NAMED
from handjax.visualize import depth_to_rgb

POSES = (
    ("palm up", "palm"),
    ("fist", "back"),
    ("claws", "three quarters"),
    ("good luck", "palm"),
)
PIXELS, SIZE = 230, 310.0
ARM = 75.0  # of the forearm is drawn, mm
FRAMES = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    chosen = parser.parse_args()
    rows = [[person(name, *pose) for pose in POSES] for name in SUBJECTS]
    captions = [f"subject {name}" for name in SUBJECTS]
    people = visualize.contact_sheet(
        rows, headings=[name for name, _ in POSES], captions=captions
    )
    visualize.save_png(chosen.out / "studio_people.png", people)
    rows = captured("D")
    captions = [f"camera {view + 1}" for view in range(len(rows))]
    seen = visualize.contact_sheet(rows, captions=captions)
    visualize.save_png(chosen.out / "studio_frames.png", seen)


def person(name: str, pose: str, view: str) -> np.ndarray:
    """A subject's hand and arm in a named pose."""
    body, still = load_subject(name), jnp.eye(3)
    hand = jax.jit(pose_subject)(body, jnp.asarray(NAMED[pose]), still, jnp.zeros(3))
    arm = np.asarray(pose_forearm(body, still, jnp.zeros(3)))
    near = arm[:, 1] < ARM
    faces = np.asarray(body.forearm_faces)
    number = np.cumsum(near) - 1 + len(hand.vertices)
    image = hand_sheet.picture(
        np.concatenate([hand.vertices, arm[near]]),
        jnp.concatenate([body.faces, number[faces[near[faces].all(axis=-1)]]]),
        hand_sheet.VIEWS[view],
        pixels=PIXELS,
        size=SIZE,
    )
    return hand_sheet.encode(image)


def captured(name: str) -> list[list[np.ndarray]]:
    """Test frames of a subject, a row a camera."""
    found = frames.load(name, "small", "test").frames
    rows = np.linspace(30, len(found.depth) - 30, FRAMES).astype(int)
    limits = (-90.0, 110.0)
    depth = found.depth[rows].astype(np.float32) / PER_MM
    return [
        [
            visualize.enlarge(depth_to_rgb(one, far=FAR, limits=limits), 2)
            for one in depth[:, view]
        ]
        for view in range(depth.shape[1])
    ]


if __name__ == "__main__":
    main()
