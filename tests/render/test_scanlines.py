"""The neural renderer's gradient against loops over faces, edges, lines and pixels."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.hands import poses
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize
from handjax.render.scanlines import SMALL, with_pull

PIXELS = 20
CAMERA = cameras.orthographic_crop(240.0, PIXELS)


def soup(seed):
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-140, 140, (12, 1, 3)) + rng.normal(0, 40, (12, 3, 3))
    return corners.reshape(-1, 3), np.arange(36).reshape(12, 3)


def hand(seed):
    template = load_template("hand_790")
    vertices = template.vertices @ poses.sample_view(jax.random.key(seed)).T
    return np.asarray(vertices - vertices.mean(axis=0)), np.asarray(template.faces)


def slow(uv, faces, seen, g):
    """Sec. 3.2 pixel by pixel: what each end of each edge is given by each line."""
    slope, side = np.zeros_like(uv), len(seen)
    mask, eps = (seen >= 0).astype(float), SMALL * side / 2
    for number, face in enumerate(faces):
        a, b, c = uv[face]
        if (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0:
            continue
        for k in range(3):
            for axis in (0, 1):
                ends = face[k], face[(k + 1) % 3], face[(k + 2) % 3]
                for end, along, pull in pulls(
                    uv, ends, number, axis, seen, mask, g, eps
                ):
                    slope[end, along] -= pull
    return slope


def pulls(uv, ends, number, axis, seen, mask, g, eps):
    """Every pull on an edge from lines that hold the coordinate `axis` fixed."""
    side, along = len(seen), 1 - axis
    (p, q, r), at = (uv[end] for end in ends), pixel_at(axis)
    up = q[axis] > p[axis]
    # The face turns its front: its inside is known from where the edge runs.
    outward = (1 if up else -1) * (1 if axis == 0 else -1)
    low, high = sorted((p[axis], q[axis]))
    for line in range(max(math.ceil(low), 0), min(math.floor(high), side - 1) + 1):
        if low == high:
            continue
        x = p[along] + (q[along] - p[along]) * (line - p[axis]) / (q[axis] - p[axis])
        inner = math.floor(x) if outward > 0 else math.ceil(x)
        outer = inner + outward
        if not (0 <= inner < side and 0 <= outer < side):
            continue
        weights = []
        if seen[at(line, inner)] == number:
            for d in range(outer, side if outward > 0 else -1, outward):
                gain = mask[at(line, d)] - mask[at(line, inner)]
                weights.append((d, gain * g[at(line, d)]))
        far = leaving(p, q, r, line, axis, along)
        far = math.ceil(far) if outward > 0 else math.floor(far)
        for d in range(max(min(inner, far), 0), min(max(inner, far), side - 1) + 1):
            if seen[at(line, d)] == number:
                gain = mask[at(line, d)] - mask[at(line, outer)]
                weights.append((d, gain * g[at(line, d)]))
        for d, weight in weights:
            if weight <= 0:
                continue
            for end, lever in (
                (ends[0], (q[axis] - line) / (q[axis] - p[axis])),
                (ends[1], (line - p[axis]) / (q[axis] - p[axis])),
            ):
                if lever != 0:
                    apart = (d - x) / lever
                    yield end, along, weight / (apart + (eps if apart > 0 else -eps))


def pixel_at(axis):
    return (lambda line, d: (d, line)) if axis == 0 else (lambda line, d: (line, d))


def leaving(p, q, r, line, axis, along):
    """Where a line leaves the face by one of its other two edges."""
    start = p if (line - p[axis]) * (line - r[axis]) < 0 else q
    run = r[axis] - start[axis]
    return start[along] + (r[along] - start[along]) * (line - start[axis]) / (
        run or 1.0
    )


@pytest.mark.parametrize(
    "mesh", [soup(0), soup(1), hand(2)], ids=["soup", "other soup", "hand"]
)
def test_pulls_are_those_of_the_loop(mesh, x64):
    vertices, faces = np.asarray(mesh[0], np.float64), mesh[1]
    size = {"height": PIXELS, "width": PIXELS, "far": 1e4}
    seen = rasterize(CAMERA, jnp.asarray(vertices), jnp.asarray(faces), **size).face
    uv = cameras.project(CAMERA, jnp.asarray(vertices))
    g = np.random.default_rng(0).normal(size=seen.shape)
    mask, back = jax.vjp(lambda uv: with_pull(uv, jnp.asarray(faces), seen), uv)
    np.testing.assert_array_equal(mask, seen >= 0)
    found = back(jnp.asarray(g))[0]
    expected = slow(np.asarray(uv), faces, np.asarray(seen), g)
    assert np.abs(expected).max() > 1.0
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_a_pixel_to_be_covered_pulls_by_its_distance():
    # One face, its right side upright at u = 6; pixel (row 5, column 10) is wanted.
    uv = jnp.array([[2.0, 5.3], [6.0, 8.3], [6.0, 2.3]])
    seen = jnp.full((12, 12), -1).at[5, 3:7].set(0)
    g = jnp.zeros((12, 12)).at[5, 10].set(-1.0)
    slope = jax.vjp(lambda uv: with_pull(uv, jnp.array([[0, 1, 2]]), seen), uv)[1](g)[0]
    # 4 pixels away, shared 0.45 to 0.55 by the ends of that side.
    np.testing.assert_allclose(slope[:, 0], [0.0, -0.45 / 4, -0.55 / 4], rtol=1e-2)
