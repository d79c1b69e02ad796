"""Notation as in handjax.geometry.rotations: R matrix, v axis-angle, q quaternion."""

import itertools
import warnings
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.spatial.transform import Rotation

from handjax.geometry import rotations

X, Y, Z = np.eye(3)
DIAGONAL = np.array([2.0, -1.0, 2.0]) / 3.0
# Angles at each singularity and each change of formula, from both sides.
ANGLES = [0.0, 1e-300, 1e-9, 1e-4, 0.39, 0.4, 0.99, 1.01, 2.0, 3.0, np.pi - 1e-8]
BELOW_PI = np.array([a * n for a in ANGLES for n in (X, -Y, DIAGONAL)])
HALF_TURNS = np.pi * np.array([X, -X, Y, -Z, DIAGONAL, -DIAGONAL])
TURNS = np.concatenate([BELOW_PI, HALF_TURNS])

NEIGHBOURS_DIFFER = [
    "".join(o) for o in itertools.product("xyz", repeat=3) if o[0] != o[1] != o[2]
]
ORDERS = NEIGHBOURS_DIFFER + [order.upper() for order in NEIGHBOURS_DIFFER]

# Every representation as (to it from R, from it to R).
PAIRS = {
    "axis_angle": (rotations.axis_angle_from_matrix, rotations.matrix_from_axis_angle),
    "quaternion": (rotations.quaternion_from_matrix, rotations.matrix_from_quaternion),
    "euler": (rotations.euler_from_matrix, rotations.matrix_from_euler),
    "six": (rotations.six_from_matrix, rotations.matrix_from_six),
}


def over(function):
    return jax.jit(jax.vmap(function))


exponential = over(rotations.matrix_from_axis_angle)
exponential_slope = over(jax.jacfwd(rotations.matrix_from_axis_angle))
logarithm = over(rotations.axis_angle_from_matrix)


def wxyz(rotation: Rotation) -> np.ndarray:
    return rotation.as_quat(canonical=True, scalar_first=True)


def test_orders_number_twelve_twice():
    assert len(set(ORDERS)) == 24


def test_quarter_turn_about_z_takes_x_to_y():
    R = exponential(np.pi / 2 * Z[None].astype(np.float32))[0]
    np.testing.assert_allclose(R @ X, Y, atol=1e-6)


def test_cross_matrix_is_the_cross_product():
    u, w = jnp.array([1.0, 2.0, 3.0]), jnp.array([-4.0, 0.0, 5.0])
    np.testing.assert_array_equal(rotations.cross_matrix(u) @ w, np.cross(u, w))


def test_exponential_and_quaternion_agree_with_scipy(x64):
    expected = Rotation.from_rotvec(TURNS)
    np.testing.assert_allclose(exponential(TURNS), expected.as_matrix(), atol=1e-15)
    q = over(rotations.quaternion_from_axis_angle)(TURNS)
    q_scipy = expected.as_quat(scalar_first=True)
    np.testing.assert_allclose(q, q_scipy, atol=1e-15)
    R = over(rotations.matrix_from_quaternion)(-3.0 * q)
    np.testing.assert_allclose(R, expected.as_matrix(), atol=1e-15)


def test_logarithm_undoes_the_exponential_up_to_half_turns(x64):
    v = logarithm(exponential(BELOW_PI))
    np.testing.assert_allclose(v, BELOW_PI, atol=2e-15)


def test_logarithm_of_a_half_turn_is_its_axis_either_way(x64):
    R = Rotation.from_rotvec(HALF_TURNS).as_matrix()
    v = np.asarray(logarithm(R))
    sign = np.sign(np.sum(v * HALF_TURNS, axis=-1, keepdims=True))
    np.testing.assert_allclose(v, sign * HALF_TURNS, atol=2e-15)


def test_single_precision_is_kept_at_every_angle():
    v = logarithm(exponential(TURNS.astype(np.float32)))
    R, expected = (Rotation.from_rotvec(x).as_matrix() for x in (v, TURNS))
    np.testing.assert_allclose(R, expected, atol=1e-6)


@pytest.mark.parametrize("gap", [0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
def test_single_precision_logarithm_near_half_turns_is_right_with_right_slope(gap):
    """The slope is right if that of the exponential undoes it."""
    axes = Rotation.random(16, rng=4).apply(X)
    turns = ((np.pi - gap) * axes).astype(np.float32)
    R = exponential(turns)
    v = np.asarray(logarithm(R))
    sign = np.sign(np.sum(v * turns, axis=-1, keepdims=True))
    # Rounding may carry so small a gap over the half turn.
    assert (sign > 0.0).all() or gap < 2e-6
    np.testing.assert_allclose(v, sign * turns, atol=6e-6)
    slope = over(jax.jacrev(rotations.axis_angle_from_matrix))(R)
    there = np.einsum("naij,nijb->nab", slope, exponential_slope(v))
    np.testing.assert_allclose(there, np.tile(np.eye(3), (16, 1, 1)), atol=2e-5)


def test_quaternion_has_one_cover_and_unit_length(x64):
    random = Rotation.random(50, rng=0)
    q = over(rotations.quaternion_from_matrix)(random.as_matrix())
    np.testing.assert_allclose(q, wxyz(random), atol=1e-14)
    both = [over(rotations.axis_angle_from_quaternion)(s * q) for s in (1.0, -2.0)]
    np.testing.assert_allclose(both[0], both[1], atol=1e-14)
    np.testing.assert_allclose(both[0], random.as_rotvec(), atol=1e-14)


def test_zero_quaternion_is_the_identity_with_finite_slope():
    for function, identity in (
        (rotations.matrix_from_quaternion, np.eye(3)),
        (rotations.axis_angle_from_quaternion, np.zeros(3)),
    ):
        zero = np.zeros((1, 4), np.float32)
        np.testing.assert_array_equal(over(function)(zero)[0], identity)
        assert np.isfinite(over(jax.jacrev(function))(zero)).all()


@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_agree_with_scipy_at_gimbal_lock_too(x64, order):
    random = Rotation.random(8, rng=1).as_euler(order)
    low = 0.0 if order[0] == order[2] else -np.pi / 2
    locked = np.array([[0.3, low, 0.5], [0.3, low + np.pi, 0.5], [0.0, low, 0.0]])
    angles = np.concatenate([random, locked])
    expected = Rotation.from_euler(order, angles).as_matrix()

    # Step by step, for compiling 24 orders would take longer.
    make = partial(rotations.matrix_from_euler, order=order)
    read = partial(rotations.euler_from_matrix, order=order)
    R = jax.vmap(make)(jnp.asarray(angles))
    back = jax.vmap(read)(jnp.asarray(expected))
    again = Rotation.from_euler(order, back).as_matrix()
    np.testing.assert_allclose(R, expected, atol=1e-14)
    np.testing.assert_allclose(again, expected, atol=1e-14)
    np.testing.assert_allclose(back[:8], random, atol=1e-13)
    np.testing.assert_array_equal(back[8:, 2], 0.0)
    with warnings.catch_warnings(action="ignore"):
        same = Rotation.from_matrix(expected[8:]).as_euler(order)
    np.testing.assert_allclose(back[8:], same, atol=1e-7)


@pytest.mark.parametrize("order", ["xy", "xxy", "xyw", "xYz", ""])
def test_what_is_no_order_is_refused(order):
    with pytest.raises(ValueError, match="order wants"):
        rotations.matrix_from_euler(jnp.zeros(3), order=order)


def test_six_numbers_of_any_length_and_skew_make_zhou_s_rotation(x64):
    a, b = np.random.default_rng(0).normal(size=(2, 3))
    x = a / np.linalg.norm(a)
    y = b - (x @ b) * x
    y /= np.linalg.norm(y)
    R = over(rotations.matrix_from_six)(np.concatenate([a, b])[None])
    np.testing.assert_allclose(R[0].T, [x, y, np.cross(x, y)], atol=1e-14)
    d = over(rotations.six_from_matrix)(R)
    np.testing.assert_allclose(d[0], np.concatenate([x, y]), atol=1e-14)


def test_parallel_or_vanishing_six_still_make_a_rotation_with_finite_slope():
    a, none = np.random.default_rng(0).normal(size=3), np.zeros(3)
    near = a + 1e-6 * Y
    pairs = [[none, none], [a, none], [none, a], [a, a], [a, -3.0 * a], [a, near]]
    d = np.array(pairs, np.float32).reshape(-1, 6)
    R = over(rotations.matrix_from_six)(d)
    squared = np.einsum("nij,nik->njk", R, R)
    np.testing.assert_allclose(squared, np.tile(np.eye(3), (6, 1, 1)), atol=1e-6)
    assert (np.linalg.det(R) > 0.99).all()
    assert np.isfinite(over(jax.jacrev(rotations.matrix_from_six))(d)).all()


def test_slope_of_the_exponential_at_zero_is_the_cross_product(x64):
    slope = exponential_slope(np.zeros_like(TURNS))[0]
    for axis, n in enumerate((X, Y, Z)):
        np.testing.assert_array_equal(slope[..., axis], np.cross(n, np.eye(3)).T)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_there_and_back_has_the_slope_of_the_identity(x64, pair):
    """Along SO(3), at 0 and at half turns too, where finite differences of the
    logarithm would step over its cut."""
    there, back = pair

    def around(v):
        return back(there(rotations.matrix_from_axis_angle(v)))

    slope = over(jax.jacrev(around))(TURNS)
    np.testing.assert_allclose(slope, exponential_slope(TURNS), atol=1e-7)


def differences(function, v, step=1e-5):
    """Central differences of a batched function of 3-vectors."""
    steps = step * np.eye(3)
    slopes = [(function(v + h) - function(v - h)) / (2.0 * step) for h in steps]
    return np.stack(slopes, axis=-1)


@pytest.mark.parametrize(
    "function",
    [rotations.matrix_from_axis_angle, rotations.quaternion_from_axis_angle],
)
def test_exponentials_have_the_first_and_second_slope_of_finite_differences(
    x64, function
):
    first = over(jax.jacrev(function))
    second = over(jax.jacfwd(jax.jacrev(function)))
    np.testing.assert_allclose(
        first(TURNS), differences(over(function), TURNS), atol=1e-9
    )
    np.testing.assert_allclose(second(TURNS), differences(first, TURNS), atol=1e-9)


@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_have_bounded_slope_at_gimbal_lock(order):
    low = 0.0 if order[0] == order[2] else -np.pi / 2
    locked = [[0.3, low, 0.5], [0.3, low + np.pi, 0.5], [0.0, low, 0.0]]
    R = Rotation.from_euler(order, locked).as_matrix().astype(np.float32)
    # Step by step, for compiling 24 orders would take longer.
    read = partial(rotations.euler_from_matrix, order=order)
    slope = jax.vmap(jax.jacrev(read))(jnp.asarray(R))
    assert np.abs(slope).max() < 10.0


def test_uniform_samples_have_the_moments_and_angles_of_the_haar_measure():
    """E R = 0, E R_ij R_kl = d_ik d_jl / 3, and P(angle < a) = (a - sin a) / pi,
    the same when seen from any other rotation."""
    keys = jax.random.split(jax.random.key(0), 20_000)
    R = np.asarray(over(rotations.sample_uniform)(keys)).reshape(-1, 9)
    np.testing.assert_allclose(R.mean(0), 0.0, atol=0.02)
    np.testing.assert_allclose(R.T @ R / len(R), np.eye(9) / 3.0, atol=0.02)
    for seen_from in Rotation.random(2, rng=0):
        angles = (seen_from * Rotation.from_matrix(R.reshape(-1, 3, 3))).magnitude()
        fit = stats.kstest(angles, lambda a: (a - np.sin(a)) / np.pi)
        assert fit.pvalue > 0.01


def there_and_back(there, back, v):
    """Both results, the way there being from the rotation of v."""
    found = there(rotations.matrix_from_axis_angle(v))
    return found, back(found)


@pytest.mark.parametrize(
    "function",
    [
        rotations.cross_matrix,
        rotations.quaternion_from_axis_angle,
        lambda v: rotations.axis_angle_from_quaternion(jnp.append(v[:1], v)),
        *(partial(there_and_back, *pair) for pair in PAIRS.values()),
    ],
    ids=["cross", "quaternion_from_axis_angle", "axis_angle_from_quaternion", *PAIRS],
)
def test_jit_vmap_equals_loop(equals_loop, function):
    v = Rotation.random(3, rng=2).as_rotvec().astype(np.float32)
    equals_loop(function, jnp.asarray(v))


def test_many_samples_at_once_are_those_of_the_loop(equals_loop):
    equals_loop(rotations.sample_uniform, jax.random.split(jax.random.key(0), 3))
