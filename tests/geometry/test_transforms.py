import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.spatial.transform import Rotation

from handjax.geometry import transforms

apply = jax.jit(transforms.apply)
invert = jax.jit(transforms.invert)

R, S = Rotation.random(2, rng=0).as_matrix()


@pytest.fixture
def pair(x64):
    b_from_a = transforms.make(jnp.asarray(R), jnp.array([1.0, -2.0, 3.0]))
    c_from_b = transforms.make(jnp.asarray(S), jnp.array([10.0, 0.0, 5.0]), scale=2.5)
    return c_from_b, b_from_a


def test_quarter_turn_doubled_and_moved_is_as_drawn():
    turn = jnp.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    b_from_a = transforms.make(turn, jnp.array([5.0, 6.0, 7.0]), scale=2.0)
    point = jnp.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(transforms.rotate(b_from_a, point), [-4, 2, 6])
    np.testing.assert_array_equal(apply(b_from_a, point), [1, 8, 13])


@pytest.mark.parametrize("shape", [(), (4,), (2, 5)])
def test_apply_is_the_homogeneous_product(pair, shape):
    points = np.random.default_rng(0).normal(size=(*shape, 3))
    padded = np.concatenate([points, np.ones((*shape, 1))], -1)
    expected = np.einsum("ij,...j->...i", np.asarray(pair[0]), padded)
    actual = apply(pair[0], jnp.asarray(points))
    np.testing.assert_allclose(actual, expected[..., :3], atol=1e-14)


def test_composition_applies_the_last_first(pair):
    point = jnp.array([0.3, 0.2, 0.1])
    stepwise = apply(pair[0], apply(pair[1], point))
    composed = apply(transforms.compose(*pair), point)
    np.testing.assert_allclose(composed, stepwise, atol=1e-14)


def test_inverse_of_rigid_and_similarity_undoes_them(pair):
    for b_from_a in pair:
        inverse = invert(b_from_a)
        np.testing.assert_allclose(inverse, np.linalg.inv(b_from_a), atol=1e-14)


def test_gradients_agree_with_finite_differences(pair):
    points = jnp.asarray(np.random.default_rng(0).normal(size=(2, 3)))
    check_grads(apply, (pair[0], points), order=1, modes=["rev"])
    check_grads(invert, (pair[0],), order=1, modes=["rev"])


def test_inverse_of_scale_zero_and_its_gradient_are_finite():
    nothing = transforms.make(jnp.eye(3), jnp.ones(3), scale=0.0)
    assert np.isfinite(invert(nothing)).all()
    assert np.isfinite(jax.jit(jax.jacrev(transforms.invert))(nothing)).all()


@pytest.mark.parametrize(
    "function",
    [
        lambda T, x: transforms.make(T[:3, :3], x[0], scale=x[1, 0]),
        transforms.apply,
        transforms.rotate,
        lambda T, _: transforms.compose(T, T, T),
        lambda T, _: transforms.invert(T),
    ],
    ids=["make", "apply", "rotate", "compose", "invert"],
)
def test_jit_vmap_equals_loop(equals_loop, function):
    rng = np.random.default_rng(0)
    maps = jnp.asarray(rng.normal(size=(3, 4, 4)), jnp.float32)
    equals_loop(function, maps, jnp.asarray(rng.normal(size=(3, 5, 3)), jnp.float32))
