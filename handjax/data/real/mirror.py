"""Left hands become right ones where they enter: a mirror across the camera's x.

The picture is turned over, and with it everything in space: joints, extrinsics,
centres. A mirrored frame is what a mirrored camera would have seen of a mirrored world.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from handjax.data.real.frame import Frame, View

MIRROR = np.array([-1.0, 1.0, 1.0], np.float32)


def to_right(frame: Frame) -> Frame:
    """The frame as if of a right hand; frames of right hands as they are.

    `right` still says what hand it was.
    """
    if frame.right:
        return frame
    vertices = None if frame.vertices is None else frame.vertices * MIRROR
    return frame._replace(
        views=tuple(_view(view) for view in frame.views),
        joints=frame.joints * MIRROR,
        vertices=vertices,
    )


def mirror_transform(
    target_from_source: Float[np.ndarray, "4 4"],
) -> Float[np.ndarray, "4 4"]:
    """The same map between mirrored frames.

    S T S,  S = diag(-1, 1, 1, 1)
    """
    S = np.append(MIRROR, np.float32(1.0))
    return S[:, None] * target_from_source * S


def mirrored(
    points: Float[np.ndarray, "frames *n 3"], right: Bool[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames *n 3"]:
    """Points of frames between what they were and what is stored, either way."""
    side = np.where(right[:, None], np.float32(1.0), MIRROR)
    return points * side.reshape(-1, *[1] * (points.ndim - 2), 3)


def _view(view: View) -> View:
    width = _width(view)
    return view._replace(
        centre=np.array([width - 1 - view.centre[0], view.centre[1]], np.float32),
        camera_from_world=mirror_transform(view.camera_from_world),
        hand=None if view.hand is None else view.hand * MIRROR,
        depth=_turned(view.depth),
        image=_turned(view.image),
        mask=_turned(view.mask),
        found=None if view.found is None else view.found * MIRROR,
    )


def _width(view: View) -> int:
    pictures = [p for p in (view.depth, view.image, view.mask) if p is not None]
    return pictures[0].shape[1]


def _turned(picture: Any) -> Any:
    return None if picture is None else picture[:, ::-1]
