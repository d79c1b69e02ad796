"""How well and how fast `handjax.hands.fit_joints` finds posed hands again.

    PYTHONPATH=. python benchmarks/fit_joints.py [--hands 1024] [--stb LABELS.mat]

Random poses, shapes and views, seed 0. First the mean error of key points and vertices,
mm, from all key points, without tips, and with noise on them; from pixels of a camera
of 600 pixels' focal length at 600 mm; and of the closed-form start alone. Then hands a
second from key points, and with vertices asked for or not. `--stb` fits the
labels of real hands in a file of STB, every tenth, and prints what is left, mm.
"""

import argparse
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from timing import fastest

from handjax.data.real import matlab
from handjax.geometry import cameras, rotations
from handjax.hands import poses
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.fit_joints import fit_joints, fit_pixels
from handjax.hands.inverse import chain
from handjax.hands.inverse.start import start
from handjax.hands.skeleton import KEYPOINTS, from_dataset
from handjax.hands.template import load_template, mirror

TEMPLATE = load_template("hand_1721")
CAMERA = cameras.Pinhole(jnp.full(2, 600.0), jnp.array([320.0, 240.0]))
PLACE = (0.0, 0.0, 600.0)
NOISE = 5.0
BATCHES = (1, 32, 256)
TIPS = np.array([name.endswith("tip") for name in KEYPOINTS])


@jax.jit
@jax.vmap
def draw(key):
    """Key points and vertices of a random hand."""
    bend, look, grow = jax.random.split(key, 3)
    turn = rotations.axis_angle_from_matrix(poses.sample_view(look))
    turns = rotations_from_angles(TEMPLATE, poses.sample_angles(bend))
    pose = Pose(turns.at[0].set(turn), jnp.array(PLACE), poses.sample_shape(grow))
    hand = articulate(TEMPLATE, pose)
    return keypoints(hand), hand.vertices


def distances(one, other) -> np.ndarray:
    """Mean over the points of each hand, mm."""
    return np.linalg.norm(np.asarray(one) - np.asarray(other), axis=-1).mean(axis=-1)


def row(title: str, off: np.ndarray, vertices: np.ndarray | None = None) -> None:
    """Print mean, median and worst, and mean and worst of the surface."""
    figures = f"{off.mean():7.3f} {np.median(off):7.3f} {off.max():7.2f}"
    if vertices is not None:
        figures += f" | {vertices.mean():8.2f} {vertices.max():8.2f}"
    print(f"{title:34} {figures}", flush=True)


def errors(count: int) -> None:
    """Print how far what is found is from what was posed."""
    joints, vertices = draw(jax.random.split(jax.random.key(0), count))
    noise = NOISE * np.random.default_rng(0).normal(size=joints.shape)
    noisy = (joints + noise).astype(jnp.float32)
    print(f"{count} random hands, mm {'mean':>22} median   worst |  surface    worst")
    first = jax.vmap(lambda y: start(TEMPLATE, y, jnp.ones(21)))(joints)
    begun, _ = jax.vmap(partial(chain.keypoints_and_slopes, TEMPLATE))(first)
    row("closed-form start", distances(begun, joints))
    everything, no_tips = np.ones(21, np.float32), (~TIPS).astype(np.float32)
    for title, y, weights, told in (
        ("all key points", joints, everything, 1.0),
        ("without tips", joints, no_tips, 1.0),
        (f"noise of {NOISE:g} mm an axis, told", noisy, everything, NOISE),
        (f"noise of {NOISE:g} mm, not told", noisy, everything, 1.0),
    ):
        found = fit_joints(TEMPLATE, y, weights=weights, noise=told)
        beyond = np.max(jax.vmap(poses.limits_violation)(found.angles))
        assert beyond < 1e-5, f"an angle is {beyond} beyond its limits"
        row(title, distances(found.joints, joints), distances(found.vertices, vertices))
    few, surface = joints[:256], vertices[:256]
    uv = cameras.project(CAMERA, few)
    found = fit_pixels(TEMPLATE, uv, CAMERA, root_depth=few[:, 0, 2])
    off = distances(found.joints, few)
    row("pixels and depth of the wrist", off, distances(found.vertices, surface))
    found = fit_pixels(TEMPLATE, uv, CAMERA)
    row("pixels alone", distances(found.joints, few))
    about = found.joints - found.joints[:, :1], few - few[:, :1]
    row("pixels alone, about the wrist", distances(*about))


def speeds() -> None:
    """Print hands a second."""
    print("\nhands a second              " + "".join(f"{b:>9}" for b in BATCHES))
    joints, _ = draw(jax.random.split(jax.random.key(1), max(BATCHES)))
    whole = jax.jit(lambda y: fit_joints(TEMPLATE, y))
    angles = jax.jit(lambda y: fit_joints(TEMPLATE, y).angles)
    seen = jax.jit(lambda y: fit_pixels(TEMPLATE, y, CAMERA).angles)
    uv = cameras.project(CAMERA, joints)
    rows = {
        "with vertices": (whole, joints),
        "angles and shape alone": (angles, joints),
        "from pixels, angles alone": (seen, uv),
    }
    calls = {
        f"{title} {batch}": partial(fit, y[:batch])
        for title, (fit, y) in rows.items()
        for batch in BATCHES
    }
    seconds = fastest(calls, repeats=10)
    for title in rows:
        rates = (batch / seconds[f"{title} {batch}"] for batch in BATCHES)
        print(f"{title:28}" + "".join(f"{rate:9.0f}" for rate in rates))


def real(path: Path) -> None:
    """Print what is left of the labels of STB, whose hands are left ones, mm."""
    labels = np.moveaxis(matlab.read(path, "handPara"), -1, 0).swapaxes(1, 2)[::10]
    read = jax.vmap(lambda joints: from_dataset("stb", joints)[0])
    joints = read(jnp.asarray(labels, jnp.float32))
    print(f"\n{len(joints)} real hands of {path.name}, mm left: mean, median, worst")
    for noise in (1.0, 5.0):
        found = fit_joints(mirror(TEMPLATE), joints, noise=noise)
        row(f"noise {noise:g}", np.asarray(found.residual))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--hands", type=int, default=1024, help="random hands")
    parser.add_argument("--stb", type=Path, help="a label file of STB")
    chosen = parser.parse_args()
    errors(chosen.hands)
    speeds()
    if chosen.stb:
        real(chosen.stb)


if __name__ == "__main__":
    main()
