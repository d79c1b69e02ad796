"""Evidence of pictures refines hands of any method."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax import refinement
from handjax.geometry import cameras
from handjax.hands.template import load_template
from handjax.refinement import Evidence, Posed, Settings
from handjax.render import silhouette
from handjax.render.rasterize import rasterize

TEMPLATE = load_template("hand_790")
SKIN = refinement.skin_of(TEMPLATE, samples=1)
PIXELS = 32
CAMERA = cameras.Orthographic(jnp.full((2, 2), 0.14), jnp.full((2, 2), 15.5))


TURNS = 0.2 * jax.random.normal(jax.random.key(0), (2, 17, 3))
STILL = jnp.zeros((2, len(TEMPLATE.shape_joints)))
build = jax.jit(partial(refinement.posed, template=TEMPLATE))


@pytest.fixture(scope="module")
def at_home():
    """Variables of two hands in the middle of a crop, as a depth method has them."""
    here = Posed(TURNS, jnp.zeros((2, 3)), STILL)
    middle = build(here).vertices.mean(axis=1)
    return here._replace(place=-middle / refinement.STRIDE)


@pytest.fixture(scope="module")
def true(at_home):
    return build(at_home)


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
def begun(at_home):
    """A method's estimate that is off."""
    keys = jax.random.split(jax.random.key(3))
    return at_home._replace(
        rotations=TURNS + 0.15 * jax.random.normal(keys[0], TURNS.shape),
        place=at_home.place + 0.15 * jax.random.normal(keys[1], (2, 3)),
    )


@pytest.fixture(scope="module")
def refined(evidence, begun):
    weights = {"keypoints": 1.0, "mask": 1.0, "depth": 0.2, "stay": 1e-3}
    weights |= {"laplacian": 1e-3}
    down = refinement.refiner(build, SKIN, PIXELS, Settings(weights))
    return down(begun, evidence, 40)


def test_a_depth_methods_estimate_goes_down_and_nearer(refined, begun, evidence, true):
    assert (refined.energy < 0.7 * refined.history[0]).all()
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


def test_roughness_asks_for_no_size(true):
    @jax.jit
    def cost(share):
        larger = (share[:, None, None] * x for x in true)
        return refinement.roughness(refinement.Hands(*larger), SKIN)

    one = jnp.ones(2)
    np.testing.assert_allclose(cost(one), cost(1.3 * one), rtol=1e-4)
    assert (cost(one) > 0.01).all()
    rougher = true._replace(vertices=true.vertices.at[:, ::7].add(3.0))
    assert (refinement.roughness(rougher, SKIN) > 1.2 * cost(one)).all()
    slope = jax.jit(jax.grad(lambda share: cost(share).sum()))
    np.testing.assert_allclose(slope(one), 0.0, atol=1e-4)
    assert jnp.isfinite(slope(jnp.zeros(2))).all()


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


def test_key_points_alone_get_variables_of_the_template(true):
    found = jax.eval_shape(partial(refinement.laid_on, TEMPLATE), true.joints)
    assert jax.tree.map(jnp.shape, found) == jax.tree.map(
        jnp.shape, Posed(TURNS, jnp.zeros((2, 3)), STILL)
    )
