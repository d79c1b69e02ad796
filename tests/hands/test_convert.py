"""Parameters of our hand become MANO's and come back, on a file of MANO's structure.

No file of MANO's may be here: the file is of its structure, and holds our own hand
(`mano_model.human_model`), in other axes and units and with a shape space of ten.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands import angles, convert, mano
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.poses import NAMED
from tests.hands import mano_model


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    path = tmp_path_factory.mktemp("mano") / "MANO_RIGHT.pkl"
    path.write_bytes(mano_model.pickled(mano_model.human_model()))
    return mano.load(path)


@pytest.fixture(scope="module")
def link(hand):
    return convert.make_link("hand_790", hand.template)


def pose_of(link, name, seed):
    rng = np.random.default_rng(seed)
    turns = rotations_from_angles(link.ours, jnp.asarray(NAMED[name]))
    shape = jnp.asarray(rng.normal(size=14), jnp.float32).at[10:].set(0.0)
    turn, place = rng.normal(size=3), rng.normal(0.0, 100.0, 3)
    return Pose(turns.at[0].set(turn), jnp.asarray(place, jnp.float32), shape)


@pytest.mark.parametrize("name", ["finger spread relaxed", "fist"])
def test_our_hand_becomes_manos_and_comes_back(hand, link, name):
    pose = pose_of(link, name, seed=len(name))
    theirs = convert.to_theirs(link, pose)
    assert theirs.surface < 0.5
    # By the numbers of the file alone, as another program would read them.
    official = mano.official_from_pose(hand, theirs.pose)
    again = convert.to_ours(link, mano.pose_from_official(hand, official))
    before, after = (jax.jit(articulate)(link.ours, x) for x in (pose, again.pose))
    for read, most in ((keypoints, 1.0), (lambda h: h.vertices, 1.0)):
        off = np.linalg.norm(read(before) - read(after), axis=-1)
        assert off.mean() < most


def test_what_joints_may_not_do_is_not_done(link):
    bent = jnp.deg2rad(jnp.zeros((17, 3)).at[6, 0].set(140.0))
    rest = pose_of(link, "finger spread relaxed", 0)
    pose = rest._replace(rotations=rotations_from_angles(link.ours, bent))
    theirs = convert.to_theirs(link, pose)
    found = angles.angles_of_pose(link.theirs, theirs.pose)
    low, high = np.asarray(angles.limits(link.theirs)).T
    assert (found >= low - 0.1).all()
    assert (found <= high + 0.1).all()
