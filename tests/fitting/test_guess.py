"""A network's spheres as a start: the hand that carries them, and a fit around it."""

import jax
import jax.numpy as jnp
import numpy as np

from handjax import fitting, weights
from handjax.fitting import guess
from handjax.fitting.model import pose
from handjax.geometry import rotations, transforms
from handjax.hands.articulate import articulate
from tests.fitting.test_search import error


def test_the_hand_that_carries_true_spheres_is_found(template, truth):
    rng = np.random.default_rng(0)
    place = transforms.make(
        rotations.sample_uniform(jax.random.key(0)), jnp.array([10.0, 0.0, -5.0])
    )
    c = transforms.apply(place, truth.centres - truth.centres.mean(axis=0))
    variables = guess.towards(template, c, rng)
    one = jax.tree.map(lambda leaf: leaf[0], variables)
    hand = articulate(template, pose(template, one))
    assert jnp.linalg.norm(hand.centres - c, axis=-1).mean() < 3.0


def test_a_wild_estimate_still_gives_a_hand(template):
    c = 60.0 * jax.random.normal(jax.random.key(1), (41, 3))
    variables = guess.towards(template, c, np.random.default_rng(0))
    one = jax.tree.map(lambda leaf: leaf[0], variables)
    hand = articulate(template, pose(template, one))
    assert jnp.isfinite(hand.vertices).all()
    assert jnp.abs(one.shape).max() < 4.0


def test_the_released_network_sees_the_hand_about_where_it_is(depth, camera, truth):
    found = weights.from_release("wan_spheres")
    centre = np.asarray(truth.centres.mean(axis=0))
    c = guess.estimate(found, depth, camera, centre)
    assert jnp.linalg.norm(c - truth.centres, axis=-1).mean() < 15.0


def test_a_fit_that_begins_at_the_truth_ends_there(
    template, truth, depth, camera, schedule
):
    said = []

    def oracle(*given):
        said.append(given)
        return truth.centres

    near = fitting.fit(template, depth, camera, seed=0, schedule=schedule, guess=oracle)
    assert len(said) == 1
    assert error(near.hand, truth) < 8.0


def test_the_guess_of_a_left_hand_is_asked_in_the_mirror(
    template, truth, depth, camera, schedule
):
    width = depth.shape[1]
    mirrored = camera._replace(centre=jnp.array([width - 1 - 80.0, 60.0]))
    left = fitting.fit(
        template,
        depth[:, ::-1],
        mirrored,
        left=True,
        schedule=schedule,
        guess=lambda *_: truth.centres,
    )
    flip = jnp.array([-1.0, 1.0, 1.0])
    gap = jnp.linalg.norm(left.hand.joints * flip - truth.joints, axis=-1)
    assert gap.mean() < 10.0
