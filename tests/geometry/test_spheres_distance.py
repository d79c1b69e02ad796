import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from handjax.geometry import spheres

point_to_spheres = jax.jit(spheres.point_to_spheres)

ROW = jnp.array([[0.0, 0.0, 0.0], [8.0, 0.0, 0.0], [20.0, 0.0, 0.0], [20.0, 5.0, 0.0]])
RADII = jnp.array([6.0, 5.0, 4.0, 30.0])
PAIRS = jnp.array([[0, 1], [1, 2], [2, 3]])


def scene(count=6, batch=()):
    rng = np.random.default_rng(0)
    p = rng.normal(size=(*batch, 20, 3)) * 25
    c = rng.normal(size=(*batch, count, 3)) * 15
    r = rng.uniform(8, 16, size=(*batch, count))
    return [jnp.asarray(a, float) for a in (p, c, r)]


def test_distance_is_zero_on_a_surface_and_counts_from_both_sides():
    p = jnp.array([[5.0, 0.0, 0.0], [8.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    distance = point_to_spheres(p, jnp.zeros((1, 3)), jnp.array([5.0]))
    np.testing.assert_allclose(distance, [0.0, 3.0, 3.0, 5.0])


def test_distance_is_what_loops_give():
    p, c, r = scene()
    each = [
        [abs(np.linalg.norm(q - a) - b) for a, b in zip(c, r, strict=True)] for q in p
    ]
    actual = point_to_spheres(p, c, r)
    np.testing.assert_allclose(actual, np.min(each, axis=1), atol=1e-4)


def test_points_in_a_centre_or_beside_padding_have_finite_gradients():
    p = jnp.array([[0.0, 0.0, 0.0], [50.0, 0.0, 0.0]])
    c, r = jnp.array([[0.0, 0.0, 0.0], [50.0, 0.0, 0.0]]), jnp.array([5.0, 0.0])

    def total(p, c, r):
        return jnp.sum(point_to_spheres(p, c, r))

    value, (dp, dc, dr) = jax.value_and_grad(total, (0, 1, 2))(p, c, r)
    assert value == 5.0 + 45.0
    np.testing.assert_array_equal(dp, [[0, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(dc, [[-1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(dr, [0.0, 0.0])


def test_gradients_of_distances_match_finite_differences(x64):
    check_grads(point_to_spheres, scene(count=3), order=1)


def test_distances_of_a_picture_of_points_need_no_table_of_pairs():
    def total(p, c, r):
        return jnp.sum(spheres.point_to_spheres(p, c, r))

    inputs = jnp.zeros((4096, 3)), jnp.zeros((41, 3)), jnp.ones(41)
    compiled = jax.jit(jax.grad(total, (1, 2))).lower(*inputs).compile()
    assert compiled.memory_analysis().temp_size_in_bytes < 4096 * 41 * 4 / 2


AXIS, FAR = jnp.linspace(-20.0, 20.0, 5), 150.0


@pytest.mark.parametrize(
    "function",
    [
        spheres.point_to_spheres,
        lambda p, c, r: spheres.sphere_depth(p[:, :2], c[0], r[0], FAR),
        lambda p, c, r: spheres.ray_cast(AXIS, AXIS, c, r, FAR),
        lambda p, c, r: spheres.owner(AXIS, AXIS, c, r, FAR),
        lambda p, c, r: spheres.overlap(c, r, PAIRS),
        lambda p, c, r: spheres.collision(c, r, PAIRS, r[:3] / 10.0),
        lambda p, c, r: spheres.collision_as_printed(0.1 * c, r, PAIRS),
        lambda p, c, r: spheres.collision_of_centres(0.1 * c, PAIRS),
    ],
)
def test_jit_vmap_equals_loop(equals_loop, function):
    equals_loop(function, *scene(batch=(3,)), atol=1e-4)


def test_overlap_is_the_depth_of_the_lens():
    overlap = spheres.overlap(ROW, RADII, PAIRS)
    np.testing.assert_allclose(overlap, [3.0, 0.0, 29.0])


def test_collision_charges_only_what_exceeds_the_overlap_at_rest():
    rest = spheres.overlap(ROW, RADII, PAIRS)
    assert spheres.collision(ROW, RADII, PAIRS, rest) == 0.0
    assert spheres.collision(ROW, RADII, PAIRS, jnp.zeros(3)) == 32.0
    closer = ROW.at[0, 0].add(2.0).at[1, 0].add(4.0)
    cost = spheres.collision(closer, RADII, PAIRS, rest)
    np.testing.assert_allclose(cost, 9.0 - 8.0)


def test_printed_and_coded_collisions_compare_squares():
    # Squared distances 64, 144, 25; sums of radii 11, 9, 34.
    assert spheres.collision_as_printed(ROW, RADII, PAIRS) == 9.0
    assert spheres.collision_of_centres(ROW, PAIRS) == 11.0
    assert spheres.collision_of_centres(ROW, PAIRS, nearest=10.0) == 36.0 + 75.0


def test_collision_of_coincident_centres_has_a_finite_gradient():
    c, rest = jnp.zeros((4, 3)), jnp.zeros(3)
    costs = [
        lambda c: spheres.collision(c, RADII, PAIRS, rest),
        lambda c: spheres.collision_as_printed(c, RADII, PAIRS),
        lambda c: spheres.collision_of_centres(c, PAIRS),
    ]
    for cost in costs:
        np.testing.assert_array_equal(jax.jit(jax.grad(cost))(c), 0.0)


def test_gradients_of_collisions_match_finite_differences(x64):
    def costs(c, r):
        rest = jnp.array([1.0, 0.0, 2.0])
        return (
            spheres.collision(c, r, PAIRS, rest),
            spheres.collision_as_printed(c, r, PAIRS),
            spheres.collision_of_centres(c, PAIRS),
        )

    check_grads(
        jax.jit(costs), (ROW.astype(float) * 0.45, RADII.astype(float)), order=1
    )
