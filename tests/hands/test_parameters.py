"""45 numbers of pose and 10 of shape, and back, on the built-in hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.hands.articulate import Pose
from handjax.hands.parameters import (
    SHAPE,
    Parameters,
    parameters_from_pose,
    pose_from_parameters,
)
from handjax.hands.skeleton import MANO_POSED, POSED
from handjax.hands.template import load_template

TEMPLATE = load_template("hand_790")


def draw(shape=SHAPE):
    turn, bend, form, place = jax.random.split(jax.random.key(0), 4)
    return Parameters(
        jax.random.normal(turn, (3,)),
        0.6 * jax.random.normal(bend, (45,)),
        jax.random.normal(form, (shape,)),
        100.0 * jax.random.normal(place, (3,)),
    )


def test_each_joint_turns_by_its_own_three_numbers():
    parameters = draw()
    pose = pose_from_parameters(TEMPLATE, parameters)
    np.testing.assert_array_equal(pose.rotations[0], parameters.turn)
    thumb = pose.rotations[POSED.index("thumb_ip")]
    np.testing.assert_array_equal(thumb, parameters.fingers[42:])
    knuckle = pose.rotations[POSED.index("little_mcp")]
    np.testing.assert_array_equal(knuckle, parameters.fingers[18:21])
    np.testing.assert_array_equal(pose.shape, [*parameters.shape, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(pose.translation, parameters.translation)


def test_parameters_come_back():
    parameters = draw()
    back = parameters_from_pose(pose_from_parameters(TEMPLATE, parameters))
    for one, other in zip(back, parameters, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_thumb_points_where_it_did_without_its_carpal_joint():
    vectors = 0.4 * jax.random.normal(jax.random.key(1), (len(POSED), 3))
    pose = Pose(vectors, jnp.zeros(3), jnp.ones(14))
    found = parameters_from_pose(pose)
    R = Rotation.from_rotvec(np.asarray(vectors)).as_matrix()
    carpal, cmc = (R[POSED.index(f"thumb_{joint}")] for joint in ("carpal", "cmc"))
    place = 3 * MANO_POSED.index(POSED.index("thumb_cmc"))
    got = Rotation.from_rotvec(np.asarray(found.fingers[place : place + 3]))
    np.testing.assert_allclose(got.as_matrix(), carpal @ cmc, atol=1e-6)
    assert found.shape.shape == (SHAPE,)


def test_more_coefficients_than_the_template_has_are_refused():
    with pytest.raises(ValueError, match=r"shape wants 14 .*; got 15"):
        pose_from_parameters(TEMPLATE, draw(15))


def test_slopes_at_rest_are_finite():
    rest = jax.tree.map(jnp.zeros_like, draw())

    def there_and_back(parameters):
        pose = pose_from_parameters(TEMPLATE, parameters)
        return sum(jnp.sum(x) for x in parameters_from_pose(pose))

    slopes = jax.grad(there_and_back)(rest)
    for slope in slopes:
        np.testing.assert_allclose(slope, 1.0, atol=1e-6)
