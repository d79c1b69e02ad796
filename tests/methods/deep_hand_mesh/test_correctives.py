"""Correctives: what they are made of, what moves them, what they fold into."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import correctives

TEMPLATE = load_template("hand_790")
BETA = correctives.identity_code("A")
NETWORKS = correctives.networks(TEMPLATE, without=())
PARAMS = correctives.init(NETWORKS, jax.random.key(0))
THETA = jnp.linspace(-1.0, 1.0, 56).reshape(2, 28)


def test_two_layers_with_relu_between():
    params = PARAMS["skeleton"]["params"]
    one, two = params["Dense_0"], params["Dense_1"]
    h = np.maximum(np.asarray(BETA) @ one["kernel"] + one["bias"], 0.0)
    wanted = (h @ two["kernel"] + two["bias"]).reshape(22, 3)
    got = correctives.identity(NETWORKS, PARAMS, TEMPLATE, BETA).skeleton
    assert one["kernel"].shape == (32, 256)
    np.testing.assert_allclose(got, wanted, atol=1e-6)
    assert jnp.std(two["kernel"]) == pytest.approx(0.01, rel=0.05)


def test_pose_corrective_moves_with_the_pose_but_sends_it_no_gradient():
    def total(theta, params):
        return jnp.sum(
            jnp.square(correctives.of_pose(NETWORKS, params, TEMPLATE, theta))
        )

    of_theta, of_params = jax.grad(total, argnums=(0, 1))(THETA, PARAMS)
    found = correctives.of_pose(NETWORKS, PARAMS, TEMPLATE, THETA)
    assert jnp.any(found[0] != found[1])
    np.testing.assert_array_equal(of_theta, 0.0)
    assert jnp.any(of_params["pose"]["params"]["Dense_0"]["kernel"] != 0.0)


def test_identity_codes_are_those_that_runs_have_learnt_from():
    """Numbers that numpy 2 drew from (2020, the crc32 of the name): with others no run
    could go on."""
    first = {"A": [0.5954042, -1.3554515], "B": [-0.2742532, 1.6008009]}
    for subject, numbers in first.items():
        code = correctives.identity_code(subject)
        assert code.shape == (32,)
        np.testing.assert_allclose(code[:2], numbers, rtol=1e-6)


def test_a_folded_identity_says_the_same_in_few_numbers():
    before = correctives.identity(NETWORKS, PARAMS, TEMPLATE, BETA)
    folded = correctives.fold(PARAMS, before)
    after = correctives.identity(NETWORKS, folded, TEMPLATE, BETA)
    for x, y in zip(before, after, strict=True):
        np.testing.assert_array_equal(x, y)
    of_pose = (
        correctives.of_pose(NETWORKS, p, TEMPLATE, THETA) for p in (PARAMS, folded)
    )
    np.testing.assert_array_equal(*of_pose)
    assert "identity" not in folded
    assert folded["constants"]["vertices"].size == 790 * 3


@pytest.mark.parametrize("name", correctives.NAMES)
def test_a_corrective_that_is_left_out_changes_nothing(name):
    networks = correctives.networks(TEMPLATE, without=(name,))
    assert set(networks) == set(correctives.NAMES) - {name}
    params = {key: PARAMS[key] for key in networks}
    identity = correctives.identity(networks, params, TEMPLATE, BETA)
    dM = correctives.of_pose(networks, params, TEMPLATE, THETA)
    gone = {
        "skeleton": identity.skeleton,
        "identity": identity.vertices,
        "weights": identity.weights,
        "pose": dM,
    }
    assert gone["weights"] is None if name == "weights" else not jnp.any(gone[name])


def test_an_unknown_corrective_is_refused_by_name():
    with pytest.raises(ValueError, match=r"\['bones'\].*skeleton"):
        correctives.networks(TEMPLATE, without=("bones",))


def test_skinning_weights_stay_where_they_are_and_sum_to_one():
    rows, columns = correctives.nonzero(TEMPLATE)
    dW = 0.5 * jax.random.normal(jax.random.key(3), (len(rows),))
    wanted = np.asarray(TEMPLATE.weights, np.float64)
    wanted[rows, columns] = np.maximum(wanted[rows, columns] + dW, 0.0)
    total = wanted.sum(-1, keepdims=True)
    some = total[:, 0] > 0
    got = correctives.refined_weights(TEMPLATE, dW)
    np.testing.assert_allclose(got[some], (wanted / total.clip(1e-9))[some], atol=1e-5)
    np.testing.assert_array_equal(got[~some], TEMPLATE.weights[~some])
    assert not np.all(some)
    np.testing.assert_allclose(jnp.sum(got, axis=-1), 1.0, atol=1e-5)
    assert not jnp.any(got[TEMPLATE.weights == 0.0])


def test_a_vertex_that_loses_all_weights_leaves_slopes_finite():
    count = len(correctives.nonzero(TEMPLATE)[0])
    slope = jax.grad(lambda d: jnp.sum(correctives.refined_weights(TEMPLATE, d) ** 2))
    for dW in (jnp.full(count, -2.0), jnp.zeros(count)):
        assert jnp.all(jnp.isfinite(slope(dW)))
