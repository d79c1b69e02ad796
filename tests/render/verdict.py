"""Whether each pixel of a picture is right, whatever rounding may have done to it.

Every face meets every pixel in float64, by two products of matrices: how far inside the
face the pixel's centre is, and how deep the face's plane is there. Vertices rounded to
float32 may lie `SLACK` pixels from where they should. So a pixel's answer is right if
its face is within `SLACK` of the centre and nothing that surely covers the centre is
nearer; or if there is no face and none surely covers it. No pixel is left out.

Notation, shared by every function here:
    p: pixels' centres as (u, v, 1), [pixels, 3].
    q: depth in a measure that is linear in the picture: z, or -1/z with a pinhole.
"""

from typing import NamedTuple

import numpy as np

from handjax.geometry.cameras import NEAREST, Pinhole

SLACK = 1e-4
"""Pixels; at 256 of them float32 resolves 0.00002."""

DEPTH_SLACK = 1e-3
"""mm, where the face is seen from the front; slanting ones have as much as they move
in `SLACK` pixels besides."""


PAIRS_AT_A_TIME = 100_000
"""Of pixels and faces: what fits the cache."""


class Planes(NamedTuple):
    """Linear functions of p for every face that can be seen.

    Attributes:
        inside: distances from the three edges' lines, positive inside, pixels.
        q: of the face's plane.
        slack: by how much q may be off.
    """

    inside: np.ndarray  # [3, 3, faces]
    q: np.ndarray  # [3, faces]
    slack: np.ndarray  # [faces]


class Verdict(NamedTuple):
    """Of each pixel.

    Attributes:
        wrong: whether its answer cannot be right.
        open: whether more than one answer would have been.
    """

    wrong: np.ndarray
    open: np.ndarray


def judge(camera, vertices, faces, far, picture) -> Verdict:
    """What is wrong with a `Rendering` without culling, or of a closed surface."""
    height, width = picture.face.shape
    planes = _planes(camera, np.float64(vertices), np.asarray(faces))
    pinhole = isinstance(camera, Pinhole)
    v, u = np.mgrid[:height, :width].astype(float)
    p = np.stack([u.ravel(), v.ravel(), np.ones(u.size)], axis=-1)
    face = np.asarray(picture.face).ravel()
    q = np.float64(picture.depth).ravel()
    q, far = (-1.0 / q, -1.0 / far) if pinhole else (q, far)
    found, few = [], max(PAIRS_AT_A_TIME // len(faces), 1)
    for k in range(0, len(p), few):
        some = slice(k, k + few)
        found.append(_judge(planes, far, p[some], face[some], q[some]))
    wrong, undecided = (np.concatenate(x) for x in zip(*found, strict=True))
    return Verdict(wrong.reshape(height, width), undecided.reshape(height, width))


def _planes(camera, vertices, faces) -> Planes:
    """The functions of each face; one that is degenerate or too near is nowhere."""
    pinhole = isinstance(camera, Pinhole)
    z = vertices[:, 2]
    focal, centre = (np.float64(x) for x in camera)
    uv = vertices[:, :2] / np.maximum(z, NEAREST)[:, None] if pinhole else vertices
    uv = uv[:, :2] * focal + centre
    q = (-1.0 / np.maximum(z, NEAREST) if pinhole else z)[faces.T]
    corner = np.append(uv, np.ones((len(uv), 1)), axis=1)[faces.T]
    edges = np.stack([np.cross(corner[k - 2], corner[k - 1]) for k in range(3)])
    area = np.sum(corner[0] * edges[0], axis=-1)
    drawn = np.abs(area) > 1e-10
    if pinhole:
        drawn &= np.min(z[faces], axis=1) > NEAREST
    area = np.where(drawn, area, 1.0)
    plane = np.einsum("kfi,kf->if", edges, q) / area
    length = np.maximum(np.hypot(edges[..., 0], edges[..., 1]), 1e-30)
    inside = np.moveaxis(edges * (np.sign(area) / length)[..., None], 2, 1)
    inside[0, :, ~drawn] = (0.0, 0.0, -np.inf)
    deepest = np.max(np.abs(q), axis=0)
    slack = DEPTH_SLACK * (deepest**2 if pinhole else 1.0)
    return Planes(inside, plane, slack + SLACK * np.abs(plane[:2]).sum(axis=0))


def _judge(planes, far, p, face, q) -> Verdict:
    """The verdict on some pixels."""
    inside = np.min(p @ planes.inside, axis=0)
    depth = p @ planes.q
    latest = np.where(inside > SLACK, depth + planes.slack, np.inf)
    latest = np.minimum(latest.min(axis=1), far)
    earliest = depth - planes.slack
    right = (inside >= -SLACK) & (earliest <= latest[:, None])
    background = latest >= far
    own = np.maximum(face, 0)[:, None]
    shown = np.take_along_axis(right, own, axis=1)[:, 0]
    off = np.abs(np.take_along_axis(depth, own, axis=1)[:, 0] - q)
    shown &= off <= planes.slack[own[:, 0]]
    shown = np.where(face >= 0, shown, background)
    return Verdict(~shown, right.sum(axis=1) + background != 1)
