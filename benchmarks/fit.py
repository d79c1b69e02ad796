"""How well hands are fitted to depth frames, from depth alone.

    python benchmarks/fit.py                         simulated frames
    python benchmarks/fit.py --real DEPTH.png --truth LABELS.txt   a frame of NYU

Settings are chosen on the simulated frames. Errors are means over the 14 joints that
NYU is scored on, mm; a fit is on the right side if its palm faces where the true one
does, within a right angle.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import frames
import jax
import numpy as np
from jaxtyping import Float

from handjax import fitting, weights
from handjax.hands import spheres
from handjax.hands.template import Template, load_template

# Two joints at the wrist and one amid the palm, among the 14.
PALM = (11, 12, 13)


def main() -> None:
    parser = argparse.ArgumentParser(description="Errors of fits.")
    parser.add_argument("--real", type=Path, help="a depth frame of NYU")
    parser.add_argument("--truth", type=Path, help="NYU's labels: 14 x (u, v, d) a row")
    parser.add_argument("--row", type=int, default=0, help="of the labels")
    parser.add_argument("--seeds", type=int, default=None, help="fits of each frame")
    parser.add_argument("--frames", type=int, default=24, help="of each kind of view")
    parser.add_argument(
        "--first", type=int, default=0, help="frame, to hold out others"
    )
    parser.add_argument("--weights", help="whose estimate the fit starts from as well")
    parser.add_argument(
        "--template", default="hand_1721", help="that is fitted; frames show the usual"
    )
    chosen = parser.parse_args()
    guess = None
    if chosen.weights:
        guess = partial(fitting.estimate, weights.find(chosen.weights))
    chosen.fit = partial(fitting.fit, guess=guess)
    if chosen.real and not chosen.truth:
        parser.error("--real needs --truth")
    template = load_template(chosen.template)
    if chosen.real:
        report_real(template, chosen)
    else:
        for view in ("frontal", "haar"):
            report_simulated(template, view, chosen)


def report_simulated(template: Template, view: str, chosen) -> None:
    """Fit frames of one kind and print what came of it."""
    draw = jax.jit(lambda key, template: frames.sample(key, template, view=view))
    shown, rows = load_template(), []
    for number in range(chosen.first, chosen.first + chosen.frames):
        frame = draw(jax.random.key(number), shown)
        truth = np.asarray(spheres.nyu14(frame.hand.centres))
        for seed in range(chosen.seeds or 1):
            depth = np.asarray(frame.depth)
            rows.append(measure(chosen.fit, template, depth, truth, seed))
    title = f"{view} views, {chosen.frames} simulated frames, {len(rows)} fits"
    print(f"{title}\n{summary(np.array(rows))}", flush=True)


def report_real(template: Template, chosen) -> None:
    """Fit one frame from many seeds and print every one."""
    depth = fitting.read_depth(chosen.real)
    truth = read_truth(chosen.truth, chosen.row)
    rows = []
    for seed in range(chosen.seeds or 20):
        rows.append(measure(chosen.fit, template, depth, truth, seed))
        error, right, energy, seconds = rows[-1]
        side = "right side" if right else "WRONG SIDE"
        print(f"seed {seed:2}  {error:5.1f} mm  {side}  energy {energy:.3f}", end="  ")
        print(f"{seconds:.1f} s", flush=True)
    print(summary(np.array(rows)))


def measure(fit, template: Template, depth, truth, seed: int) -> tuple[float, ...]:
    """Mean joint error in mm, whether the side is right, energy, and seconds."""
    start = time.perf_counter()
    found = fit(template, depth, frames.CAMERA, seed=seed)
    seconds = time.perf_counter() - start
    joints = np.asarray(spheres.nyu14(found.hand.centres))
    error = np.linalg.norm(joints - truth, axis=-1).mean()
    right = palm_direction(joints) @ palm_direction(truth) > 0.0
    return error, float(right), found.energy, seconds


def palm_direction(joints: Float[np.ndarray, "14 3"]) -> Float[np.ndarray, "3"]:
    a, b, c = joints[np.array(PALM)]
    normal = np.cross(b - a, c - a)
    return normal / np.linalg.norm(normal)


def read_truth(path: Path, row: int) -> Float[np.ndarray, "14 3"]:
    """One row of NYU's labels as points in the camera's frame, mm."""
    u, v, d = np.loadtxt(path)[row].reshape(14, 3).T
    f, c = (np.asarray(value) for value in frames.CAMERA)
    return np.stack([(u - c[0]) * d / f[0], (v - c[1]) * d / f[1], d], axis=-1)


def summary(rows: Float[np.ndarray, "fits 4"]) -> str:
    error, right, _, seconds = rows.T
    within = ", ".join(f"{np.mean(error < mm):.0%} < {mm} mm" for mm in (10, 15, 25))
    return (
        f"  median {np.median(error):.1f} mm, mean {error.mean():.1f}, best "
        f"{error.min():.1f}, worst {error.max():.1f}; {within}\n"
        f"  on the right side {right.mean():.0%}; seconds: first {seconds[0]:.1f} "
        f"(compiles), later {np.median(seconds):.1f}"
    )


if __name__ == "__main__":
    main()
