"""A sheet of random pictures of hands in colour.

python benchmarks/rgb_sheet.py [--out docs/images/rgb_sheet.png] [--seed 0]
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from handjax.data import appearance
from handjax.geometry import cameras, rotations
from handjax.hands import articulate, poses
from handjax.hands.appearance import load_marks
from handjax.hands.template import load_template


def scene(key, template, *, pixels: int):
    """A random hand with a camera around it."""
    fingers, view, shape, far, room = jax.random.split(key, 5)
    angles = poses.sample_angles(fingers, template)
    R = poses.sample_view(view)
    # An arm that comes out of the camera would hide its hand: turn it round.
    R = jnp.where(R[2, 1] < -0.35, jnp.diag(jnp.array([-1.0, 1.0, -1.0])) @ R, R)
    turn = rotations.axis_angle_from_matrix(R)
    turns = articulate.rotations_from_angles(template, angles).at[0].set(turn)
    coefficients = poses.sample_shape(shape, components=len(template.shape_joints))
    z = jax.random.uniform(far, minval=400.0, maxval=900.0)
    place = jnp.stack([0.0 * z, 0.0 * z, z])
    pose = articulate.Pose(turns, place, 0.7 * coefficients)
    hand = articulate.articulate(template, pose)
    low, high = hand.vertices.min(0), hand.vertices.max(0)
    middle = (low + high) / 2
    size = jax.random.uniform(room, minval=1.1, maxval=1.5) * jnp.max((high - low)[:2])
    focal = jnp.full(2, pixels * middle[2] / size)
    centre = (pixels - 1) / 2 - focal * middle[:2] / middle[2]
    return hand, cameras.Pinhole(focal, centre), middle


def draw(key, template, marks, *, pixels: int):
    """One random picture, (pixels, pixels, 3), sRGB."""
    what, look = jax.random.split(key)
    hand, camera, middle = scene(what, template, pixels=pixels)
    looks = appearance.sample_appearance(look, middle, height=pixels, width=pixels)
    return appearance.picture(template, hand, looks, camera, marks=marks)


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/rgb_sheet.png"))
    parser.add_argument("--level", default="hand_12553")
    parser.add_argument("--pixels", type=int, default=128)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    template, marks = load_template(args.level), load_marks()
    one = jax.jit(draw, static_argnames="pixels")
    keys = jax.random.split(jax.random.key(args.seed), args.rows**2)
    tiles = np.stack(
        [np.asarray(one(key, template, marks, pixels=args.pixels)) for key in keys]
    )
    grid = tiles.reshape(args.rows, args.rows, args.pixels, args.pixels, 3)
    sheet = grid.transpose(0, 2, 1, 3, 4).reshape(args.rows * args.pixels, -1, 3)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.uint8(255.0 * sheet + 0.5)).save(args.out, optimize=True)


if __name__ == "__main__":
    main()
