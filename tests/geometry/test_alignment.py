"""Notation as in handjax.geometry.alignment: M covariance, R its nearest rotation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.spatial.transform import Rotation

from handjax.geometry import alignment, transforms

nearest = jax.jit(jax.vmap(alignment.nearest_rotation))
iterated = jax.jit(jax.vmap(alignment.iterated_rotation))
jacobian = jax.jit(jax.vmap(jax.jacrev(alignment.nearest_rotation)))
hessian = jax.jit(jax.vmap(jax.jacfwd(jax.jacrev(alignment.nearest_rotation))))


@jax.jit
def align_rigid(x, y, w=None):
    return alignment.align_rigid(x, y, weights=w)


@jax.jit
def align_similarity(x, y, w=None):
    return alignment.align_similarity(x, y, weights=w)


ALIGNMENTS = [align_rigid, align_similarity]
U, V = Rotation.random(2, rng=7).as_matrix()
# Singular values, the last one with the sign of the determinant of M.
UNIQUE = {
    "all equal": (1.0, 1.0, 1.0),
    "larger two equal": (2.0, 2.0, 0.5),
    "smaller two equal": (2.0, 0.5, 0.5),
    "reflection": (3.0, 2.0, -1.0),
    "reflection, larger two equal": (3.0, 3.0, -1.0),
    "points in a plane": (3.0, 2.0, 0.0),
    "plane, both equal": (2.0, 2.0, 0.0),
}
UNDETERMINED = {
    "coincident points": (0.0, 0.0, 0.0),
    "points on a line": (1.0, 0.0, 0.0),
    "reflection, smaller two equal": (2.0, 1.0, -1.0),
    "mirrored ball": (1.0, 1.0, -1.0),
}
# The covariances of both, the unique ones first.
M = np.stack([U @ np.diag(s) @ V.T for s in (UNIQUE | UNDETERMINED).values()])


@pytest.fixture
def clouds(x64):
    rng = np.random.default_rng(3)
    source, target = rng.normal(size=(2, 7, 3))
    return jnp.asarray(source), jnp.asarray(target), jnp.asarray(rng.uniform(size=7))


def differences(function, M, step=1e-5):
    """Central differences of a batched function of 3x3 matrices."""
    steps = step * np.eye(9).reshape(9, 3, 3)
    slopes = [(function(M + h) - function(M - h)) / (2.0 * step) for h in steps]
    stacked = np.stack(slopes, axis=-1)
    return stacked.reshape(*stacked.shape[:-1], 3, 3)


def test_nearest_rotation_is_the_one_it_was_built_from(x64):
    for R in nearest(M)[: len(UNIQUE)]:
        np.testing.assert_allclose(R, U @ V.T, atol=1e-14)


def test_iteration_finds_the_rotation_of_the_svd(x64):
    for R in iterated(M)[: len(UNIQUE)]:
        np.testing.assert_allclose(R, U @ V.T, atol=1e-14)
    drawn = np.random.default_rng(1).normal(size=(1000, 3, 3))
    np.testing.assert_allclose(iterated(drawn), nearest(drawn), atol=1e-10)


def test_iteration_in_single_precision_is_off_as_much_as_the_svd():
    drawn = np.random.default_rng(1).normal(size=(1000, 3, 3))
    with jax.enable_x64(True):
        true = np.asarray(nearest(drawn))
    off = [np.abs(f(np.float32(drawn)) - true).max() for f in (iterated, nearest)]
    assert off[0] < 2.0 * off[1] < 1e-2


def test_iteration_maximises_the_trace_where_the_rotation_is_undetermined(x64):
    found = np.asarray(iterated(M))
    np.testing.assert_allclose(
        found @ found.mT, np.tile(np.eye(3), (len(M), 1, 1)), atol=1e-14
    )
    sums = [sum(s) for s in (UNIQUE | UNDETERMINED).values()]
    np.testing.assert_allclose(np.sum(found * M, axis=(1, 2)), sums, atol=1e-9)
    np.testing.assert_array_equal(found[len(UNIQUE)], np.eye(3))


def test_without_svd_there_is_none(clouds):
    def traced():
        # A function of its own each time: what JAX has traced, it keeps.
        align = lambda x, y: alignment.align_similarity(x, y)  # noqa: E731
        return str(jax.make_jaxpr(align)(*clouds[:2]))

    with alignment.without_svd():
        assert " svd" not in traced()
        np.testing.assert_allclose(
            alignment.align_rigid(*clouds[:2]), align_rigid(*clouds[:2]), atol=1e-12
        )
    assert " svd" in traced()


def test_slopes_are_those_of_finite_differences_where_singular_values_coincide(x64):
    for slope, of, atol in ((jacobian, nearest, 1e-8), (hessian, jacobian, 1e-7)):
        actual, expected = slope(M), differences(of, M)
        for case, name in enumerate(UNIQUE):
            np.testing.assert_allclose(
                actual[case], expected[case], atol=atol, err_msg=name
            )


def test_result_is_a_rotation_with_finite_slopes_even_where_undetermined(x64):
    for R in nearest(M):
        np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-14)
        assert np.linalg.det(R) > 0.0
    assert np.abs(jacobian(M)).max() < 10.0
    assert np.isfinite(hessian(M)).all()


def test_line_still_turns_where_it_is_determined(x64):
    """M = e_x e_x^T: e_y e_x^T turns R about z, e_z e_y^T about the line."""
    slopes = jacobian(np.tile(np.diag([1.0, 0.0, 0.0]), (len(M), 1, 1)))[0]
    np.testing.assert_allclose(
        slopes[..., 1, 0], [[0, -1, 0], [1, 0, 0], [0, 0, 0]], atol=1e-14
    )
    np.testing.assert_allclose(slopes[..., 2, 1], 0.0, atol=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
def test_rigid_alignment_agrees_with_scipy(clouds, weighted):
    source, target, weights = (np.asarray(x) for x in clouds)
    w = weights if weighted else np.ones(7)
    means = [np.average(x, axis=0, weights=w) for x in (source, target)]
    expected, _ = Rotation.align_vectors(target - means[1], source - means[0], w)
    aligned = align_rigid(*clouds) if weighted else align_rigid(*clouds[:2])
    np.testing.assert_allclose(aligned[:3, :3], expected.as_matrix(), atol=1e-12)
    moved_mean = transforms.apply(aligned, jnp.asarray(means[0]))
    np.testing.assert_allclose(moved_mean, means[1], atol=1e-14)


def test_mirrored_triangle_is_turned_over_not_reflected(x64):
    source = jnp.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    mirror = jnp.array([-1.0, 1.0, 1.0])
    aligned = align_similarity(source, source * mirror)
    half_turn = np.diag([-1.0, 1.0, -1.0, 1.0])
    np.testing.assert_allclose(aligned, half_turn, atol=1e-14)


def test_similarity_is_recovered_whatever_the_weights(clouds):
    source, _, weights = clouds
    made = transforms.make(jnp.asarray(U), jnp.array([1.0, 2.0, 3.0]), scale=1.7)
    target = transforms.apply(made, source)
    np.testing.assert_allclose(align_similarity(source, target), made, atol=1e-13)
    np.testing.assert_allclose(
        align_similarity(source, target, weights), made, atol=1e-13
    )


@pytest.mark.parametrize("align", ALIGNMENTS, ids=["rigid", "similarity"])
def test_no_small_step_improves_the_alignment(clouds, align):
    source, target, weights = clouds
    best = np.asarray(align(*clouds))

    def cost(linear, translation):
        error = source @ linear.T + translation - target
        return np.sum(np.asarray(weights)[:, None] * np.asarray(error) ** 2)

    least = cost(best[:3, :3], best[:3, 3])
    rng = np.random.default_rng(0)
    for _ in range(20):
        turn = Rotation.from_rotvec(1e-3 * rng.normal(size=3)).as_matrix()
        scale = 1.0 + 1e-3 * rng.normal() * (align is align_similarity)
        step = 1e-3 * rng.normal(size=3)
        assert cost(scale * turn @ best[:3, :3], best[:3, 3] + step) > least


@pytest.mark.parametrize("align", ALIGNMENTS, ids=["rigid", "similarity"])
def test_points_without_weight_do_not_count(clouds, align):
    source, target, weights = clouds
    weights = weights.at[5:].set(0.0)
    expected = align(source[:5], target[:5], weights[:5])
    np.testing.assert_allclose(align(*clouds[:2], weights), expected, atol=1e-14)


@pytest.mark.parametrize("align", ALIGNMENTS, ids=["rigid", "similarity"])
def test_gradients_agree_with_finite_differences(clouds, align):
    check_grads(align, clouds, order=1, modes=["rev"])


def test_gradient_is_right_for_a_point_at_the_mean(x64):
    """Four corners and their centre: its coordinates about the mean are exactly 0."""
    corners = [[1.0, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0], [0, 0, 0]]
    source = jnp.array(corners)
    target = jnp.asarray(np.array(corners) @ U.T + [0.1, 0.0, -0.2])
    check_grads(align_similarity, (source, target), order=1, modes=["rev"])


DEGENERATE = {
    "no weight": (lambda x, y, w: (x, y, 0.0 * w)),
    "source in one point": (lambda x, y, w: (0.0 * x + 1.1, y, w)),
    "target in one point": (lambda x, y, w: (x, 0.0 * y + 1.1, w)),
    "both in one point": (lambda x, y, w: (0.0 * x + 1.1, 0.0 * y - 2.3, w)),
    "on a line": (lambda x, y, w: (x.at[:, 1:].set(0.3), y, w)),
}


@pytest.mark.parametrize("align", ALIGNMENTS, ids=["rigid", "similarity"])
def test_degenerate_sets_have_finite_alignment_and_gradient(align):
    rng = np.random.default_rng(3)
    x, y = jnp.asarray(100.0 * rng.normal(size=(2, 7, 3)), jnp.float32)
    w = jnp.asarray(rng.uniform(size=7), jnp.float32)
    gradient = jax.jit(jax.jacrev(align, argnums=(0, 1, 2)))
    for case, degrade in DEGENERATE.items():
        points = degrade(x, y, w)
        linear = align(*points)[:3, :3]
        assert np.isfinite(linear).all(), case
        for slope in gradient(*points):
            assert np.abs(slope).max() < 1e3, case


def test_empty_or_coincident_sets_only_translate():
    x = jnp.full((4, 3), 1.1)
    y = jnp.full((4, 3), -2.3)
    for align in ALIGNMENTS:
        np.testing.assert_array_equal(align(x, y, jnp.zeros(4)), np.eye(4))
        moved = align(x, y)
        np.testing.assert_array_equal(moved[:3, :3], np.eye(3))
        np.testing.assert_allclose(moved[:3, 3], -3.4, rtol=1e-6)


@pytest.mark.parametrize("align", ALIGNMENTS, ids=["rigid", "similarity"])
def test_jit_vmap_equals_loop(equals_loop, clouds, align):
    source, target, weights = clouds
    many = (
        jnp.stack([source, target]),
        jnp.stack([target, source]),
        jnp.stack([weights, weights[::-1]]),
    )
    equals_loop(align, *many, atol=1e-13)
