"""Meshes that renderers are tested on, and brute force that knows what they show."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from handjax.geometry.cameras import NEAREST, Camera, Orthographic, Pinhole
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize

HEIGHT, WIDTH, FAR = 24, 32, 400.0
CENTRE = np.array([15.3, 11.8])
ORTHOGRAPHIC = Orthographic(np.array([0.11, 0.12]), CENTRE)
PINHOLE = Pinhole(np.array([31.0, 30.0]), CENTRE)
CAMERAS = pytest.mark.parametrize("camera", [ORTHOGRAPHIC, PINHOLE])

render = partial(rasterize, height=HEIGHT, width=WIDTH, far=FAR)


class Mesh(NamedTuple):
    vertices: np.ndarray
    faces: np.ndarray


class Reference(NamedTuple):
    """What brute force sees, and at which pixels rounding cannot change it."""

    depth: np.ndarray
    face: np.ndarray
    clear: np.ndarray


def as_arrays(*trees, dtype=jnp.float32):
    return jax.tree.map(lambda x: jnp.asarray(x, dtype), trees)


def sphere() -> Mesh:
    mesh = trimesh.creation.icosphere(2, radius=70.0)
    return Mesh(mesh.vertices * [1.3, 1.0, 0.8] + [3.0, -2.0, 210.0], mesh.faces)


def hand() -> Mesh:
    template = load_template("hand_790")
    turn = trimesh.transformations.rotation_matrix(2.0, [1, 2, 3])[:3, :3]
    vertices = np.asarray(template.vertices) @ turn.T
    return Mesh(vertices + np.array([60.0, 0, 250]), np.asarray(template.faces))


def soup(seed: int) -> Mesh:
    """Faces of all sizes, off the picture, behind the camera, degenerate, repeated."""
    rng = np.random.default_rng(seed)
    spread = rng.choice([10.0, 30.0, 60.0, 600.0], (40, 1, 1), p=[0.3, 0.3, 0.3, 0.1])
    corners = rng.uniform(-120, 120, (40, 1, 3)) + spread * rng.normal(size=(40, 3, 3))
    corners[..., 2] += 200.0
    corners[0] = corners[0, 0]
    corners[1, 2] = 0.5 * (corners[1, 0] + corners[1, 1])
    corners[3] = corners[2]
    return Mesh(corners.reshape(-1, 3), np.arange(120).reshape(40, 3))


def grid(x, y) -> Mesh:
    """A sheet at depth 100 with two faces a cell."""
    rows, columns = x.shape
    at = np.arange(x.size).reshape(rows, columns)
    a, b, c, d = (at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1])
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    vertices = np.stack([x, y, np.full_like(x, 100.0)], -1).reshape(-1, 3)
    return Mesh(vertices, faces.reshape(-1, 3))


def cross(a, b):
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def brute_force(camera, mesh) -> Reference:
    """Every face at every pixel: no boxes, no chunks, no arithmetic in common."""
    pinhole = isinstance(camera, Pinhole)
    vertices = np.asarray(mesh.vertices, np.float64)
    z = vertices[:, 2]
    scale = np.where(z > NEAREST, z, np.nan)[:, None] if pinhole else 1.0
    a, b, c = (vertices[:, :2] / scale * camera.focal + camera.centre)[mesh.faces.T]
    p = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), -1)[:, :, None]
    corners = ((b, c), (c, a), (a, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        w = np.stack([cross(x - p, y - p) for x, y in corners], -1)
        w = w / cross(b - a, c - a)[:, None]
        depth = np.sum(w * (1 / z if pinhole else z)[mesh.faces], -1)
        depth = 1 / depth if pinhole else depth
        depth = np.where(np.all(w >= 0, -1) & (depth < FAR), depth, np.inf)
        edge = np.nanmin(np.abs(np.where(np.isfinite(w), w, np.nan)), (-2, -1))
    two = np.sort(np.append(depth, np.full((HEIGHT, WIDTH, 1), FAR), -1))[..., :2]
    face = np.where(two[..., 0] < FAR, np.argmin(depth, -1), -1)
    return Reference(two[..., 0], face, (edge > 1e-5) & (two[..., 1] > two[..., 0]))


def square_cameras(pixels) -> dict[str, Camera]:
    """Two cameras of a square picture that a hand fills, 600 mm away."""
    centre = np.full(2, (pixels - 1) / 2)
    return {
        "orthographic": Orthographic(np.full(2, pixels / 220.0), centre),
        "perspective": Pinhole(np.full(2, pixels * 600.0 / 220.0), centre),
    }


def turned_hand(level: str, seed: int) -> Mesh:
    """The hand at rest from a random side, 600 mm away."""
    template = load_template(level)
    turn = trimesh.transformations.random_rotation_matrix(
        np.random.default_rng(seed).uniform(size=3)
    )[:3, :3]
    vertices = np.asarray(template.vertices, float) @ turn.T
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    return Mesh(vertices - middle + [0, 0, 600.0], np.asarray(template.faces))
