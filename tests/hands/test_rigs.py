"""Other rigs bend as ours does, and games are told in their own axes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands import angles, gltf
from handjax.hands.articulate import articulate, rest_pose
from handjax.hands.rigs import file_transforms, onto_template
from handjax.hands.skeleton import POSED
from handjax.hands.template import load_template
from tests.hands import gltf_model

HAND = load_template("hand_790")


def test_another_rig_is_bent_alike_within_its_own_limits():
    pip = angles.NAMES.index("index_pip_flexion")
    joint = POSED.index("index_pip")
    other = HAND._replace(limits=HAND.limits.at[joint, 0, 1].set(jnp.deg2rad(30.0)))
    pose = angles.pose_of_angles(HAND, jnp.zeros(30).at[pip].set(70.0))
    found = angles.angles_of_pose(other, onto_template(HAND, other, pose))
    np.testing.assert_allclose(found, jnp.zeros(30).at[pip].set(30.0), atol=0.1)


@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
def test_matrices_lead_from_where_joints_were_bound(tmp_path, left):
    made = gltf_model.rig("webxr", left=left, seed=1)
    hand = gltf.load(gltf_model.write(tmp_path / "hand.glb", made))
    rng = np.random.default_rng(0)
    pose = rest_pose(hand.template)._replace(
        rotations=jnp.asarray(rng.normal(0.0, 0.5, (len(POSED), 3)), jnp.float32),
        translation=jnp.array([40.0, -70.0, 500.0]),
    )
    # What the rules of glTF have, worked out one matrix at a time.
    numbers = (np.asarray(x, float) for x in (pose.rotations, pose.translation))
    T = gltf_model.turns_of(made, *numbers)
    wanted = T[[gltf_model.carrier(name) for name in made.ours]]
    posed = jax.jit(articulate)(hand.template, pose)
    found = np.asarray(file_transforms(hand, posed))
    np.testing.assert_allclose(found, wanted, atol=1e-4)
