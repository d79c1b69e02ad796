"""What dual_grid says of held-out frames, as in the paper's Figure 1.

    PYTHONPATH=. python benchmarks/dual_grid_sheet.py --weights runs/mesh
        [--dataset studio --subject C] [--out docs/images/dual_grid.png]

A column a frame, none chosen: depth with the outline of what is taken for the hand; the
correspondence map, coloured by the grid's two coordinates; vertices as sampled, and
once the template lies on them, shaded and as depth; key points, the true ones in grey.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from handjax import visualize, weights
from handjax.batch import FAR
from handjax.data import studio
from handjax.experiment import assemble
from handjax.geometry import cameras, meshes
from handjax.hands.template import Template, load_template
from handjax.render.rasterize import interpolate, rasterize

SHOWN, SCALE, SIZE = 8, 2, 300.0
GREY = np.full((21, 3), 150, np.uint8)
CAPTIONS = (
    "depth, and what is taken for the hand",
    "correspondences",
    "vertices as sampled",
    "their depth",
    "refined",
    "their depth",
    "key points",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", required=True, help="a release or a run's folder")
    parser.add_argument(
        "--dataset", choices=("synthetic", "studio"), default="synthetic"
    )
    parser.add_argument("--subject", choices=studio.SUBJECTS, default="C")
    parser.add_argument("--out", type=Path, default=Path("docs/images/dual_grid.png"))
    chosen = parser.parse_args()
    found = weights.find(chosen.weights)
    batch, prediction = estimates(found, chosen)
    template = load_template(found.config.template)
    look = partial(column, batch, prediction, template, found.config.model.grid)
    rows = zip(*map(look, range(SHOWN)), strict=True)
    sheet = visualize.contact_sheet(list(rows), captions=CAPTIONS)
    print(visualize.save_png(chosen.out, sheet))


def estimates(found: weights.Weights, chosen: argparse.Namespace) -> tuple[Any, Any]:
    """Held-out frames and what the method says of them."""
    method, sources = assemble(found.config)[1:]
    key = jax.random.key(17)
    if chosen.dataset == "studio":
        test = studio.test_frames(chosen.subject, "test", SHOWN)
        source, held = test.source, test.part(0)
    else:
        source = sources["synthetic"](SHOWN)
        held = source.held
    batch = jax.jit(source.sample)(key, held)
    predict = partial(method.predict, key=key, train=False)
    return batch, jax.jit(predict)(found.params, found.state, batch)[0]


def column(
    batch: Any, prediction: Any, template: Template, grid: int, frame: int
) -> list[np.ndarray]:
    """The pictures of one frame's first view."""
    views = jax.tree.map(lambda leaf: leaf[frame, 0], (batch.views, prediction))
    seen, said = views
    D = np.asarray(seen.depth)
    hand = (np.asarray(said.mask) > 0.0) & (D < FAR)
    enlarge = partial(visualize.enlarge, scale=SCALE)
    depth = enlarge(visualize.depth_to_rgb(D, far=FAR))
    colours = coloured(np.asarray(said.map) / (grid - 1.0))
    shown = np.where(hand[..., None], colours, visualize.PAPER).astype(np.uint8)
    pictures = [outlined(depth, enlarge(hand[..., None])[..., 0]), enlarge(shown)]
    for vertices in (said.vertices, said.refined):
        pictures += surface(vertices, template, SCALE * len(D))
    return [*pictures, joints(depth, batch, said, seen, frame)]


def joints(depth: np.ndarray, batch: Any, said: Any, seen: Any, frame: int) -> Any:
    """Estimated key points over the depth, the true ones beneath."""
    rig = np.asarray(seen.crop_from_camera) @ np.asarray(seen.camera_from_world)
    true = np.asarray(batch.labels.joints[frame]) @ rig[:3, :3].T + rig[:3, 3]
    uv, wanted = (
        np.asarray(cameras.project(seen.camera, jnp.asarray(points, jnp.float32)))
        for points in (said.keypoints, true)
    )
    picture = visualize.draw_joints(
        depth, wanted, scale=SCALE, radius=2.5, colours=GREY
    )
    return visualize.draw_joints(picture, uv, scale=SCALE, radius=2.0)


def coloured(uv: np.ndarray) -> np.ndarray:
    """A colour for every place of the grid, 0 to 255."""
    u, v = np.moveaxis(np.clip(uv, 0.0, 1.0), -1, 0)
    return 255.0 * np.stack([u, 1.0 - v, 0.35 + 0.5 * (1.0 - u) * v], axis=-1)


def outlined(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The picture with the outline of a mask in red."""
    inner = mask.copy()
    for axis in (0, 1):
        inner &= np.roll(mask, 1, axis) & np.roll(mask, -1, axis)
    picture = picture.copy()
    picture[mask & ~inner] = (220, 40, 40)
    return picture


def surface(vertices: Any, template: Template, pixels: int) -> list[np.ndarray]:
    """A mesh shaded, and as depth."""
    camera = cameras.orthographic_crop(SIZE, pixels)
    size = {"height": pixels, "width": pixels, "far": FAR}
    drawn = rasterize(camera, vertices, template.faces, **size)
    normals = meshes.vertex_normals(vertices, template.faces)
    at_pixels = np.asarray(interpolate(drawn, template.faces, normals))
    length = np.linalg.norm(at_pixels, axis=-1, keepdims=True)
    unit = np.where(length > 0.0, at_pixels / np.maximum(length, 1e-6), 0.0)
    depth = visualize.depth_to_rgb(np.asarray(drawn.depth), far=FAR)
    return [visualize.shade(unit), depth]


if __name__ == "__main__":
    main()
