"""Depth frames, one after another, to smoothed key points: frames a second, memory.

    PYTHONPATH=. python benchmarks/stream.py
    PYTHONPATH=. python benchmarks/stream.py --weights dual_grid --frames 1000 10000

A hand goes from one named pose to the next before a camera of 640x480, is read by a
structured-light sensor, and found, estimated and smoothed as a clip is by `python -m
handjax predict`, surface included; nothing is written.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from absl import logging

from handjax.geometry import rotations
from handjax.geometry.cameras import Pinhole
from handjax.hands import poses
from handjax.hands.articulate import Pose, articulate, rotations_from_angles
from handjax.hands.template import Template, load_template
from handjax.predicting import looking, methods
from handjax.predicting.sessions import Session
from handjax.render import rasterize, sensor

CAMERA = Pinhole(jnp.array([588.03, 587.07]), jnp.array([320.0, 240.0]))
HEIGHT, WIDTH = 480, 640
AWAY, FAR = 700.0, 2000.0
NAMES = ("five count", "fist", "four count", "aokay", "two count", "neutral relaxed")
BETWEEN = 16
"""Frames from one pose to the next."""
WARM = 20
"""Frames before the clock runs: both sides are compiled, and one is decided on."""
FPS = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", default="wan_spheres")
    parser.add_argument("--frames", type=int, nargs="+", default=[1000, 10000])
    chosen = parser.parse_args()
    logging.set_verbosity(logging.ERROR)
    frames = recording(load_template("hand_1721"))
    seer = methods.load(None, chosen.weights, is_depth=True)
    session = Session(
        partial(looking.in_depth, seer),
        ("right", "left"),
        looking.Hint(),
        ordered=True,
        fps=FPS,
    )
    taken: list[float] = []
    for k in range(WARM + max(chosen.frames)):
        begin = time.perf_counter()
        session.see(frames[k % len(frames)], CAMERA)
        if k >= WARM:
            taken.append(time.perf_counter() - begin)
        if len(taken) in chosen.frames:
            report(np.array(taken))


def recording(template: Template) -> np.ndarray:
    """Depth frames of a hand that moves, mm; 0 where nothing was measured."""

    @jax.jit
    def frame(key, angles, turn, at):
        upright = rotations.matrix_from_euler(turn)
        turns = rotations_from_angles(template, angles)
        turns = turns.at[0].set(rotations.axis_angle_from_matrix(upright))
        pose = Pose(turns, at, jnp.zeros(len(template.shape_joints)))
        hand = articulate(template, pose)
        drawn = rasterize(
            CAMERA, hand.vertices, template.faces, height=HEIGHT, width=WIDTH, far=FAR
        )
        read = AWAY + sensor.structured_light(
            key, drawn.depth - AWAY, distance=AWAY, pitch=AWAY / 588.0, far=FAR - AWAY
        )
        return jnp.where(read < FAR, read, 0.0)

    stops = [np.asarray(poses.NAMED[name]) for name in NAMES]
    made, count = [], len(NAMES) * BETWEEN
    for k in range(count):
        (before, after), share = stops_of(stops, k // BETWEEN), k % BETWEEN / BETWEEN
        phase = 2.0 * np.pi * k / count
        turn = 0.3 * np.array([np.sin(phase), np.cos(phase), np.sin(2.0 * phase)])
        at = np.array([40.0 * np.sin(phase), 60.0, AWAY + 60.0 * np.cos(phase)])
        angles = (1.0 - share) * before + share * after
        made.append(np.asarray(frame(jax.random.key(k), angles, turn, at)))
    return np.stack(made)


def stops_of(stops: list[np.ndarray], k: int) -> tuple[np.ndarray, np.ndarray]:
    """A pose and the one after it."""
    return stops[k], stops[(k + 1) % len(stops)]


def report(taken: np.ndarray) -> None:
    """A line: how fast, and how much the process holds."""
    middle, slow = 1e3 * np.percentile(taken, (50, 95))
    print(
        f"{len(taken):6} frames: {len(taken) / taken.sum():.1f} a second, "
        f"{middle:.1f} ms (median), {slow:.1f} ms (95 %), "
        f"{held():.0f} MiB held",
        flush=True,
    )


def held() -> float:
    """What the process has in memory now, MiB."""
    pages = Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]
    return int(pages) / 1024


if __name__ == "__main__":
    main()
