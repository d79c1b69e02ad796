"""Whether a frame is what its dataset's module says: checked once, where it enters."""

import numpy as np

from handjax.data.real.frame import About, Frame, FrameError, View
from handjax.hands.skeleton import DATASETS

RIGID = 1e-3
"""How far R R^T of a rigid map may be from the identity."""


def check(frame: Frame, about: About) -> None:
    """Refuse what would spoil a store.

    Raises:
        FrameError: naming the frame, what was wanted and what came.
    """
    wanted = len(DATASETS[about.joints].joints)
    if frame.joints.shape != (wanted, 3) or frame.valid.shape != (wanted,):
        raise FrameError(
            f"{frame.name}: {about.joints} wants joints of shape ({wanted}, 3); "
            f"got {frame.joints.shape} and {len(frame.valid)} validities"
        )
    numbers = {"joints": frame.joints[frame.valid], "vertices": frame.vertices}
    for name, values in numbers.items():
        if values is not None and not np.isfinite(values).all():
            raise FrameError(f"{frame.name}: {name} are not all finite numbers")
    if frame.vertices is not None and len(frame.vertices) != about.vertices:
        raise FrameError(
            f"{frame.name}: surfaces of {about.name} have {about.vertices} vertices; "
            f"got {len(frame.vertices)}"
        )
    if not frame.views:
        raise FrameError(f"{frame.name}: no view")
    for number, view in enumerate(frame.views):
        fault = _fault(view)
        if fault:
            raise FrameError(f"{frame.name}, view {number}: {fault}")


def _fault(view: View) -> str:
    """What is wrong with a view; nothing if nothing is."""
    shapes = {
        picture.shape[:2]
        for picture in (view.depth, view.image, view.mask)
        if picture is not None
    }
    R = view.camera_from_world[:3, :3]
    hand = np.zeros(3) if view.hand is None else view.hand
    faults = {
        "neither depth nor colour": view.depth is None and view.image is None,
        f"pictures of different sizes {sorted(shapes)}": len(shapes) > 1,
        f"a focal length of {view.focal} pixels": not np.all(view.focal > 0.0),
        "a principal point that is not finite": not np.isfinite(view.centre).all(),
        "extrinsics that are not rigid": not _near(R @ R.T, np.eye(3)),
        "extrinsics that are not finite": not np.isfinite(view.camera_from_world).all(),
        "a centre of the hand that is not finite": not np.isfinite(hand).all(),
    }
    return next((fault for fault, there in faults.items() if there), "")


def _near(A: np.ndarray, B: np.ndarray) -> bool:
    return bool(np.all(np.abs(A - B) < RIGID))
