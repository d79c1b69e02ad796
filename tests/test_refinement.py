"""Evidence of pictures refines hands of any method."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax import refinement
from handjax.geometry import cameras
from handjax.hands.articulate import Pose, articulate, keypoints
from handjax.hands.template import load_template
from handjax.refinement import Evidence, Hands, Settings
from handjax.render import silhouette
from handjax.render.rasterize import rasterize

TEMPLATE = load_template("hand_790")
SKIN = refinement.skin_of(TEMPLATE, samples=1)
PIXELS = 32
CAMERA = cameras.Orthographic(jnp.full((2, 2), 0.14), jnp.full((2, 2), 15.5))


@pytest.fixture(scope="module")
def true():
    """Two hands in a crop's frame, as a depth method has them."""

    def one(key):
        turns = 0.2 * jax.random.normal(key, (17, 3))
        still = jnp.zeros(3), jnp.zeros(len(TEMPLATE.shape_joints))
        hand = articulate(TEMPLATE, Pose(turns, *still))
        middle = hand.vertices.mean(axis=0)
        return hand.vertices - middle, keypoints(hand) - middle

    return Hands(*jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0))))


@pytest.fixture(scope="module")
def evidence(true):
    """What a depth camera has measured, and key points in the picture."""
    size = {"height": PIXELS, "width": PIXELS, "far": silhouette.BEYOND}

    def one(camera, vertices):
        return rasterize(camera, vertices, TEMPLATE.faces, **size, cull=True).depth

    D = jax.jit(jax.vmap(one))(CAMERA, true.vertices)
    uv = jax.vmap(cameras.project)(CAMERA, true.joints)
    return Evidence(
        CAMERA,
        uv,
        jnp.ones((2, 21)),
        (D < silhouette.BEYOND) * 1.0,
        jnp.minimum(D, 150),
    )


@pytest.fixture(scope="module")
def begun(true):
    """A method's estimate: key points that are off, and the template laid on them."""
    off = 12.0 * jax.random.normal(jax.random.key(3), true.joints.shape)
    return refinement.laid_on(TEMPLATE, true.joints + off)


@pytest.fixture(scope="module")
def refined(evidence, begun):
    weights = {"keypoints": 1.0, "mask": 1.0, "depth": 0.2, "stay": 1e-3}
    weights |= {"laplacian": 1e-3}
    down = refinement.refiner(
        partial(refinement.posed, template=TEMPLATE), SKIN, PIXELS, Settings(weights)
    )
    return down(begun, evidence, 40)


def test_a_depth_methods_estimate_goes_down_and_nearer(refined, begun, evidence, true):
    assert (refined.energy < 0.7 * refined.history[0]).all()
    build = jax.jit(partial(refinement.posed, template=TEMPLATE))
    before, after = (
        jnp.linalg.norm(build(x, evidence).joints - true.joints, axis=-1).mean(-1)
        for x in (begun, refined.variables)
    )
    assert (after < before).all()


def test_a_true_hand_costs_what_its_surface_is_rough(true, evidence):
    known = jax.jit(lambda e: refinement.terms(true, e, SKIN, PIXELS))(evidence)
    assert set(known) == {"keypoints", "mask", "depth", "laplacian"}
    for name in ("keypoints", "mask", "depth"):
        np.testing.assert_allclose(known[name], 0.0, atol=1e-4)
    assert (known["laplacian"] > 0.0).all()


def test_what_is_not_believed_does_not_pull(true, evidence):
    moved = evidence.keypoints.at[:, 3].add(9.0)
    doubted = jnp.ones((2, 21)).at[:, 3].set(0.0)
    wrong = evidence._replace(keypoints=moved)
    cost = partial(refinement.keypoint_error, true, pixels=PIXELS)
    # 9 pixels along both axes are 9/16 halves of the edge.
    expected = 2 * (9 / 16) ** 2 / 21
    np.testing.assert_allclose(cost(wrong), expected, rtol=1e-4)
    trusting = wrong._replace(confidence=doubted)
    np.testing.assert_allclose(cost(trusting), 0.0, atol=1e-8)


def test_depth_counts_where_both_show_the_hand(true, evidence):
    deeper = evidence._replace(depth=evidence.depth - 5.0)
    cost = jax.jit(lambda e: refinement.depth_error(true, e, SKIN))
    everywhere = jnp.ones((2, PIXELS, PIXELS), bool)
    # Smooth L1 of half a cm.
    found = cost(deeper._replace(measured=everywhere))
    np.testing.assert_allclose(found, 0.125, rtol=1e-3)
    nowhere = cost(deeper._replace(measured=~everywhere))
    np.testing.assert_array_equal(nowhere, 0.0)
