"""What is measured of a method besides its joints' distances: pixels, motion, surfaces.

Each has a name in results.json and a block in the table; what labels or predictions
don't allow is left out.

[zimmermann2017]: Zimmermann & Brox, Learning to estimate 3D hand pose from single RGB
images, ICCV 2017, and its public evaluation code.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.evaluation import meshes, metrics, sequences
from handjax.evaluation.intervals import under
from handjax.evaluation.known import Known
from handjax.evaluation.protocols import Protocol
from handjax.evaluation.score import Scored

Joints = Float[np.ndarray, "frames joints 3"]

PIXELS = np.arange(31.0)
"""Thresholds of the 2D PCK, pixels."""
STEPS = 20
"""How many thresholds its area has in [zimmermann2017], from 0 to 30 pixels."""
HALF = 0.5
"""Where more than this share of the frames reaches behind the camera, predictions are
relative to something."""


class Measured(NamedTuple):
    """What was measured of a method, and lines on what could not be.

    Attributes:
        figures: further fields of results.json.
        notes: lines on how it was read.
    """

    figures: dict[str, Any]
    notes: tuple[str, ...]


def of_method(scored: Scored, known: Known, protocol: Protocol, align: str) -> Measured:
    """All that labels and predictions allow.

    Args:
        scored: the method.
        known: the labels, of its frames and maybe others.
        protocol: of the dataset.
        align: a key of `protocols.ALIGNED`.
    """
    known = known.cut(scored.span)
    parts = {
        "pixels": pixels(scored, known, protocol),
        "acceleration": acceleration(scored, known, protocol, align),
        "vertices": meshes.measure(scored, known, protocol, align),
    }
    figures = {name: found for name, (found, _) in parts.items() if found}
    return Measured(figures, tuple(n for _, notes in parts.values() for n in notes))


def pixels(
    scored: Scored, known: Known, protocol: Protocol
) -> tuple[dict[str, Any], list[str]]:
    """Errors in the picture, of predictions as they are given.

        |(fx dx, fy dy)|,    dx = x / z - x* / z*,  dy likewise

    A joint that is not before the camera errs infinitely. Args as for `of_method`.

    Source: [zimmermann2017] for the area from 0 to 30 pixels.
    """
    focal = known.beside.focal
    if protocol.camera is not None:
        focal = np.broadcast_to(protocol.camera.focal, (len(known.joints), 2))
    if focal is None:
        return {}, []
    behind = scored.predicted[..., 2] <= 0.0
    if behind.any(axis=1).mean() > HALF:
        return {}, ["no pixels: predictions are not before the camera"]
    ours, truth = (_seen(j, focal) for j in (scored.predicted, known.joints))
    e = metrics.pixel_errors(ours, truth, known.valid)
    if np.isnan(e).all():
        return {}, []
    lost = int(np.isinf(e).sum())
    notes = [f"{lost} joints are not before the camera: no mean in pixels"]
    return {
        **under("mean_px", e, protocol),
        "median_px": metrics.median(e),
        "pck": {
            f"{threshold:g}": float(share)
            for threshold, share in zip(
                PIXELS, metrics.share_of_joints(e, PIXELS), strict=True
            )
        },
        "auc_0_30": metrics.auc(e, PIXELS[0], PIXELS[-1], steps=STEPS),
    }, notes if lost else []


def acceleration(
    scored: Scored, known: Known, protocol: Protocol, align: str
) -> tuple[dict[str, Any], list[str]]:
    """Errors of accelerations, mm / frame^2, within recordings.

    Of camera coordinates where nothing is aligned, else relative to the root: what is
    brought to the truth frame by frame has no motion of its own. Args as for
    `of_method`.
    """
    sequence = known.beside.sequence
    if sequence is None:
        return {}, []
    ours, truth, valid = scored.predicted, known.joints, known.valid
    about = "the camera"
    if align != "none" and protocol.root is not None:
        about = protocol.joints.names[protocol.root]
        ours, truth = (_about(joints, protocol.root) for joints in (ours, truth))
        valid = valid & valid[:, protocol.root, None]
    e = sequences.acceleration_errors(ours, truth, valid, sequence=sequence)
    triples = int((~np.isnan(e)).any(axis=1).sum())
    if not triples:
        return {}, []
    return {
        **under("mean_mm", e, protocol),
        "median_mm": metrics.median(e),
        "triples": triples,
        "sequences": len(np.unique(sequence)),
        "relative_to": about,
    }, []


def _seen(
    joints: Joints, focal: Float[np.ndarray, "frames 2"]
) -> Float[np.ndarray, "frames joints 2"]:
    """Pixels from the principal point; NaN where nothing is before the camera."""
    z = np.where(joints[..., 2:] > 0.0, joints[..., 2:], np.nan)
    return focal[:, None] * joints[..., :2] / z


def _about(joints: Joints, root: int) -> Joints:
    return joints - joints[:, root, None]
