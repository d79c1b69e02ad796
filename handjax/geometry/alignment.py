"""Closed-form rigid and similarity alignment of weighted point sets.

Notation, shared by every function here and by the tests:
    M: target-source covariance, (3, 3), M = U diag(s) V^T.
    R: its nearest rotation; P = R^T M is symmetric, with eigenvalues s_1, s_2, +-s_3.
    w: angular velocity of R, dR = R [w]x.

[umeyama1991]: Least-squares estimation of transformation parameters between two point
patterns, IEEE PAMI 13(4).
[horn1987]: Closed-form solution of absolute orientation using unit quaternions, JOSA A
4(4).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.geometry import transforms
from handjax.geometry.precision import einsum, matmul, small_matmul
from handjax.geometry.rotations import cross_matrix, matrix_from_quaternion

SQUARINGS = 20
"""By which the largest of two eigenvalues stands alone, to float32's rounding, if they
are more than 2e-5 of it apart."""

_by_svd = ContextVar("by_svd", default=True)


@contextmanager
def without_svd() -> Iterator[None]:
    """Whatever is traced in this context finds rotations by `iterated_rotation`.

    For programs that go to where there is no SVD. What was jitted and traced before
    stays as it is.
    """
    token = _by_svd.set(False)
    try:
        yield
    finally:
        _by_svd.reset(token)


def nearest_rotation(M: Float[Array, "3 3"]) -> Float[Array, "3 3"]:
    """The rotation R that maximises tr(R^T M), never a reflection.

        R = U diag(1, 1, det(U V^T)) V^T

    Differentiable wherever R is unique, equal singular values included; directions in
    which M leaves R undetermined get derivative 0. First and second derivatives are
    exact, third and higher ones are not: `_polar_jvp` says why.

    Source: [umeyama1991] Eq. (40)-(43).
    """
    return _polar(M)[0] if _by_svd.get() else iterated_rotation(M)


def iterated_rotation(M: Float[Array, "3 3"]) -> Float[Array, "3 3"]:
    """`nearest_rotation` by products of 4x4 matrices alone; not to be differentiated.

        tr(R^T M) = q^T K q,    (K / |M| + 2 I)^(2^n) / tr(...) -> q q^T

    R is the rotation of the unit quaternion q, the eigenvector of K's largest
    eigenvalue; those of K / |M| lie within +-sqrt(3). Where M leaves R undetermined
    this is one of those that maximise the trace; the identity if M is 0.

    Source: [horn1987] Sec. 4.A; the eigenvector by powers, each the square of the last.
    """
    size = jnp.sqrt(jnp.sum(M**2))
    M = M / jnp.where(size > 0.0, size, 1.0)
    trace, a = jnp.trace(M), _axial(M)
    corner = M + M.T - trace * jnp.eye(3, dtype=M.dtype)
    K = jnp.block([[trace[None, None], a.T], [a, corner]])
    A = K + 2.0 * jnp.eye(4, dtype=M.dtype)
    for _ in range(SQUARINGS):
        A = matmul(A, A) / jnp.sum(A**2)
    # Rows are q but for a factor; that of the largest diagonal entry is 1/2 or more.
    return matrix_from_quaternion(A[jnp.argmax(jnp.diagonal(A))])


@jax.custom_jvp
def _polar(
    M: Float[Array, "3 3"],
) -> tuple[Float[Array, "3 3"], Float[Array, "3 3"]]:
    """Nearest rotation, and the inverse of tr(P) I - P, without undetermined ones.

    The eigenvalues of tr(P) I - P are the sums of two singular values, which unlike
    the differences in the derivative of the SVD do not vanish where two are equal.
    """
    U, s, Vt = jnp.linalg.svd(M)
    sign = jnp.where(_determinant(U) * _determinant(Vt) < 0.0, -1.0, 1.0)
    flip = jnp.stack([jnp.ones_like(sign), jnp.ones_like(sign), sign])
    s, Vt = s * flip, Vt * flip[:, None]
    sums = jnp.sum(s) - s
    # s_2 + s_3 is 0 for points on a line, and for a reflection with s_2 = s_3: the
    # turn about that axis is undetermined, and rounding must not determine it.
    sure = sums > 10.0 * jnp.finfo(M.dtype).eps * s[0]
    inverse = jnp.where(sure, 1.0 / jnp.where(sure, sums, 1.0), 0.0)
    return small_matmul(U, Vt), small_matmul(Vt.T * inverse, Vt)


@_polar.defjvp
def _polar_jvp(primals, tangents):
    """R^T dM - dM^T R = [w]x P + P [w]x, solved for w.

    As axial vectors, r = (tr(P) I - P) w. The Newton step on the inverse X leaves w
    as it is and gives it the right derivative though X is held constant; its second
    derivative, which R's third needs, lacks 2 X dK X dK X r.
    """
    (M,), (dM,) = primals, tangents
    R, X = _polar(M)
    P = small_matmul(R.T, M)
    K = jnp.trace(P) * jnp.eye(3, dtype=M.dtype) - (P + P.T) / 2.0
    r = _axial(small_matmul(R.T, dM))
    w = small_matmul(X, 2.0 * r - small_matmul(K, small_matmul(X, r)))
    return (R, X), (small_matmul(R, cross_matrix(w[:, 0])), jnp.zeros_like(X))


def align_rigid(
    source: Float[Array, "points 3"],
    target: Float[Array, "points 3"],
    *,
    weights: Float[Array, "points"] | None = None,
) -> Float[Array, "4 4"]:
    """The rigid map that brings the source nearest to the target.

        min over R, t of  sum_i w_i |R x_i + t - y_i|^2

    Args:
        source: x.
        target: y.
        weights: w >= 0, all 1 if None. If all are 0 the map is the identity.

    Returns:
        target_from_source.

    Source: [umeyama1991] Eq. (40)-(41).
    """
    return _align(source, target, weights, scaled=False)


def align_similarity(
    source: Float[Array, "points 3"],
    target: Float[Array, "points 3"],
    *,
    weights: Float[Array, "points"] | None = None,
) -> Float[Array, "4 4"]:
    """The similarity that brings the source nearest to the target.

        min over s, R, t of  sum_i w_i |s R x_i + t - y_i|^2

    Args and returns as `align_rigid`; a source without extent keeps scale 1.

    Source: [umeyama1991] Eq. (40)-(42).
    """
    return _align(source, target, weights, scaled=True)


def _align(source, target, weights, *, scaled: bool) -> Float[Array, "4 4"]:
    if weights is None:
        weights = jnp.ones(len(source), source.dtype)
    total = jnp.sum(weights)
    weights = weights / jnp.where(total > 0.0, total, 1.0)
    source_mean, source = _centre(source, weights)
    target_mean, target = _centre(target, weights)
    M = einsum("n,ni,nj->ij", weights, target, source)
    R = nearest_rotation(M)
    variance = einsum("n,ni,ni->", weights, source, source)
    scale = _ratio(jnp.sum(R * M), variance) if scaled else 1.0
    turned_mean = scale * jnp.sum(R * source_mean, axis=-1)
    return transforms.make(R, target_mean - turned_mean, scale=scale)


def _centre(points, weights):
    """Weighted mean, and the points about it."""
    mean = einsum("n,ni->i", weights, points)
    centred = points - mean
    # Coincident points differ from their mean by rounding, which is no direction.
    rounding = (10.0 * jnp.finfo(points.dtype).eps) ** 2 * jnp.sum(mean**2)
    apart = einsum("n,ni,ni->", weights, centred, centred) > rounding
    return mean, jnp.where(apart, centred, 0.0)


def _ratio(over, under):
    """The quotient; 1 where there is nothing to compare with."""
    some = under > 0.0
    return jnp.where(some, over / jnp.where(some, under, 1.0), 1.0)


def _determinant(A: Float[Array, "3 3"]) -> Float[Array, ""]:
    return jnp.sum(A[0] * jnp.cross(A[1], A[2]))


def _axial(A: Float[Array, "3 3"]) -> Float[Array, "3 1"]:
    """The vector whose cross-product matrix is A - A^T."""
    B = A - A.T
    return jnp.stack([B[2, 1], B[0, 2], B[1, 0]])[:, None]
