"""What goes into each released method, and what comes out of it.

    PYTHONPATH=. python benchmarks/front.py --out docs/images/methods.jpg

A row a method: what it sees; its key points, the true ones in grey; its surface as the
camera sees it, and from the side. Where a method says key points alone, the template is
laid on them, as `python -m handjax predict` does. None of the frames is chosen by eye:
of --frames held-out ones it is that whose key points err as far as most, the median
after a Procrustes alignment, which asks the same of all. Depth methods and those on
colour see synthetic hands, deep_hand_mesh moments of its own person.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from absl import logging
from PIL import Image

from benchmarks.graph_cnn_sheet import GREY, surface, turned
from benchmarks.methods import Entry, frames_of, open_entry
from handjax import training, visualize
from handjax.batch import FAR, Batch
from handjax.evaluation import aligned, metrics
from handjax.geometry import cameras, transforms
from handjax.hands.fit_joints import fit_joints
from handjax.hands.template import Template, load_template

METHODS = (
    *("wan_spheres", "dual_grid", "graph_cnn", "dense_hand_pose"),
    "deep_hand_mesh",
)
JOINTS = ("given21_refined", "given21", "laid21", "keypoints21")
"""Key points that are drawn: the first of these that a method says."""
SURFACES = ("given_vertices_refined", "given_vertices", "surface", "refined")
"""Surfaces likewise; a hand laid on the key points where there is none of them."""
NOISE = 5.0
"""How far off key points are taken to be where a hand is laid on them, mm."""
LARGE = 256
"""Edge of a picture on the sheet."""
QUALITY = 88
"""Of a .jpg; a .png has none."""


class Shown(NamedTuple):
    """A frame and what a method said of it, in the frame of its crop, mm.

    Attributes:
        picture: what was seen, LARGE on each side.
        camera: crop frame to pixels of that.
        joints, true: key points.
        vertices: of the surface.
        template: whose faces they have.
    """

    picture: np.ndarray
    camera: Any
    joints: np.ndarray
    true: np.ndarray
    vertices: np.ndarray
    template: Template


def main() -> int:
    """Draw the sheet; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    logging.set_verbosity(logging.ERROR)
    rows = [row(look(open_entry(name), chosen.frames)) for name in chosen.methods]
    headings = ("goes in", "key points", "comes out", "from the side")
    sheet = visualize.contact_sheet(rows, headings=headings, captions=chosen.methods)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(chosen.out, quality=QUALITY)
    print(chosen.out)
    return 0


def look(entry: Entry, frames: int) -> Shown:
    """The middle one of held-out frames, looked at."""
    batch = drawn(entry, frames)
    method, found = entry.made.method, entry.found
    key = jax.random.key(0)
    predict = jax.jit(lambda *held: method.predict(*held, key=key, train=False)[0])
    said = predict(found.params, found.state, batch)
    sets = jax.jit(method.joints)(said, batch)
    if method.refine is not None:
        steps = found.config.refinement.steps
        better = method.refine(found.params, said, batch, steps=steps)
        fine = jax.jit(method.joints)(better, batch)
        sets |= {f"{name}_refined": points for name, points in fine.items()}
    name = next(name for name in JOINTS if name in sets)
    joints, true = np.asarray(sets[name]), np.asarray(batch.labels.joints)
    nearest = aligned.procrustes(joints, true, np.ones(true.shape[:2], bool))
    each = metrics.per_frame(metrics.joint_errors(nearest, true))
    middle = int(np.argsort(each)[len(each) // 2])
    template = load_template(found.config.template)
    return shown(batch, sets, joints, middle, template)


def drawn(entry: Entry, frames: int) -> Batch:
    """Held-out frames with their true key points."""
    if entry.personal:
        entry.found.config.evaluation.batch_size = frames
        test = frames_of(entry.found.config, entry.found.config.studio.subject)
        # Moments follow one another: every so many of them.
        held, count = test.part(0), test.count
        stage, _ = held
        source, key = test.source, jax.random.key(0)
        held = stage, np.arange(frames) * count // frames
    else:
        source = entry.made.sources["synthetic"](frames)
        key, held = jax.random.fold_in(jax.random.key(0), training.TEST), source.held
    return jax.jit(source.sample)(key, held)


def shown(
    batch: Batch, sets: Any, joints: np.ndarray, k: int, template: Template
) -> Shown:
    """What is to be drawn of frame k."""
    views = jax.tree.map(lambda leaf: leaf[k, 0], batch.views)
    crop = transforms.compose(views.crop_from_camera, views.camera_from_world)
    name = next((name for name in SURFACES if name in sets), None)
    if name is None:
        vertices = fit_joints(template, joints[k], noise=NOISE).vertices
    else:
        vertices = sets[name][k]
    if views.image is None:
        seen = visualize.depth_to_rgb(np.asarray(views.depth), far=FAR)
    else:
        seen = (255.0 * np.asarray(views.image) + 0.5).astype(np.uint8)
    scale = max(1, LARGE // len(seen))
    points = joints[k], batch.labels.joints[k], vertices
    x, true, surface_ = (np.asarray(transforms.apply(crop, p)) for p in points)
    large = cameras.crop(views.camera, np.zeros(2), np.full(2, float(scale)))
    picture = visualize.enlarge(seen, scale)
    return Shown(picture, large, x, true, surface_, template)


def row(found: Shown) -> list[np.ndarray]:
    """The pictures of one frame."""
    picture, size = found.picture, len(found.picture)
    uv, true = (
        np.asarray(cameras.project(found.camera, x)) for x in (found.joints, found.true)
    )
    joints = visualize.draw_joints(picture, true, scale=1, radius=2.5, colours=GREY)
    side = turned(found.vertices, size)
    return [
        picture,
        visualize.draw_joints(joints, uv, scale=1, radius=2.5),
        surface(found.camera, found.vertices, found.template, size, picture),
        surface(*side, found.template, size, visualize.PAPER),
    ]


if __name__ == "__main__":
    sys.exit(main())
