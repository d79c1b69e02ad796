"""The energy is low for the true hand and each term sees what it is for."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.fitting import energy, evidence, model, starts
from handjax.hands.poses import NAMED


@pytest.fixture(scope="module")
def variables(template, truth, gathered):
    """The true hand in the fit frame."""
    fit_from_camera = np.linalg.inv(gathered[1])
    angles = np.asarray(NAMED["finger spread relaxed"])[None]
    wrist = truth.transforms[0, :3, :3]
    R = fit_from_camera[:3, :3] @ np.asarray(wrist)
    at = truth.transforms[0] @ jnp.append(model.pivot(template), 1.0)
    place = (fit_from_camera @ np.asarray(at))[:3] / model.STRIDE
    shape = np.zeros((1, len(template.shape_joints)))
    return starts.as_variables(R[None], place[None], angles, shape, np.zeros(1))


@pytest.fixture(scope="module")
def known(template):
    return jax.jit(energy.habits)(template)


@pytest.fixture(scope="module")
def terms(template, known, gathered):
    """Terms of a batch of hands, and the gradient of their weighted sum."""
    one = partial(energy.terms, template, known, gathered[0])
    total = partial(energy.energy, template, known, gathered[0])
    return jax.jit(jax.vmap(lambda v: (one(v), jax.grad(total)(v))))


def moved(variables, **changes):
    """The same hand with some variables changed by so much."""
    return variables._replace(
        **{name: getattr(variables, name) + by for name, by in changes.items()}
    )


def test_the_true_hand_explains_what_is_seen(terms, variables):
    found, _ = terms(variables)
    assert found["data_to_model"] < 3.0
    assert found["model_to_data"] < 5.0
    assert found["outline"] < 1.0
    assert found["limits"] < 1e-3
    assert found["collision"] < 5.0


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"place": jnp.array([0.5, 0.0, 0.0])}, "outline"),
        ({"place": jnp.array([0.0, 0.0, 0.4])}, "data_to_model"),
        ({"place": jnp.array([0.0, 0.0, -0.4])}, "model_to_data"),
        ({"angles": jnp.full((17, 3), 0.9)}, "limits"),
        ({"angles": jnp.full((17, 3), 0.9)}, "habit"),
        ({"angles": jnp.zeros((17, 3)).at[:, 2].set(0.3)}, "sideways"),
        ({"angles": jnp.zeros((17, 3)).at[0, 0].set(0.5)}, "wrist"),
        ({"shape": jnp.ones(1)}, "shape"),
    ],
)
def test_each_term_notices_what_it_is_for(terms, variables, changes, name):
    before, _ = terms(variables)
    after, _ = terms(moved(variables, **changes))
    assert after[name] > 1.3 * before[name] + 0.05


def test_a_bend_of_the_middle_joint_wants_one_of_the_end_joint(terms, variables):
    bend = jnp.zeros((17, 3)).at[energy._MIDDLE, 0].set(1.0)
    both = bend.at[energy._MIDDLE + 1, 0].set(energy.COUPLING)
    alone, coupled, before = (
        terms(moved(variables, angles=by))[0]["coupling"] for by in (bend, both, 0.0)
    )
    assert alone > before + 0.5
    np.testing.assert_allclose(coupled, before, atol=1e-4)


@pytest.mark.parametrize("away", [0.0, 10.0], ids=["home", "beyond the crop"])
def test_gradients_are_finite_and_lead_home(terms, variables, away):
    aside = moved(variables, place=jnp.array([away + 0.1, 0.0, 0.0]))
    _, gradient = terms(aside)
    assert all(jnp.isfinite(leaf).all() for leaf in gradient)
    assert gradient.place[0, 0] > 0.0


def test_a_picture_is_read_between_its_pixels():
    image = jnp.asarray(np.random.default_rng(0).normal(size=(64, 64)))
    u, v = np.array([3, 40, 60]), np.array([5, 1, 62])
    xy = np.stack([evidence.axes()[u], evidence.axes()[v]], axis=-1)
    here, beyond = energy._at(image, jnp.asarray(xy))
    np.testing.assert_allclose(here, image[v, u], atol=1e-4)
    assert not beyond.any()
    halfway = jnp.asarray(xy + evidence.PITCH / 2 * np.array([1.0, 0.0]))
    mean = (image[v, u] + image[v, u + 1]) / 2
    np.testing.assert_allclose(energy._at(image, halfway)[0], mean, atol=1e-4)
