"""What graph_cnn says of pictures: held-out synthetic ones, and real ones.

    PYTHONPATH=. python benchmarks/graph_cnn_sheet.py --weights graph_cnn \\
        [--rhd FOLDER] [--freihand FOLDER] --out sheet.png
    ... --workdir runs/colour --out sheet.png

A row a picture, none chosen: the picture; heat-maps over it; key points, the true ones
in grey; the mesh over it; the mesh from the right. A folder of real pictures has
one .json beside them that labels them in COCO's form: key points in the picture, in
RHD's or FreiHAND's order, and maybe in the camera, mm. Crops stand around the labelled
key points as synthetic ones do. The mesh has the true scale and root depth where they
are known, as RHD's; FreiHAND's have no camera either, and one is assumed for them.
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import coco
from handjax import visualize, weights
from handjax.experiment import assemble
from handjax.geometry import cameras, meshes
from handjax.hands.template import Template, load_template
from handjax.methods import pictures
from handjax.render.rasterize import interpolate, rasterize
from handjax.visualize.figures import KEYPOINT_COLOURS

SHOWN, LARGE = 6, 256
"""Synthetic pictures; about the edge of a picture on the sheet."""
SIDE = 260.0
"""Edge of the view from the side, mm."""
FAR = 1e4
"""Beyond everything, mm."""
GREY = np.full((21, 3), 150, np.uint8)


def main() -> int:
    """Draw the sheet; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--weights", help="name of a release")
    which.add_argument("--workdir", help="folder of a run")
    parser.add_argument("--rhd", type=Path, help="folder of its pictures")
    parser.add_argument("--freihand", type=Path, help="folder of its pictures")
    parser.add_argument("--seed", type=int, default=17, help="of synthetic pictures")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    find = weights.from_run if chosen.workdir else weights.from_release
    try:
        found = find(chosen.workdir or chosen.weights)
        require(found)
        folders = {"rhd": chosen.rhd, "freihand": chosen.freihand}
        real = [s for name, at in folders.items() if at for s in coco.read(at, name)]
    except (weights.MissingError, OSError, ValueError, LookupError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    print(visualize.save_png(chosen.out, draw(found, real, chosen.seed)))
    return 0


def require(found: weights.Weights) -> None:
    """Refuse weights of another method, or that say no mesh."""
    model = found.config.model
    if found.config.method != "graph_cnn" or model.pipeline != "mesh":
        raise ValueError(f"{found.origin} is no graph_cnn with the pipeline 'mesh'")


def draw(found: weights.Weights, real: list[coco.Seen], seed: int) -> np.ndarray:
    """The sheet of synthetic and of real pictures."""
    method, sources = assemble(found.config)[1:]
    template = load_template(found.config.template)
    source = sources["synthetic"](SHOWN)
    batch = jax.jit(source.sample)(jax.random.key(seed), source.held)
    predict = jax.jit(partial(method.predict, key=None, train=False))
    said = predict(found.params, found.state, batch)[0]
    rows = [row(batch, said, template, k) for k in range(SHOWN)]
    if real:
        batch = coco.cropped(real, found.config.synthetic.rgb.pixels)
        said = predict(found.params, found.state, batch)[0]
        for k, seen in enumerate(real):
            pictures = row(batch, said, template, k)
            # A left hand goes out as it came in.
            rows.append(pictures if seen.right else [p[:, ::-1] for p in pictures])
    headings = ("picture", "heat-maps", "key points", "mesh", "from the side")
    return visualize.contact_sheet(rows, headings=headings)


def row(batch: Any, said: Any, template: Template, frame: int) -> list[np.ndarray]:
    """The pictures of one frame."""
    image = np.asarray(batch.views.image[frame, 0])
    scale = max(1, round(LARGE / len(image)))
    picture = visualize.enlarge((255.0 * image + 0.5).astype(np.uint8), scale)
    camera = jax.tree.map(lambda x: x[frame], pictures.camera_of(batch))
    uv = np.asarray(cameras.project(camera, said.joints[frame]))
    true = np.asarray(batch.labels.keypoints2d[frame, 0])
    joints = visualize.draw_joints(picture, true, scale=scale, radius=2.5, colours=GREY)
    vertices, size = said.vertices[frame], len(picture)
    large = cameras.crop(camera, jnp.zeros(2), jnp.full(2, float(scale)))
    return [
        picture,
        heated(picture, np.asarray(said.heatmaps[-1][frame])),
        visualize.draw_joints(joints, uv, scale=scale, radius=2.0),
        surface(large, vertices, template, size, picture),
        surface(*turned(vertices, size), template, size, visualize.PAPER),
    ]


def heated(picture: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Heat-maps over a picture, each in its finger's colour."""
    from PIL import Image

    h = np.clip(maps, 0.0, 1.0)
    strongest = h.max(axis=-1, keepdims=True)
    share = h / np.maximum(h.sum(axis=-1, keepdims=True), 1e-6)
    colour = (share @ KEYPOINT_COLOURS.astype(float)).astype(np.uint8)
    size, smooth = picture.shape[1::-1], Image.Resampling.BILINEAR
    colour = np.asarray(Image.fromarray(colour).resize(size, smooth))
    alpha = Image.fromarray((255.0 * strongest[..., 0]).astype(np.uint8))
    alpha = np.asarray(alpha.resize(size, smooth))[..., None] / 255.0
    return ((1.0 - alpha) * picture / 2 + alpha * colour).astype(np.uint8)


def turned(vertices: Any, size: int) -> tuple[cameras.Orthographic, Any]:
    """A mesh as it is seen from the right, along its camera's x, and what sees it."""
    x, y, z = (vertices - vertices.mean(axis=0)).T
    return cameras.orthographic_crop(SIDE, size), jnp.stack([z, y, -x], axis=-1)


def surface(
    camera: Any, vertices: Any, template: Template, size: int, behind: Any
) -> np.ndarray:
    """A mesh shaded, over a picture or a colour."""
    drawn = rasterize(
        camera, vertices, template.faces, height=size, width=size, far=FAR
    )
    normals = meshes.vertex_normals(vertices, template.faces)
    at_pixels = np.asarray(interpolate(drawn, template.faces, normals))
    length = np.linalg.norm(at_pixels, axis=-1, keepdims=True)
    unit = np.where(length > 0.0, at_pixels / np.maximum(length, 1e-6), 0.0)
    return visualize.shade(unit, background=behind)


if __name__ == "__main__":
    sys.exit(main())
