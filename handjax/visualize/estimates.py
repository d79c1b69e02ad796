"""Estimates beside the truth: what the network saw, said and should have said."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from handjax.geometry.cameras import project
from handjax.hands import spheres
from handjax.visualize.figures import HAND_COLOURS, draw_joints, draw_spheres
from handjax.visualize.sheets import contact_sheet, enlarge
from handjax.visualize.surface import Picture, depth_to_rgb

SCALE = 3
LARGE = 192
"""About the edge of pictures in colour, pixels."""
# PARTS counts the palm and the fingers from index to thumb, HAND_COLOURS from thumb on.
SPHERE_COLOURS = HAND_COLOURS[np.array([0, 2, 3, 4, 5, 1])[spheres.PARTS]]


def estimates_sheet(
    found: Any, frames: Sequence[int], *, far: float | int, headings: Sequence[str] = ()
) -> Picture:
    """A column a frame: depth, predicted joints over it, spheres, true spheres; of
    pictures in colour the picture, predicted joints over it, true ones.

    Args:
        found: `training.Estimates`.
        frames: which of its frames, left to right.
        far: depths from here on are background, mm.
        headings: a line over each column.
    """
    if found.image is not None:
        columns = [_in_colour(found, frame) for frame in frames]
        captions = ("picture", "predicted joints", "true joints")
    else:
        columns = [_column(found, frame, far) for frame in frames]
        captions = ("depth", "predicted joints", "predicted, true radii")
        captions += ("true spheres",)
    rows = list(zip(*columns, strict=True))
    return contact_sheet(rows, headings=headings, captions=captions[: len(rows)])


def _in_colour(found: Any, frame: int) -> list[Picture]:
    """Joints as they were told scale and root, where they were."""
    picture = np.asarray(found.image[frame])
    scale = max(1, round(LARGE / picture.shape[0]))
    large, camera = enlarge(picture, scale), _camera(found, frame)
    name = "given21" if "given21" in found.predicted else "keypoints21"
    column = [large]
    for joints in (found.predicted[name], found.truth[name]):
        uv = np.asarray(project(camera, jnp.asarray(joints[frame])))
        column.append(draw_joints(large, uv, scale=scale, radius=2.5))
    return column


def _camera(found: Any, frame: int) -> Any:
    return type(found.camera)(*(jnp.asarray(leaf[frame]) for leaf in found.camera))


def _column(found: Any, frame: int, far: float | int) -> list[Picture]:
    depth = np.asarray(found.depth[frame])
    camera = _camera(found, frame)
    picture = enlarge(depth_to_rgb(depth, far=far), SCALE)
    joints = jnp.asarray(found.predicted["keypoints21"][frame])
    uv = np.asarray(project(camera, joints))
    column = [picture, draw_joints(picture, uv, scale=SCALE, radius=2.5)]
    if found.radii is None:
        return column
    for centres in (found.predicted["centres41"], found.truth["centres41"]):
        balls = np.asarray(centres[frame]), np.asarray(found.radii[frame])
        column.append(_spheres(*balls, camera, depth.shape[0]))
    return column


def _spheres(
    centres: Float[np.ndarray, "41 3"],
    radii: Float[np.ndarray, "41"],
    camera: Any,
    size: int,
) -> Picture:
    focal, middle = np.asarray(camera.focal), np.asarray(camera.centre)
    return draw_spheres(
        centres, radii, focal, middle, size=size, scale=SCALE, colours=SPHERE_COLOURS
    )
