"""Estimates drawn anew."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry import cameras
from handjax.methods.dense_hand_pose import hand
from handjax.methods.dense_hand_pose.imagined import DEVIATIONS, another, imagine
from tests.methods.in_colour import PIXELS, pinholes


@pytest.fixture(scope="module")
def drawn(truth, batch, room):
    """Three new examples of the first hand."""
    draw = jax.jit(partial(imagine, room=room, seeds=1, samples=1))
    return draw(jax.random.key(0), truth, batch)


def test_a_seed_has_three_new_examples_with_their_labels(drawn):
    assert drawn.views.image.shape == (3, 1, PIXELS, PIXELS, 3)
    assert drawn.labels.joints.shape == (3, 21, 3)
    image = drawn.views.image
    assert 0.0 <= image.min() <= image.max() <= 1.0
    assert image.std() > 0.02
    assert not jnp.array_equal(image[0], image[1])


def test_labels_are_true_of_what_is_drawn(drawn):
    """Key points lie where the mask has the hand, as far as inside of the picture."""
    camera = cameras.Pinhole(*(leaf[0] for leaf in pinholes()))
    for joints, mask in zip(drawn.labels.joints, drawn.views.mask[:, 0], strict=True):
        uv = np.round(np.asarray(cameras.project(camera, joints))).astype(int)
        inside = ((uv >= 0) & (uv < PIXELS)).all(axis=-1)
        assert inside.sum() > 5
        assert np.asarray(mask)[uv[inside, 1], uv[inside, 0]].mean() > 0.7


def test_poses_stay_shapes_and_views_are_new(h, room):
    camera = cameras.Pinhole(*(leaf[0] for leaf in pinholes()))
    new = jax.jit(lambda key: another(key, h[0], camera, room))
    first, second = (new(jax.random.key(k)) for k in range(2))
    place = jax.jit(lambda h: hand.place(room.template, h, camera, PIXELS))
    seed = place(h[0])
    sizes = [jnp.linalg.norm(x.joints[9] - x.joints[0]) for x in (seed, first, second)]
    assert len({round(float(size), 3) for size in sizes}) == 3

    def angle(found):
        a, b, c = found.joints[jnp.array([9, 10, 11])]
        return jnp.dot(b - a, c - b) / jnp.linalg.norm(b - a) / jnp.linalg.norm(c - b)

    # Other bones bend alike, but for what shape does to their rest.
    assert angle(first) == pytest.approx(float(angle(seed)), abs=0.05)
    assert DEVIATIONS == 3.0


def test_nothing_is_learnt_by_moving_a_seed(truth, batch, room):
    def seen(h):
        prediction = truth._replace(h=h)
        made = imagine(
            jax.random.key(0), prediction, batch, room=room, seeds=1, samples=1
        )
        return made.labels.joints.sum()

    np.testing.assert_array_equal(jax.jit(jax.grad(seen))(truth.h), 0.0)
