"""Skin in motion: skinning as the house does it, relief and contact within bounds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data.studio import skin
from handjax.data.studio.skin import pose_subject
from handjax.data.studio.subjects import load_subject
from handjax.geometry import rotations
from handjax.geometry.skinning import linear_blend_skinning
from handjax.hands import spheres
from handjax.hands.articulate import Pose, posed_transforms, rotations_from_angles
from handjax.hands.named_poses import NAMED
from handjax.hands.skeleton import POSED
from handjax.hands.template import load_template

STILL, HERE = jnp.eye(3), jnp.zeros(3)
REST = jnp.zeros((len(POSED), 3))
TEMPLATE = load_template("hand_790")

# Compiled once for both subjects.
pose = jax.jit(pose_subject, static_argnames="detail")
over_frames = jax.jit(jax.vmap(pose_subject, (None, 0, None, None)))


@jax.jit
def skinned(subject, angles):
    """Vertices as the house's own linear blend skinning has them."""
    template = TEMPLATE._replace(axes=subject.axes)
    turns = rotations_from_angles(template, angles)
    G = posed_transforms(subject.joints, Pose(turns, jnp.zeros(3), jnp.zeros(0)))
    return linear_blend_skinning(subject.vertices, subject.weights.T, G)


@pytest.fixture(scope="module", params=["A", "C"])
def subject(request):
    return load_subject(request.param)


def moved(subject, angles):
    """How far relief and contact move each vertex, mm."""
    plain, drawn = (pose(subject, angles, STILL, HERE, detail=d) for d in (False, True))
    return jnp.linalg.norm(drawn.vertices - plain.vertices, axis=-1)


def test_nothing_moves_at_rest(subject):
    posed = pose(subject, REST, STILL, HERE)
    np.testing.assert_allclose(posed.vertices, subject.vertices, atol=1e-4)
    np.testing.assert_allclose(posed.joints, subject.joints, atol=1e-4)
    np.testing.assert_allclose(posed.centres, subject.sphere_centres, atol=1e-4)


def test_without_detail_it_is_linear_blend_skinning(subject):
    angles = jnp.asarray(NAMED["aokay"])
    got = pose(subject, angles, STILL, HERE, detail=False).vertices
    np.testing.assert_allclose(got, skinned(subject, angles), atol=1e-3)


def test_the_wrist_goes_where_it_is_put_and_all_turns_about_it(subject):
    angles, wrist = jnp.asarray(NAMED["fist"]), jnp.array([30.0, -20.0, 700.0])
    R = rotations.matrix_from_axis_angle(jnp.array([0.4, -1.1, 2.0]))
    home, away = pose(subject, angles, STILL, HERE), pose(subject, angles, R, wrist)
    np.testing.assert_allclose(away.joints[0], wrist, atol=1e-3)
    # All but the few vertices that rounding takes in or out of contact.
    for name in skin.Posed._fields:
        here, there = getattr(home, name) @ R.T + wrist, getattr(away, name)
        np.testing.assert_allclose(there, here, atol=5e-3)


@pytest.mark.parametrize("name", ["fist", "indextip", "thumb tuck rigid", "claws"])
def test_detail_moves_skin_by_half_a_mm_to_three(subject, name):
    h = moved(subject, jnp.asarray(NAMED[name]))
    assert 0.5 < h.max() <= skin.MOST


def test_a_bent_joint_creases_the_pad_between_bulges_and_lifts_the_back():
    subject = load_subject("A", shape=False)
    row = subject.relief[skin.RELIEF.index("middle_pip")]
    at, n = (
        subject.vertices - subject.joints[POSED.index("middle_pip")],
        subject.normals,
    )
    near = (jnp.abs(at[:, 0]) < 4.0) & (jnp.abs(row) > 0.0)
    pad, back = near & (n[:, 2] < -0.8), near & (n[:, 2] > 0.8)
    along = -at[:, 1]
    assert jnp.mean(row[pad & (jnp.abs(along) < 1.0)]) < -0.5
    for side in (along, -along):
        assert jnp.max(row[pad & (side > 4.0) & (side < 10.0)]) > 0.5
    assert jnp.max(row[back & (jnp.abs(along) < 3.0)]) > 0.5


def test_relief_neither_swells_nor_drains_the_hand():
    """Bulges about balance creases: under 2 mm a fold on average."""
    relief = load_subject("A", shape=False).relief
    assert jnp.all(jnp.abs(relief) <= 2.56)
    mean = jnp.sum(relief, -1) / jnp.sum(jnp.abs(relief) > 0.1, -1)
    assert jnp.all(jnp.abs(mean) < 1.3)


def test_patterns_are_raised_by_their_own_joints():
    assert jnp.all(skin.raised(REST) == 0.0)
    for name, degrees in skin.FOLDING.items():
        bent = REST.at[POSED.index(name), 0].set(np.deg2rad(degrees))
        raised = skin.raised(bent)
        assert raised[skin.RELIEF.index(name)] == pytest.approx(1.0)


def test_fingers_that_press_on_one_another_overlap_less():
    subject = load_subject("A", shape=False)
    angles = jnp.asarray(NAMED["good luck"])
    plain, drawn = (pose(subject, angles, STILL, HERE, detail=d) for d in (False, True))

    def deepest(vertices):
        depth = skin.depths(vertices.T, plain.centres, subject.flesh_radii)
        return jnp.max(subject.touch * jnp.stack(depth), axis=0)

    before, after = deepest(plain.vertices), deepest(drawn.vertices)
    pressed = (before > 1.0) & (subject.weights[0] < 0.5)
    assert jnp.sum(pressed) > 200
    assert jnp.mean(after[pressed]) < 0.85 * jnp.mean(before[pressed])


def test_depth_is_that_of_balls_and_of_what_is_swept_between_them():
    rng = np.random.default_rng(0)
    c = rng.normal(size=(41, 3)).astype(np.float32) * 30.0
    r = rng.uniform(5.0, 12.0, 41).astype(np.float32)
    depth = skin.depths(c.T, c, r)
    for sphere, part in enumerate(spheres.PARTS):
        assert depth[part][sphere] >= 0.5 * r[sphere] - 1e-3
    # Halfway between the two spheres of the index finger's first segment.
    far, near = (spheres.NAMES.index(f"index_proximal_{e}") for e in ("far", "near"))
    middle = 0.5 * (c[far] + c[near])[:, None]
    assert skin.depths(middle, c, r)[1][0] >= 0.25 * (r[far] + r[near]) - 1e-3


def test_mapped_over_frames_it_is_the_loop(subject):
    angles = jnp.stack([jnp.asarray(NAMED[name]) for name in ("fist", "indextip")])
    mapped = over_frames(subject, angles, STILL, HERE)
    for k, row in enumerate(angles):
        alone = pose(subject, row, STILL, HERE).vertices
        np.testing.assert_allclose(mapped.vertices[k], alone, atol=5e-3)
