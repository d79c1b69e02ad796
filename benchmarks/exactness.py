"""Wrong pixels of the rasteriser: every level of the hand, every size, both cameras.

    PYTHONPATH=. python benchmarks/exactness.py
    PYTHONPATH=. python benchmarks/exactness.py --hands 3 --design tiles

Random poses from random sides, in float32, judged by `tests/render/verdict.py`: every
face at every pixel in float64, in other arithmetic than the rasteriser's. A pixel is
wrong if no rounding of the vertices by 0.0001 pixels could have made its face and its
depth right; none is left out. Those where rounding has a choice (an edge runs through
the centre, two surfaces are equally near) are counted beside. Seeds 0, 1, ...
"""

import argparse

import jax
import jax.numpy as jnp
import numpy as np

from handjax.hands.articulate import articulate, rest_pose, rotations_from_angles
from handjax.hands.poses import sample_angles, sample_view
from handjax.hands.template import Template, load_template
from handjax.render.designs import DESIGNS
from handjax.render.rasterize import rasterize
from tests.render.scenes import Mesh, soup, square_cameras
from tests.render.verdict import judge

LEVELS = ("hand_790", "hand_1000", "hand_1721", "hand_12553")
SIZES = (32, 64, 128, 256)
FAR = 900.0


@jax.jit
def posed(template: Template, seed: int) -> jax.Array:
    """A hand in a random pose from a random side."""
    of_pose, of_view = jax.random.split(jax.random.key(seed))
    turns = rotations_from_angles(template, sample_angles(of_pose, template))
    hand = articulate(template, rest_pose(template)._replace(rotations=turns))
    return hand.vertices @ sample_view(of_view).T


def scene(name: str, seed: int) -> Mesh:
    """A hand, or faces of all kinds at random, 600 mm away."""
    if name == "random faces":
        mesh = soup(seed)
        return mesh._replace(vertices=mesh.vertices + np.array([0.0, 0.0, 400.0]))
    template = load_template(name)
    vertices = np.asarray(posed(template, seed), float)
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    return Mesh(vertices - middle + [0, 0, 600.0], np.asarray(template.faces))


def judged(name: str, kind: str, pixels: int, hands: int, design: str | None):
    """How many pixels there are, see a face, have a choice, are wrong."""
    camera = jax.tree.map(np.float32, square_cameras(pixels)[kind])
    size = {"height": pixels, "width": pixels, "far": FAR, "design": design}
    counts = np.zeros(4, int)
    for seed in range(hands):
        mesh = scene(name, seed)
        vertices = jnp.asarray(mesh.vertices, jnp.float32)
        faces = jnp.asarray(mesh.faces)
        picture = rasterize(jax.tree.map(jnp.asarray, camera), vertices, faces, **size)
        wrong, undecided = judge(camera, vertices, mesh.faces, FAR, picture)
        seen = np.asarray(picture.face) >= 0
        counts += [seen.size, seen.sum(), undecided.sum(), wrong.sum()]
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hands", type=int, default=1, help="scenes of each kind")
    parser.add_argument("--design", choices=DESIGNS, help="by default the fastest")
    options = parser.parse_args()
    total = np.zeros(4, int)
    print(f"{'':14}{'camera':14}{'size':>5}{'pixels':>9}{'seen':>8}{'open':>6}  wrong")
    for name in (*LEVELS, "random faces"):
        for kind in square_cameras(32):
            for pixels in SIZES:
                found = judged(name, kind, pixels, options.hands, options.design)
                total += found
                pixels_, seen, undecided, wrong = found
                row = f"{name:14}{kind:14}{pixels:5}{pixels_:9}{seen:8}"
                print(f"{row}{undecided:6}{wrong:7}", flush=True)
    print("in all: {} pixels, {} see a face, {} open, {} wrong".format(*total))


if __name__ == "__main__":
    main()
