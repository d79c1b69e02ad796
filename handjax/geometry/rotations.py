"""Rotations between axis-angle, quaternion, Euler angles, six numbers and matrix.

Notation, shared by every function here and by the tests:
    R: rotation matrix; turns column vectors, x' = R x.
    v: axis-angle vector, its length the angle in radians.
    q: quaternion (w, x, y, z); q and -q are the same rotation.
    d: the first two columns of R, one after the other.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.geometry.precision import small_matmul

# Taylor coefficients, highest power first: sin(a) / a in a^2, exact to the last bit
# of float64 for a <= 1, and arctan(t) / t in t^2 for t <= 0.2.
_SINC = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(9))[::-1]
_ATANC = tuple((-1) ** k / (2 * k + 1) for k in range(11))[::-1]


def cross_matrix(v: Float[Array, "3"]) -> Float[Array, "3 3"]:
    """Matrix of the cross product: cross_matrix(v) @ x = v x x."""
    x, y, z = v
    zero = jnp.zeros_like(x)
    return jnp.stack([zero, -z, y, z, zero, -x, -y, x, zero]).reshape(3, 3)


def matrix_from_axis_angle(v: Float[Array, "3"]) -> Float[Array, "3 3"]:
    """Exponential map, smooth everywhere.

        R = cos(a) I + sin(a)/a [v]x + (1 - cos(a))/a^2 v v^T,  a = |v|

    Args:
        v: axis times angle, radians.

    Source: Rodrigues' formula; Murray, Li & Sastry 1994, Eq. (2.14).
    """
    squared = jnp.sum(v**2)
    half = _sinc(squared / 4.0)
    cosine = 1.0 - squared * half**2 / 2.0
    outer = half**2 / 2.0 * v[:, None] * v[None, :]
    return cosine * jnp.eye(3, dtype=v.dtype) + _sinc(squared) * cross_matrix(v) + outer


def axis_angle_from_matrix(R: Float[Array, "3 3"]) -> Float[Array, "3"]:
    """Logarithm with the angle in [0, pi]; at pi either axis is right and one is taken.

    Through the quaternion, whose vector part is large where the antisymmetric part of
    R vanishes at half turns.
    """
    return axis_angle_from_quaternion(quaternion_from_matrix(R))


def axis_angle_from_quaternion(q: Float[Array, "4"]) -> Float[Array, "3"]:
    """Axis times angle, the shorter way round, of a quaternion of any length.

        v = 2 arctan(n / w) / n (x, y, z),  n = |(x, y, z)|

    Zero, which is no rotation, gives zero.
    """
    q = jnp.where(q[0] < 0.0, -q, q)
    w, squared = q[0], jnp.sum(q[1:] ** 2)
    small = squared <= 0.04 * w**2
    # The root's slope is infinite at angle 0: there the series in (n / w)^2 is taken,
    # and each branch is handed a harmless 1 where the other is valid.
    n = jnp.sqrt(jnp.where(small, 1.0, squared))
    safe_w = jnp.where(small & (w > 0.0), w, 1.0)
    series = jnp.polyval(jnp.array(_ATANC, q.dtype), squared / safe_w**2) / safe_w
    return 2.0 * jnp.where(small, series, jnp.arctan2(n, w) / n) * q[1:]


def quaternion_from_axis_angle(v: Float[Array, "3"]) -> Float[Array, "4"]:
    """Unit quaternion (cos(a/2), sin(a/2) v/a), smooth everywhere."""
    squared = jnp.sum(v**2) / 4.0
    quarter = _sinc(squared / 4.0)
    w = 1.0 - squared * quarter**2 / 2.0
    return jnp.concatenate([w[None], _sinc(squared) * v / 2.0])


def matrix_from_quaternion(q: Float[Array, "4"]) -> Float[Array, "3 3"]:
    """Rotation of a quaternion of any length.

        R = I + 2 (w [u]x + [u]x [u]x) / |q|^2,  u = (x, y, z)

    Zero, which is no rotation, gives the identity.
    """
    squared = jnp.sum(q**2)
    across = cross_matrix(q[1:])
    twice = q[0] * across + small_matmul(across, across)
    scale = 2.0 / jnp.where(squared > 0.0, squared, 1.0)
    return jnp.eye(3, dtype=q.dtype) + scale * twice


def quaternion_from_matrix(R: Float[Array, "3 3"]) -> Float[Array, "4"]:
    """Unit quaternion with w >= 0; at half turns its largest component is positive.

    The entries of R give the matrix 4 q q^T; its row with the largest diagonal entry
    is q but for a factor of at least 2 in size, at any angle.

    Source: Shepperd 1978; Bar-Itzhack 2000.
    """
    (a, b, c), (d, e, f), (g, h, i) = R
    outer = jnp.stack(
        [
            jnp.stack([1.0 + a + e + i, h - f, c - g, d - b]),
            jnp.stack([h - f, 1.0 + a - e - i, b + d, c + g]),
            jnp.stack([c - g, b + d, 1.0 - a + e - i, f + h]),
            jnp.stack([d - b, c + g, f + h, 1.0 - a - e + i]),
        ]
    )
    row = outer[jnp.argmax(jnp.diagonal(outer))]
    row = jnp.where(row[0] < 0.0, -row, row)
    return row / jnp.sqrt(jnp.sum(row**2))


def matrix_from_euler(
    angles: Float[Array, "3"], *, order: str = "xyz"
) -> Float[Array, "3 3"]:
    """Rotation by three turns about coordinate axes.

    Args:
        angles: radians, in the order of `order`.
        order: three axes, no two neighbours alike. Lower case turns about the fixed
            axes, "xyz" = Rz Ry Rx (extrinsic); upper case about the axes carried
            along, "XYZ" = Rx Ry Rz (intrinsic); as in scipy.
    """
    axes, intrinsic = _parse(order)
    first, second, third = (_turn(n, a) for n, a in zip(axes, angles, strict=True))
    if not intrinsic:
        first, third = third, first
    return small_matmul(small_matmul(first, second), third)


def euler_from_matrix(
    R: Float[Array, "3 3"], *, order: str = "xyz"
) -> Float[Array, "3"]:
    """Euler angles, radians; the inverse of `matrix_from_euler`.

    The middle angle lies in [-pi/2, pi/2], or in [0, pi] if the first axis returns as
    the third. Where it reaches an end (gimbal lock) the first and the third turn about
    one line: the third is set to 0 and the first does the work of both.
    """
    (i, j, k), intrinsic = _parse(order)
    other = 3 - i - j
    # R^T makes the same turns backwards, an extrinsic order read as an intrinsic one.
    R, way = (R, 1.0) if intrinsic else (R.T, -1.0)
    sign = way if (j - i) % 3 == 1 else -way
    # The third angle first: what it leaves of R gives the others even at the lock.
    mixed = (-sign * R[i, j], R[i, i]) if k != i else (R[i, j], sign * R[i, other])
    third = _angle(*mixed)
    R = small_matmul(R, _turn(k, -way * third))
    first = jnp.arctan2(sign * R[other, j], R[j, j])
    R = small_matmul(_turn(i, -way * first), R)
    second = jnp.arctan2(-sign * R[other, i], R[i, i])
    return jnp.stack([first, second, third])


def matrix_from_six(d: Float[Array, "6"]) -> Float[Array, "3 3"]:
    """Rotation whose first two columns are `d` made orthonormal, one after the other.

    Parallel or vanishing columns are replaced by a coordinate axis.

    Source: Zhou et al., On the continuity of rotation representations, 2019, Eq. (15).
    """
    eps, axes = jnp.finfo(d.dtype).eps, jnp.eye(3, dtype=d.dtype)
    x = _unit(jnp.where(jnp.any(jnp.abs(d[:3]) > eps**2), d[:3], axes[0]))
    y = _reject(d[3:], x)
    parallel = jnp.sum(y**2) <= (10.0 * eps) ** 2 * jnp.sum(d[3:] ** 2)
    y = _unit(jnp.where(parallel, axes[jnp.argmin(jnp.abs(x))], y))
    # Nearly parallel columns magnify what rounding leaves along x; once more takes it.
    y = _unit(_reject(y, x))
    return jnp.stack([x, y, jnp.cross(x, y)], axis=-1)


def six_from_matrix(R: Float[Array, "3 3"]) -> Float[Array, "6"]:
    """The first two columns of R, one after the other."""
    return R[:, :2].T.reshape(6)


def sample_uniform(key: PRNGKeyArray) -> Float[Array, "3 3"]:
    """A rotation drawn from the Haar measure.

    A normal 4-vector points in every direction alike, and left multiplication by a
    unit quaternion only turns it.
    """
    return matrix_from_quaternion(jax.random.normal(key, (4,)))


def _sinc(squared: Float[Array, ""]) -> Float[Array, ""]:
    """sin(a) / a as a smooth function of a^2."""
    small = squared < 1.0
    # The root's slope is infinite at 0, and the quotient's derivative cancels near it:
    # the series is taken up to a = 1, and each branch is handed a harmless value where
    # the other is valid.
    a = jnp.sqrt(jnp.where(small, 1.0, squared))
    inside = jnp.where(small, squared, 0.0)
    series = jnp.polyval(jnp.array(_SINC, squared.dtype), inside)
    return jnp.where(small, series, jnp.sin(a) / a)


def _angle(sine: Float[Array, ""], cosine: Float[Array, ""]) -> Float[Array, ""]:
    """arctan2, but 0 with slope 0 where both are no more than rounding."""
    tiny = 10.0 * jnp.finfo(sine.dtype).eps
    lost = sine**2 + cosine**2 < tiny**2
    return jnp.arctan2(jnp.where(lost, 0.0, sine), jnp.where(lost, 1.0, cosine))


def _turn(axis: int, angle: Float[Array, ""]) -> Float[Array, "3 3"]:
    """Rotation about one coordinate axis."""
    c, s = jnp.cos(angle), jnp.sin(angle)
    one, zero = jnp.ones_like(c), jnp.zeros_like(c)
    about_x = jnp.stack([one, zero, zero, zero, c, -s, zero, s, c]).reshape(3, 3)
    return jnp.roll(about_x, axis, axis=(0, 1))


def _parse(order: str) -> tuple[tuple[int, ...], bool]:
    """Axis numbers, and whether the axes are carried along."""
    axes = tuple("xyz".find(letter) for letter in order.lower())
    proper = len(axes) == 3 and axes[0] != axes[1] != axes[2] and -1 not in axes
    if not proper or not (order.islower() or order.isupper()):
        raise ValueError(
            "order wants three of x, y, z, no two neighbours alike, all lower case "
            f"(fixed axes) or all upper case (carried axes); got {order!r}"
        )
    return axes, order.isupper()


def _reject(x: Float[Array, "3"], unit: Float[Array, "3"]) -> Float[Array, "3"]:
    return x - jnp.sum(unit * x) * unit


def _unit(x: Float[Array, "3"]) -> Float[Array, "3"]:
    return x / jnp.sqrt(jnp.sum(x**2))
