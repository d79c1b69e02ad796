"""How near a surface comes to the true one, vertex by vertex or as a whole.

Notation, shared by every function here and by the tests:
    x: predicted vertices, mm, (frames, vertices, 3).
    y: true vertices, mm; in correspondence with x where they are as many.

The means, shares and areas of `metrics` hold for the errors of vertices as for those
of joints.

[zimmermann2019]: Zimmermann et al., FreiHAND: a dataset for markerless capture of hand
pose and shape from single RGB images, ICCV 2019, and its public evaluation code.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handjax.evaluation import aligned, metrics
from handjax.geometry import meshes

Vertices = Float[np.ndarray, "frames vertices 3"]
Cloud = Float[np.ndarray, "points 3"]

F_THRESHOLDS = (5.0, 15.0)
"""At which FreiHAND and HO-3D state F-scores, mm."""


def vertex_errors(
    predicted: Vertices, truth: Vertices
) -> Float[np.ndarray, "frames vertices"]:
    """Euclidean distance of each vertex to its own true one, mm; mean: MPVPE.

    Args:
        predicted: x; a NaN errs infinitely.
        truth: y; NaN where it is unknown, and then so is the error.
    """
    return metrics.joint_errors(predicted, truth)


def aligned_vertex_errors(
    predicted: Vertices, truth: Vertices, *, reflections: bool = False
) -> Float[np.ndarray, "frames vertices"]:
    """`vertex_errors` after each frame's similarity alignment, mm; mean: PA-MPVPE.

    Args:
        predicted, truth: as for `vertex_errors`.
        reflections: as for `aligned.fit`.

    Source: [zimmermann2019], which aligns by the vertices themselves where they are in
    correspondence. Where not, `aligned.fit` the joints and `aligned.apply` to vertices.
    """
    moved = aligned.procrustes(predicted, truth, reflections=reflections)
    return vertex_errors(moved, truth)


class FScore(NamedTuple):
    """How much of two sets of points lies near the other.

    Attributes:
        f: harmonic mean of precision and recall; 0 where both are 0.
        precision: share of predicted points near a true one.
        recall: share of true points near a predicted one.
    """

    f: float
    precision: float
    recall: float


def f_score(
    predicted: Cloud, truth: Float[np.ndarray, "others 3"], threshold: float
) -> FScore:
    """F-score of one frame's vertices; they need not be in correspondence.

        F = 2 P R / (P + R),    near: less than the threshold from the nearest

    Args:
        predicted: mm. Where one isn't finite, or there is none, nothing is near.
        truth: mm, finite.
        threshold: mm.

    Source: [zimmermann2019] Sec. 5.2; its code has the names of P and R exchanged,
    which leaves F as it is.
    """
    there, back = _nearest(predicted, truth, threshold)
    return _f_score(there, back, threshold)


def f_scores(
    predicted: Vertices,
    truth: Float[np.ndarray, "frames others 3"],
    thresholds: Sequence[float] = F_THRESHOLDS,
) -> Float[np.ndarray, "frames thresholds"]:
    """F of each frame and threshold; datasets state its mean over the frames.

    Args:
        predicted, truth: as for `f_score`; NaN for frames with unknown true vertices.
        thresholds: mm.
    """
    found = np.full((len(truth), len(thresholds)), np.nan)
    for frame in np.flatnonzero(np.isfinite(truth).all(axis=(1, 2))):
        there, back = _nearest(predicted[frame], truth[frame], max(thresholds))
        found[frame] = [_f_score(there, back, t).f for t in thresholds]
    return found


def surface_distances(
    vertices: Cloud,
    reference: Float[np.ndarray, "reference 3"],
    faces: Int[np.ndarray, "faces 3"],
) -> Float[np.ndarray, "points"]:
    """Distance of each vertex to the closest point of a reference surface, mm.

    The closest point may lie inside a face; it is found exactly. The mean is the mesh
    error of [moon2020], whose reference is a reconstruction from many views.

    Args:
        vertices: predicted, mm. One that isn't finite errs infinitely.
        reference: vertices of the reference, mm.
        faces: of the reference.

    Source: [moon2020] Table 1.
    """
    finite = np.isfinite(vertices).all(axis=-1)
    distances = np.full(len(vertices), np.inf)
    if finite.any():
        found = meshes.closest_points(vertices[finite], reference, faces)
        distances[finite] = found.distances
    return distances


def _nearest(predicted, truth, within):
    """Distances from each set to the other; infinite from `within` on."""
    from scipy.spatial import KDTree

    if not (len(predicted) and len(truth) and np.isfinite(predicted).all()):
        return np.full(len(predicted), np.inf), np.full(len(truth), np.inf)
    there = KDTree(truth).query(predicted, distance_upper_bound=within)[0]
    back = KDTree(predicted).query(truth, distance_upper_bound=within)[0]
    return there, back


def _f_score(there, back, threshold):
    precision, recall = (
        float(np.mean(distances < threshold)) if len(distances) else 0.0
        for distances in (there, back)
    )
    both = precision + recall
    return FScore(2.0 * precision * recall / both if both else 0.0, precision, recall)
