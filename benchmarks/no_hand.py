"""What `predict` says of depth frames that hold no hand, or two.

    PYTHONPATH=. python benchmarks/no_hand.py

Balls, cups and the like, and hands, are drawn 0.6 m before a camera; the noise is 1 mm.
Prints for each method the confidence, raw score and spread, or why there is none.
"""

from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np

from handjax.data.given.frames import FrameError
from handjax.geometry import cameras
from handjax.hands.articulate import Pose, articulate, rotations_from_angles
from handjax.hands.poses import NAMED
from handjax.hands.template import load_template
from handjax.predicting import looking, methods
from handjax.predicting.looking import SIDES, Hint
from handjax.render.rasterize import rasterize

METHODS = ("wan_spheres", "dual_grid")
HEIGHT, WIDTH, FOCAL = 240, 320, 290.0
AWAY, FAR = 600.0, 5000.0
BEADS = 60
"""Balls that a rod is made of."""


def main() -> None:
    camera = cameras.Pinhole(np.full(2, FOCAL), np.array([WIDTH, HEIGHT]) / 2)
    rng = np.random.default_rng(0)
    drawn = things() | hands(camera)
    frames = {name: noisy(rng, depth) for name, depth in drawn.items()}
    seers = [methods.load(name, is_depth=True) for name in METHODS]
    for name, depth in frames.items():
        said = [told(seer, depth, camera) for seer in seers]
        print(f"{name:22}", *(f"{one:38}" for one in said))


def told(seer: methods.Seer, depth: np.ndarray, camera: cameras.Pinhole) -> str:
    """Of the side with the higher score."""
    try:
        both = looking.in_depth(seer, depth, camera, SIDES, Hint())
    except FrameError as wrong:
        return str(wrong)[:30]
    best = max(both, key=lambda found: found.score)
    others = f"  {best.others} more" if best.others else ""
    said = f"{best.confidence:.2f}  score {best.score:.2f}  {best.spread:4.0f} mm"
    return said + others


def things() -> dict[str, np.ndarray]:
    """Depth frames by what is in them, mm; 0 where nothing is."""
    wall = np.full((HEIGHT, WIDTH), AWAY)
    return {
        "small ball": ball((0.0, 0.0, AWAY), 35.0),
        "ball": ball((0.0, 0.0, AWAY), 45.0),
        "cup": rod((0.0, -45.0, AWAY), (0.0, 45.0, AWAY), 38.0),
        "can": rod((-60.0, 0.0, AWAY), (60.0, 10.0, AWAY + 20.0), 33.0),
        "bottle": rod((0.0, -60.0, AWAY), (0.0, 110.0, AWAY), 35.0),
        "stick": rod((0.0, -100.0, AWAY), (20.0, 100.0, AWAY + 20.0), 15.0),
        "arm": rod((0.0, -20.0, AWAY), (30.0, 220.0, AWAY + 80.0), 36.0),
        "book": np.where(within(60.0, 80.0), AWAY, 0.0),
        "phone": np.where(within(37.0, 75.0), AWAY, 0.0),
        "wall": wall,
        "nothing": 0.0 * wall,
    }


def hands(camera: cameras.Pinhole) -> dict[str, np.ndarray]:
    """Depth frames of a right hand, and of another beside it or behind it."""
    template = load_template()
    angles = rotations_from_angles(template, jnp.asarray(NAMED["neutral relaxed"]))
    shape = jnp.zeros(len(template.shape_joints))

    @jax.jit
    def drawn(place):
        hand = articulate(template, Pose(angles, place, shape))
        size = {"height": HEIGHT, "width": WIDTH, "far": FAR}
        return rasterize(camera, hand.vertices, template.faces, **size).depth

    def at(x, z=AWAY):
        depth = np.asarray(drawn(jnp.array([x, 60.0, z])))
        return np.where(depth < FAR, depth, 0.0)

    found = {"hand": at(0.0)}
    for apart in (60.0, 90.0, 160.0):
        found[f"hands {apart:.0f} mm"] = nearer(at(-apart / 2), at(apart / 2))
    found["hand, another behind"] = nearer(at(-60.0), at(60.0, AWAY + 200.0))
    return found


def rays() -> np.ndarray:
    """Where each pixel looks, at depth 1."""
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack(
        [(u - WIDTH / 2) / FOCAL, (v - HEIGHT / 2) / FOCAL, np.ones(u.shape)], axis=-1
    )


def within(x: float, y: float) -> np.ndarray:
    """Pixels that see a rectangle across the way, from -x to x and -y to y, mm."""
    at = AWAY * rays()
    return (np.abs(at[..., 0]) < x) & (np.abs(at[..., 1]) < y)


def ball(c: tuple[float, float, float], r: float) -> np.ndarray:
    """Depth of a ball's front, mm."""
    d, centre = rays(), np.array(c)
    a, b = np.sum(d * d, axis=-1), d @ centre
    left = b * b - a * (centre @ centre - r * r)
    return np.where(left > 0.0, (b - np.sqrt(np.maximum(left, 0.0))) / a, 0.0)


def rod(
    start: tuple[float, float, float], stop: tuple[float, float, float], r: float
) -> np.ndarray:
    """Depth of a rod with round ends, mm."""
    places = np.linspace(start, stop, BEADS)
    return reduce(nearer, [ball(tuple(place), r) for place in places])


def nearer(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The nearer of two depths where there are two."""
    return np.where((one > 0.0) & ((one < other) | (other == 0.0)), one, other)


def noisy(rng: np.random.Generator, depth: np.ndarray) -> np.ndarray:
    read = depth + rng.normal(0.0, 1.0, depth.shape)
    return np.where(depth > 0.0, read, 0.0).astype(np.float32)


if __name__ == "__main__":
    main()
