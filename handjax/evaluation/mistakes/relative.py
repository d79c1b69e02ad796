"""Whether coordinates are of no camera: about a root, in a crop, or with its depth."""

import numpy as np

from handjax.evaluation.mistakes.alternatives import changes, others
from handjax.evaluation.mistakes.case import FEW, SUSPICIOUS, Case, Mistake
from handjax.evaluation.predictions.reading import Reading, from_camera, to_camera
from handjax.evaluation.protocols import Camera

RELATIVE = 0.3
"""Hands in the camera's frame are not this much nearer than the true ones."""
BEHIND = 0.1
"""More than this share of joints is nearer than their root."""
OF_CROP = 2.0
"""Crops have coordinates within 1 of their middle, or little more."""


def find_relative(case: Case, reading: Reading) -> list[Mistake]:
    """Whether joints that are far off have no place before the camera."""
    if case.align != "none":
        return []
    depth = np.nanmedian(np.where(case.valid, case.truth[..., 2], np.nan))
    xyz = to_camera(case.numbers, reading, case.protocol.camera)
    near = abs(np.median(xyz[..., 2])) < RELATIVE * depth
    small = np.abs(case.numbers).max() <= OF_CROP
    if not (near or small):
        return []
    better = _about_root(case.sample(FEW), reading)
    if better is not None:
        cause, tried = "holds joints about a root", f"{better.options} --align root"
    elif small:
        cause, tried = "holds numbers within [-2, 2], as of a crop", "--align root"
    else:
        cause, tried = "holds joints about a root or a crop's centre", "--align root"
    return [Mistake(cause, f"give them in the camera's frame, or try {tried}", True)]


def find_depths(case: Case, reading: Reading) -> list[Mistake]:
    """Whether u and v are of the whole picture, but d begins at a root."""
    camera = case.protocol.camera
    if camera is None or reading.format != "uvd":
        return []
    # In metres, too, d is small, but it is behind no camera.
    behind = np.mean(case.numbers[..., 2] < 0.0)
    if not BEHIND < behind < 1.0 - BEHIND or not _has_pixels(case, camera):
        return []
    cause = "has depths about a root's, beside u and v of the whole picture"
    return [Mistake(cause, "add the depth of each frame's root", certain=True)]


def _has_pixels(case: Case, camera: Camera) -> bool:
    """Whether the first two numbers are about as right as good pixels would be."""
    true = from_camera(case.truth, "uvd", camera)[case.valid]
    away = np.abs(case.numbers[case.valid] - true)[:, :2].max(axis=-1)
    return bool(np.median(away * true[:, 2] / camera.focal[0]) < SUSPICIOUS)


def _about_root(case: Case, reading: Reading) -> Reading | None:
    """How joints about a root are to be read; None if they are none."""
    if case.protocol.root is None:
        return None
    rooted, read = case._replace(align="root"), reading._replace(format="xyz")
    ways = [read, *others(read, case.protocol._replace(camera=None), "root")]
    errors = {way: rooted.error(way) for way in ways}
    good = {way: e for way, e in errors.items() if e < SUSPICIOUS}
    if not good:
        return None
    fit = [way for way, e in good.items() if e < 1.1 * min(good.values())]
    return min(fit, key=lambda way: changes(read, way))
