"""A picture of a fit: the frame, the hand over it, and its joints."""

import io

import numpy as np
from jaxtyping import Float, Int
from PIL import Image, ImageDraw

from handjax.geometry.cameras import Pinhole
from handjax.visualize import contact_sheet, depth_to_rgb, draw_joints, shade
from handjax.visualize.surface import Picture

SIZE = 420
"""Edge of each picture, pixels."""

MARGIN = 0.25
"""What is shown around the hand, as a share of its extent."""

IN_SIGHT = 150.0
"""Depth shown before and behind the hand's middle, mm."""


def sheet(
    depth: Float[np.ndarray, "height width"],
    camera: Pinhole,
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
    keypoints: Float[np.ndarray, "21 3"],
) -> Picture:
    """The frame around the hand, the fitted surface over it, and the 21 key points.

    Args:
        depth: the frame, mm.
        camera: that took it.
        vertices: of the fitted surface, in the camera's frame, mm.
        faces: of it.
        keypoints: of the fitted hand, likewise.
    """
    surface, joints = (project(camera, points) for points in (vertices, keypoints))
    left_top, scale = window(surface)
    below = depth_picture(depth, float(vertices[:, 2].mean()), left_top, scale)
    over = draw_surface(below, scale * (surface - left_top), vertices, faces)
    # `draw_joints` takes pixel centres at integers and adds the half itself.
    bones = draw_joints(below, scale * (joints - left_top) - 0.5)
    headings = ("depth", "fitted surface", "fitted key points")
    return contact_sheet([[below, over, bones]], headings=headings)


def png(picture: Picture) -> bytes:
    """A picture as the content of a PNG file."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, format="PNG")
    return content.getvalue()


def project(camera: Pinhole, points: np.ndarray) -> Float[np.ndarray, "points 2"]:
    """Places in the frame, measured from its corner, not from a pixel's centre."""
    uv = points[:, :2] / np.maximum(points[:, 2:], 1.0) * np.asarray(camera.focal)
    return uv + np.asarray(camera.centre) + 0.5


def window(uv) -> tuple[Float[np.ndarray, "2"], float]:
    """Corner of a square around the hand, and pixels drawn for one of the frame."""
    low, high = uv.min(axis=0), uv.max(axis=0)
    edge = (1.0 + 2.0 * MARGIN) * (high - low).max()
    return (low + high - edge) / 2.0, float(SIZE / edge)


def depth_picture(depth, middle: float, left_top, scale: float) -> Picture:
    """The frame's pixels within the window, as colours of depth."""
    pixel = np.floor((np.arange(SIZE) + 0.5) / scale + left_top[:, None]).astype(int)
    (u, v), (height, width) = pixel, depth.shape
    within = ((v >= 0) & (v < height))[:, None] & ((u >= 0) & (u < width))
    here = depth[np.clip(v, 0, height - 1)[:, None], np.clip(u, 0, width - 1)]
    near, far = middle - IN_SIGHT, middle + IN_SIGHT
    shown = within & np.isfinite(here) & (here > near) & (here < far)
    limits = (near + IN_SIGHT / 2, far)
    return depth_to_rgb(np.where(shown, here, far), far=far, limits=limits)


def draw_surface(picture: Picture, uv, vertices, faces) -> Picture:
    """Triangles over a picture, the farthest first."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    normals = normals / np.maximum(length, 1e-9)
    facing = np.sum(normals * corners.mean(axis=1), axis=-1) < 0.0
    order = np.argsort(-corners[:, :, 2].mean(axis=1))
    order = order[facing[order]]
    colours = shade(normals[order][None])[0]
    finer = 2  # PIL does not antialias
    canvas = Image.fromarray(picture).resize((SIZE * finer, SIZE * finer))
    pen = ImageDraw.Draw(canvas)
    for face, colour in zip(faces[order], colours.tolist(), strict=True):
        pen.polygon([tuple(at) for at in finer * uv[face]], fill=tuple(colour))
    return np.asarray(canvas.resize((SIZE, SIZE), Image.Resampling.LANCZOS))
