"""A person's hand drawn with its recovered texture, beside what the camera saw.

    PYTHONPATH=. python benchmarks/deep_hand_mesh_portraits.py \\
        --weights deep_hand_mesh --out sheets/portraits.png

The texture is unwrapped from all cameras' pictures of one neutral moment, by the
surface that the model estimates there. Moments of unseen motions, as far apart as there
are, are estimated from one picture each, and drawn as that camera would see them.
Above what was captured, beneath what is drawn. Source: [moon2020] Sec. 16.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from absl import logging
from deep_hand_mesh_sheet import Model, ready, seen
from ml_collections import ConfigDict

from handjax import visualize, weights
from handjax.data import studio
from handjax.geometry import cameras, transforms
from handjax.methods.deep_hand_mesh import portrait, texture

SHOWN, LARGE = 5, 256
"""Moments, and the edge of a picture."""
TEXELS = 256


def main() -> int:
    """Draw the sheet; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--weights", help="name of a release")
    which.add_argument("--workdir", help="folder of a run")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    logging.set_verbosity(logging.ERROR)
    find = weights.from_run if chosen.workdir else weights.from_release
    try:
        model = ready(find(chosen.workdir or chosen.weights))
    except (weights.MissingError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    T, known = recovered(model)
    columns = drawn(model, T, known)
    rows = [list(row) for row in zip(*columns, strict=True)]
    sheet = visualize.contact_sheet(rows, captions=("captured", "drawn"))
    print(f"{np.mean(known):.0%} of texels were seen")
    print(visualize.save_png(chosen.out, sheet))
    return 0


def recovered(model: Model) -> tuple[Any, Any]:
    """The texture, and which of its texels a camera saw."""
    config = ConfigDict(model.found.config.to_dict()).studio
    config.update({"labels": ("joints", "pictures")})
    source = studio.neutral(config, 1)
    batch = jax.jit(source.sample)(jax.random.key(0), source.held)
    vertices = model.predict(batch).placed.vertices
    assert batch.targets is not None
    return jax.jit(lambda x: texture.target(x, batch.targets, model.template))(vertices)


def drawn(model: Model, T: Any, known: Any) -> list[list[np.ndarray]]:
    """Of moments of the test: what was captured, and what is drawn."""
    config = model.found.config
    which = config.studio.subject, "tiny", config.evaluation.batch_size
    test = studio.test_frames_in_colour(*which, pixels=config.studio.rgb.pixels)
    stage, _ = test.part(0)
    moments = np.arange(SHOWN) * test.count // SHOWN
    batch = jax.jit(test.source.sample)(jax.random.key(0), (stage, moments))
    surfaces = model.predict(batch).placed.vertices

    @jax.jit
    def draw(k: Any) -> Any:
        views = jax.tree.map(lambda leaf: leaf[k, 0], batch.views)
        scale = LARGE / config.studio.rgb.pixels
        camera = cameras.crop(views.camera, jnp.zeros(2), jnp.full(2, scale))
        at = transforms.compose(views.crop_from_camera, views.camera_from_world)
        vertices = transforms.apply(at, surfaces[k])
        white = jnp.ones((LARGE, LARGE, 3))
        return portrait.portrait(camera, vertices, model.template, T, known, white)

    columns = []
    for k in range(SHOWN):
        one = jax.tree.map(lambda leaf, k=k: leaf[k : k + 1], batch)
        picture = np.clip(255.0 * np.asarray(draw(k).picture) + 0.5, 0, 255)
        columns.append([seen(one), picture.astype(np.uint8)])
    return columns


if __name__ == "__main__":
    sys.exit(main())
