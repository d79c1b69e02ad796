"""What is kept of a frame: the part of each picture around the hand, and the labels.

Depth is kept pixel by pixel, in eighths of a mm, in a window that holds the cube and
`MARGIN` around it: crops made of it equal those made of the whole frame. What lies
before or behind is dropped. Colour is kept as JPEG, larger windows reduced.
"""

import io
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt16

from handjax.data.real import windows
from handjax.data.real.centres import FARTHEST, PER_MM, centroid, find_centre
from handjax.data.real.check import check
from handjax.data.real.frame import About, Frame, FrameError, View
from handjax.data.real.mirror import to_right
from handjax.data.real.windows import Window

QUALITY = 95
"""Of JPEG; without subsampling of colours."""

EDGE = 320
"""Larger windows of a colour picture are reduced to this edge, pixels."""

Rig = Float[np.ndarray, "4 4"]
Camera = Float[np.ndarray, "2 2"]


class Part(NamedTuple):
    """What is kept of a view.

    Attributes:
        camera_from_world: rigid.
        hand: what is kept lies around it, camera's frame, mm: the centre that the
            dataset gives, else the centroid of its joints, else `found`.
        found: where the depth alone shows the hand; of a view without, where the depth
            of another does; NaN without any.
        camera: focal length and principal point, of `depth` and `mask`.
        depth: eighths of a mm, 0 where nothing was measured; empty without.
        mask: which pixels are of the hand; empty without.
        image_camera: focal length and principal point, of `image`.
        image: JPEG; empty without.
    """

    camera_from_world: Rig
    hand: Float[np.ndarray, "3"]
    found: Float[np.ndarray, "3"]
    camera: Camera
    depth: UInt16[np.ndarray, "height width"]
    mask: Bool[np.ndarray, "rows columns"]
    image_camera: Camera
    image: bytes


class Record(NamedTuple):
    """What is kept of a frame. Left hands are mirrored; `right` says what they were.

    Attributes:
        name: of the frame.
        place: its number among the frames of its split, from 0.
        right, subject, joints, valid: see `Frame`.
        cube: edge of the crop, mm.
        vertices: no rows where there are none.
        parts: one a view.
    """

    name: str
    place: int
    right: bool
    subject: int
    cube: float
    joints: Float[np.ndarray, "joints 3"]
    valid: Bool[np.ndarray, "joints"]
    vertices: Float[np.ndarray, "vertices 3"]
    parts: tuple[Part, ...]


def make(frame: Frame, about: About, place: int) -> Record:
    """The record of a frame.

    Raises:
        FrameError: the frame can't be used: no view, or not the one that leads.
    """
    check(frame, about)
    cube = about.cube if frame.cube is None else frame.cube
    frame = to_right(frame)
    tried = [_part(frame, view, cube) for view in frame.views]
    parts = [part for part in tried if not isinstance(part, str)]
    if not parts or (about.leads and tried[0] is not parts[0]):
        raise FrameError(f"{frame.name}: {tried[0]}")
    vertices = np.zeros((0, 3)) if frame.vertices is None else frame.vertices
    known = np.where(frame.valid[:, None], frame.joints, 0.0)
    return Record(
        name=frame.name,
        place=place,
        right=frame.right,
        subject=frame.subject,
        cube=float(cube),
        joints=known.astype(np.float32),
        valid=frame.valid.astype(bool),
        vertices=vertices.astype(np.float32),
        parts=tuple(_told(part, parts) for part in parts),
    )


def showing(record: Record, sees: str) -> list[Part]:
    """The views that have depth, or colour; some cameras have one alone."""
    return [p for p in record.parts if (p.image if sees == "image" else p.depth.size)]


def _part(frame: Frame, view: View, cube: float) -> Part | str:
    """What is kept of a view, or why nothing can be."""
    hand, found, true = _centres(frame, view)
    if not np.isfinite(hand).all():
        return "nothing says where the hand is"
    # Wherever a crop may come to stand, what it shows is kept.
    places = [hand, *(place for place in (found, true) if place[2] > 0.0)]
    if places[0][2] <= 0.0 or not windows.in_sight(view, places[0]):
        return f"the hand is outside the picture, at {_text(places[0])} mm"
    reach = cube / 2 + windows.MARGIN
    grid = windows.around(view, places, reach)
    depth = np.zeros((0, 0), np.uint16)
    if view.depth is not None:
        whole = _depth(view, grid, places, reach)
        if not _measured(whole, places[0], cube):
            return f"no depth within the cube around {_text(places[0])} mm"
        part = windows.measured(whole)
        depth, grid = whole[part.slices], windows.within(grid, part)
    image, image_camera = _image(view, places[0], reach)
    return Part(
        camera_from_world=view.camera_from_world.astype(np.float32),
        hand=places[0],
        found=found,
        camera=windows.camera(view, grid),
        depth=depth,
        mask=np.zeros((0, 0), bool) if view.mask is None else view.mask[grid.slices],
        image_camera=image_camera,
        image=image,
    )


def _centres(frame: Frame, view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the hand is by all that is known, by the depth, by the joints; NaN."""
    true = centroid(frame.joints, frame.valid, view.camera_from_world)
    found = np.full(3, np.nan, np.float32)
    if view.found is not None:
        found = view.found.astype(np.float32)
    elif view.depth is not None:
        found = find_centre(view.depth, view.focal, view.centre)
    if view.hand is not None:
        return view.hand.astype(np.float32), found, true
    return (true if np.isfinite(true).all() else found), found, true


def _told(part: Part, parts: list[Part]) -> Part:
    """A view that has no depth with where another's shows the hand."""
    others = [other for other in parts if np.isfinite(other.found).all()]
    if part.depth.size or not others:
        return part
    first = others[0].camera_from_world.astype(float)
    ours_from_theirs = part.camera_from_world @ np.linalg.inv(first)
    found = ours_from_theirs[:3, :3] @ others[0].found + ours_from_theirs[:3, 3]
    return part._replace(found=found.astype(np.float32))


def _depth(
    view: View, grid: Window, places: list[np.ndarray], reach: float
) -> UInt16[np.ndarray, "height width"]:
    """Depth of a window; 0 where it sees nothing within the cubes."""
    assert view.depth is not None
    z = view.depth[grid.slices]
    x, y = windows.rays(view, grid)
    near = np.zeros(z.shape, bool)
    for place in places:
        # Not a number compares as false, so it is dropped here as well.
        here = (np.abs(z - place[2]) < reach) & (z <= FARTHEST)
        here &= np.abs(x * z - place[0]) < reach
        near |= here & (np.abs(y * z - place[1]) < reach)
    return np.where(near, np.rint(z * PER_MM), 0.0).astype(np.uint16)


def _measured(depth: np.ndarray, place: np.ndarray, cube: float) -> bool:
    """Whether there is anything between the cube's front and back."""
    z = depth[depth > 0].astype(np.float32) / PER_MM
    return bool(np.any(np.abs(z - place[2]) < cube / 2))


def _image(view: View, place: np.ndarray, reach: float) -> tuple[bytes, Camera]:
    from PIL import Image

    if view.image is None:
        return b"", np.zeros((2, 2), np.float32)
    window = windows.square(view, place, reach)
    picture = Image.fromarray(np.ascontiguousarray(view.image[window.slices]))
    scale = min(1.0, EDGE / max(picture.size))
    if scale < 1.0:
        size = [max(round(scale * edge), 1) for edge in picture.size]
        exact = np.array(size) / picture.size
        picture = picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    else:
        exact = np.ones(2)
    content = io.BytesIO()
    picture.save(content, format="JPEG", quality=QUALITY, subsampling=0)
    return content.getvalue(), windows.camera(view, window, exact)


def _text(place: Any) -> str:
    return "(" + ", ".join(f"{x:.0f}" for x in place) + ")"
