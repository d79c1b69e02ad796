"""The surfaces of a method beside the true ones: MPVPE, F-scores, distances.

Notation, shared by every function here and by the tests:
    x: predicted vertices, mm, (frames, vertices, 3).
    y: true vertices, mm; NaN in frames where nobody knows them.

[zimmermann2019]: Zimmermann et al., FreiHAND, ICCV 2019, and its public evaluation
code, which HO-3D's keeps.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from handjax.evaluation import aligned, metrics, surfaces
from handjax.evaluation.intervals import under
from handjax.evaluation.known import Known
from handjax.evaluation.predictions import FileError, Reading, to_camera
from handjax.evaluation.protocols import Protocol
from handjax.evaluation.score import Scored, held, ways

Points = Float[np.ndarray, "frames points 3"]
Truth = Float[np.ndarray, "frames true_points 3"]
Pairs = Mapping[str, tuple[Points, Truth]]
"""x and y, by what x is brought to y by."""

AWAY = 150.0
"""Surfaces whose middle lies farther than this from that of the joints are not theirs,
mm."""


def in_camera(
    numbers: Points | None,
    joints: Float[np.ndarray, "frames joints 3"],
    reading: Reading,
    protocol: Protocol,
    *,
    checked: bool = True,
) -> Points | None:
    """Vertices of a file in the camera's frame, mm, read as its joints are.

    Args:
        numbers: of the file; None if it has no vertices.
        joints: of the same frames, camera's frame, mm.
        reading: what the file's numbers mean.
        protocol: of the dataset.
        checked: refuse vertices that don't lie about the joints.

    Raises:
        FileError: see above.
    """
    if numbers is None:
        return None
    own = reading._replace(order=None, palm=False)
    vertices = to_camera(numbers, own, protocol.camera)
    there = np.isfinite(vertices).all(axis=(1, 2)) & np.isfinite(joints).all(
        axis=(1, 2)
    )
    gaps = vertices[there].mean(axis=1) - joints[there].mean(axis=1)
    away = float(np.median(np.linalg.norm(gaps, axis=-1))) if there.any() else 0.0
    if checked and away > AWAY:
        raise FileError(
            f"has vertices whose middle lies {away:.0f} mm from that of the joints: "
            "are both in one unit and one frame? --unchecked scores them as they are"
        )
    return vertices


def measure(
    scored: Scored, known: Known, protocol: Protocol, align: str
) -> tuple[dict[str, Any], list[str]]:
    """Figures of a method's surface, and lines on what can't be told of it.

    Args:
        scored: the method.
        known: the labels of its frames.
        protocol: of the dataset.
        align: a key of `protocols.ALIGNED`.
    """
    x, y = scored.vertices, known.beside.vertices
    if x is None or y is None or np.isnan(y).all():
        lost = x is not None
        return {}, ["vertices are not scored: the labels have none"] if lost else []
    brought = {way: _brought(scored, known, protocol, way) for way in ways(protocol)}
    known_rows = np.isfinite(y).all(axis=(1, 2))
    found: dict[str, Any] = {
        "frames": int(known_rows.sum()),
        "vertices": x.shape[1],
        "true_vertices": y.shape[1],
    }
    notes = []
    if x.shape[1] == y.shape[1]:
        found |= _of_vertices(brought, protocol, align)
    else:
        notes.append(
            f"{x.shape[1]} vertices a frame where the truth has {y.shape[1]}: no "
            "MPVPE; F-scores after the joints' own alignment"
        )
    found |= _f_scores(brought, protocol)
    if known.beside.faces is not None:
        found |= _of_surface(*brought[align], known.beside.faces, protocol)
    return found, notes


def _of_vertices(brought: Pairs, protocol: Protocol, align: str) -> dict[str, Any]:
    """Errors of each vertex, whatever they are brought to the truth by.

    Where that is Procrustes, MPVPE is that of vertices as they are given: PA-MPVPE
    stands beside it, as challenges tell both.
    """
    e = {way: surfaces.vertex_errors(*pair) for way, pair in brought.items()}
    own = e["none" if align == "procrustes" else align]
    return {
        **under("mpvpe_mm", own, protocol),
        **under("pa_mpvpe_mm", e["procrustes"], protocol),
        "auc_0_50": metrics.auc(own, 0.0, 50.0),
        "pa_auc_0_50": metrics.auc(e["procrustes"], 0.0, 50.0),
        "aligned_mm": {way: metrics.mean(errors) for way, errors in e.items()},
    }


def _f_scores(brought: Pairs, protocol: Protocol) -> dict[str, Any]:
    """F at each threshold, as the vertices are and after their alignment."""
    found = {}
    for prefix, way in (("f", "none"), ("f_aligned", "procrustes")):
        scores = surfaces.f_scores(*brought[way])
        for threshold, f in zip(surfaces.F_THRESHOLDS, scores.T, strict=True):
            key = f"{prefix}_{threshold:g}"
            found |= under(key, f[:, None], protocol)
    return found


def _of_surface(
    x: Points, y: Truth, faces: Int[np.ndarray, "faces 3"], protocol: Protocol
) -> dict[str, Any]:
    """Distance of each vertex to the closest point of the true surface [moon2020]."""
    distances = np.full(x.shape[:2], np.nan)
    for frame in np.flatnonzero(np.isfinite(y).all(axis=(1, 2))):
        distances[frame] = surfaces.surface_distances(x[frame], y[frame], faces)
    return under("surface_mm", distances, protocol)


def _brought(
    scored: Scored, known: Known, protocol: Protocol, way: str
) -> tuple[Points, Truth]:
    """x as it is brought to the truth, and y; NaN where what that wants is unknown.

    The similarity is that of the joints; Procrustes takes the vertices themselves where
    they are in correspondence. The public code of [zimmermann2019] leaves the joints'
    size out of the scale where they are not; here it is in.
    """
    x, y = scored.vertices, known.beside.vertices
    assert x is not None
    assert y is not None
    root = protocol.root
    if way == "none":
        return x, y
    if way == "procrustes" and x.shape[1] == y.shape[1]:
        return aligned.procrustes(x, y), y
    if way in ("rigid", "procrustes"):
        scaled = way == "procrustes"
        by = known.valid if scaled else held(known.valid, protocol)
        found = aligned.fit(scored.predicted, known.joints, by, scaled=scaled)
        return aligned.apply(found, x), y
    assert root is not None
    points = np.concatenate([scored.predicted, x], axis=1)
    points = _scaled(points, known, protocol) if way == "scale" else points
    at = known.joints[:, root, None]
    moved = points[:, scored.predicted.shape[1] :] - points[:, root, None] + at
    return moved, np.where(known.valid[:, root, None, None], y, np.nan)


def _scaled(points: Points, known: Known, protocol: Protocol) -> Points:
    """Joints and vertices after them, scaled about the root as the joints are."""
    root, bone = protocol.root, protocol.bone
    assert root is not None
    if bone is not None:
        lengths = aligned.bone_length(known.joints, bone)
        return aligned.scaled_to(points, lengths, bone=bone, root=root)
    # Vertices have no say in it.
    unknown = np.full_like(points, np.nan)
    unknown[:, : known.joints.shape[1]] = known.joints
    valid = np.zeros(points.shape[:2], bool)
    valid[:, : known.valid.shape[1]] = known.valid
    return aligned.scaled_to_fit(points, unknown, root=root, valid=valid)
