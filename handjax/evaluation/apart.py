"""How far two surfaces are apart, there and back, whatever their topologies.

Notation, shared by every function here and by the tests:
    x: predicted vertices, mm; y: true ones, as many as they are.
    m, n: unit normals of the vertices of x and of y.

[moon2020]: Moon, Shiratori & Lee, DeepHandMesh, ECCV 2020.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.evaluation import metrics
from handjax.geometry import nearby


class Apart(NamedTuple):
    """How far two surfaces are from one another, whatever their topologies.

    A mesh that collapsed onto the true surface is near it; the way back is long.

    Attributes:
        to_truth: from each predicted vertex to the closest point of the true surface,
            mm; NaN where that is left out.
        to_predicted: from each true vertex to the closest point of the predicted one,
            mm; NaN where it is left out.
        normals: angles between the normals there, degrees; 90 where one is 0.
        normals_back: likewise, on the way back.
    """

    to_truth: Float[np.ndarray, "points"]
    to_predicted: Float[np.ndarray, "others"]
    normals: Float[np.ndarray, "points"]
    normals_back: Float[np.ndarray, "others"]


FIGURES = (
    "surface_to_truth_mm",
    "truth_to_surface_mm",
    "normal_degrees",
    "normal_degrees_back",
)
"""What the means of `Apart` are called in results.json."""


def apart(
    predicted: Float[np.ndarray, "points 3"],
    truth: Float[np.ndarray, "others 3"],
    ours: nearby.Fans,
    theirs: nearby.Fans,
    *,
    counted: Bool[np.ndarray, "others"] | None = None,
) -> Apart:
    """How far a predicted surface and the true one are apart in one frame.

    Closest points lie on faces; `nearby.closest_points` says when one may be missed.
    Normals are those of vertices, in a face by its corners' weights.

    Args:
        predicted: x of a frame. Where one isn't finite, the whole is infinitely far.
        truth: y of a frame, finite.
        ours, theirs: `nearby.fans` of the faces of x and of y.
        counted: which true vertices count; all by default. A predicted one whose
            closest point is rather on others is left out too: where surfaces end at
            different places, that is no error. If none remains, all are infinitely far.

    Source: [moon2020] Table 1, M_err, for `to_truth`.
    """
    counted = np.ones(len(truth), bool) if counted is None else counted
    x, y = predicted.astype(np.float64), truth.astype(np.float64)
    if not np.isfinite(x).all():
        return _lost(len(x), counted)
    m, n = nearby.vertex_normals(x, ours.faces), nearby.vertex_normals(y, theirs.faces)
    there, angles = _way(x, m, y, n, theirs)
    back, angles_back = _way(y, n, x, m, ours)
    corners = counted[theirs.faces[there.faces]]
    kept = np.sum(there.weights * corners, axis=-1) >= 0.5
    found = Apart(
        np.where(kept, there.distances, np.nan),
        np.where(counted, back.distances, np.nan),
        np.where(kept, angles, np.nan),
        np.where(counted, angles_back, np.nan),
    )
    return found if kept.any() else _lost(len(x), counted)


def means_apart(
    predicted: Float[np.ndarray, "frames points 3"],
    truth: Float[np.ndarray, "frames others 3"],
    ours: nearby.Fans,
    theirs: nearby.Fans,
    *,
    counted: Bool[np.ndarray, "others"] | None = None,
) -> dict[str, Float[np.ndarray, "frames"]]:
    """The means of `apart` over the vertices of each frame, by `FIGURES`."""
    means = np.empty((len(FIGURES), len(truth)))
    for frame, (x, y) in enumerate(zip(predicted, truth, strict=True)):
        found = apart(x, y, ours, theirs, counted=counted)
        means[:, frame] = [metrics.mean(e[None]) for e in found]
    return dict(zip(FIGURES, means, strict=True))


def _lost(count, counted):
    """Of a surface that is nowhere, or nowhere where it counts."""
    far, turned = (np.where(counted, x, np.nan) for x in (np.inf, 90.0))
    return Apart(np.full(count, np.inf), far, np.full(count, 90.0), turned)


def _way(x, m, y, n, fans):
    """Closest points of x on the surface of y, and angles to its normals there."""
    found = nearby.closest_points(x, y, fans)
    corners = n[fans.faces[found.faces]]
    at = nearby.unit(np.einsum("ij,ijk->ik", found.weights, corners))
    cosine = np.clip(np.einsum("ij,ij->i", m, at), -1.0, 1.0)
    return found, np.degrees(np.arccos(cosine))
