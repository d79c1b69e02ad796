"""Eqs. (2) to (4) against loops over bones, spheres and vertices."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands.named_poses import NAMED
from handjax.hands.skeleton import JOINT_PARENTS, JOINTS
from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import penetration, pose_vector
from handjax.methods.deep_hand_mesh.correctives import Identity
from handjax.methods.deep_hand_mesh.decoder import Decoded, Posed, decode
from handjax.methods.deep_hand_mesh.pose_vector import FREEDOMS

TEMPLATE = load_template("hand_790")
T = np.linspace(0.0, 1.0, 10)
PALM_ROWS = np.arange(20)
rigid = jax.jit(penetration.rigid)
non_rigid = jax.jit(partial(penetration.non_rigid, palm=PALM_ROWS))


def toy(seed=0, spread=12.0):
    """A hand whose joints and 60 vertices lie about the same place."""
    random = np.random.default_rng(seed)
    parts = [random.normal(0, spread, (n, 3)) for n in (22, 60, 22, 60)]
    joints, vertices, *zero = (jnp.asarray(x, jnp.float32) for x in parts)
    return Decoded(Posed(joints, vertices), Posed(*zero))


def still():
    posed = Posed(TEMPLATE.joints, TEMPLATE.vertices)
    return Decoded(posed, posed)


def sphere(hand, p, j, k):
    """Centre and radius of one sphere."""
    rest, now = np.asarray(hand.zero.joints, np.float64), np.asarray(hand.posed.joints)
    at = (1 - T[k]) * rest[p] + T[k] * rest[j]
    r = np.linalg.norm(np.asarray(hand.zero.vertices) - at, axis=-1).min()
    return (1 - T[k]) * now[p] + T[k] * now[j], r


def reach(hand):
    """Eq. (2): for every two bones of fingers, for every two of their spheres."""
    bones = [(p, j) for j, p in enumerate(JOINT_PARENTS) if p >= 0]
    bones = [b for b in bones if JOINTS[b[0]] not in ("wrist", "thumb_carpal")]
    made = {(*b, k): sphere(hand, *b, k) for b in bones for k in range(10)}
    total = 0.0
    for n, (p, j) in enumerate(bones):
        for q, i in bones[:n]:
            if j == q or i == p:
                continue
            for k in range(10):
                for m in range(10):
                    (c, r), (e, s) = made[p, j, k], made[q, i, m]
                    total += max(r + s - np.linalg.norm(c - e), 0.0)
    return total


def test_spheres_of_fingers_keep_apart():
    hand = toy()
    wanted = reach(hand)
    assert wanted > 100.0
    assert rigid(hand) == pytest.approx(wanted, rel=1e-3)


def test_each_pair_counts_once_and_none_of_bones_that_follow_one_another():
    assert len(penetration.bones()) == 15
    # 105 pairs of fingers' bones, two of a finger's three follow one another twice.
    assert len(penetration.pairs()) == (105 - 10) * 100
    i, j = penetration.pairs().T
    assert np.all(i < j)


def test_fingers_at_rest_nearly_come_apart():
    """What the docstring says of them, by loops: 5.7 mm."""
    wanted = reach(still())
    assert rigid(still()) == pytest.approx(wanted, rel=1e-3)
    assert wanted == pytest.approx(5.7, abs=0.05)


def test_a_finger_laid_on_another_is_pushed_off():
    index, middle = (
        np.array([JOINTS.index(f"{finger}_{end}") for end in ("pip", "dip", "tip")])
        for finger in ("index", "middle")
    )
    rest = still()

    @jax.value_and_grad
    def cost(gap):
        there = TEMPLATE.joints[middle].at[:, 0].add(gap)
        joints = TEMPLATE.joints.at[index].set(there)
        return penetration.rigid(
            rest._replace(posed=rest.posed._replace(joints=joints))
        )

    value, slope = jax.jit(cost)(4.0)
    assert value > 100.0
    # Further to the thumb's side is down hill.
    assert slope < -10.0


def test_spheres_in_one_place_leave_slopes_finite():
    rest = still()
    joints = jnp.zeros_like(TEMPLATE.joints)
    slope = jax.jit(
        jax.grad(
            lambda p: penetration.rigid(
                Decoded(Posed(p, rest.posed.vertices), rest.zero)
            )
        )
    )
    assert jnp.all(jnp.isfinite(slope(joints)))


def test_radii_are_held_constant():
    rest = still()
    slope = jax.grad(lambda z: penetration.rigid(Decoded(rest.posed, z)))(rest.zero)
    assert not any(jnp.any(leaf != 0.0) for leaf in slope)


def first_in(hand, tips):
    """Eqs. (3)-(4): for every tip, from its first sphere in the palm outwards."""
    total, palm = 0.0, np.asarray(hand.posed.vertices)[PALM_ROWS]
    for tip in tips:
        j = JOINTS.index(tip)
        within = False
        for k in range(10):
            c, r = sphere(hand, JOINT_PARENTS[j], j, k)
            d = np.linalg.norm(palm - c, axis=-1).min()
            within |= d < r
            total += abs(d - r) * within
    return total


@pytest.mark.parametrize("seed", range(4))
def test_tips_are_in_the_palm_from_their_first_touch_on(seed):
    hand = toy(seed)
    tips = penetration.FOUR_TIPS
    assert len(tips) == 4
    wanted = first_in(hand, tips)
    assert non_rigid(hand) == pytest.approx(wanted, rel=1e-3)


def test_a_tip_pushed_through_the_palm_counts_however_deep():
    """A finger of radius 2 from z = 0 to 18, by twos, through a palm at z = 8; the
    other tips are far away, in a vertex of their own that is not the palm's."""
    dip, tip = JOINTS.index("index_dip"), JOINTS.index("index_tip")
    joints = jnp.full((22, 3), 900.0).at[dip].set(0.0)
    joints = joints.at[tip].set(jnp.array([0.0, 0.0, 18.0]))
    skin = jnp.stack([jnp.full(10, 2.0), jnp.zeros(10), jnp.arange(0.0, 20.0, 2.0)], -1)
    skin = jnp.concatenate([skin, jnp.full((1, 3), 900.0)])
    away = jnp.full((20, 3), 500.0)
    there = away.at[0].set(jnp.array([0.0, 0.0, 8.0]))
    hand = Decoded(
        Posed(joints, jnp.concatenate([there, skin])),
        Posed(joints, jnp.concatenate([away, skin])),
    )
    cost = partial(penetration.non_rigid, palm=PALM_ROWS)
    value, slope = jax.jit(jax.value_and_grad(cost))(hand)
    # d is 8 6 4 2 0 2 4 6 8 10: the fifth is the first below 2, and the rest count.
    assert value == pytest.approx(2 + 0 + 2 + 4 + 6 + 8, abs=1e-3)
    # The fifth lies on the palm, where there is no way to go.
    assert all(jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(slope))
    assert jnp.any(slope.posed.vertices[0] != 0.0)
    assert not jnp.any(slope.zero.vertices != 0.0)


def test_a_hand_at_rest_has_no_tip_in_its_palm():
    palm = penetration.palm(TEMPLATE)
    assert penetration.non_rigid(still(), palm) == 0.0


def test_the_palm_is_what_its_three_joints_carry_most():
    wanted = []
    for vertex, carried in enumerate(np.asarray(TEMPLATE.weights)):
        most = max(range(17), key=lambda j, carried=carried: carried[j])
        if JOINTS[most] in ("wrist", "thumb_carpal", "thumb_cmc"):
            wanted.append(vertex)
    assert len(wanted) > 100
    np.testing.assert_array_equal(penetration.palm(TEMPLATE), wanted)


def test_a_fist_that_goes_on_closing_sinks_into_its_palm():
    palm = penetration.palm(TEMPLATE)
    nothing = Identity(jnp.zeros((22, 3)), jnp.zeros((790, 3)), None)
    fist = pose_vector.from_angles(jnp.asarray(NAMED["fist"], jnp.float32))
    flexed = np.array([name.endswith("mcp.flexion") for name in FREEDOMS])

    @jax.value_and_grad
    def cost(theta):
        hand = decode(TEMPLATE, nothing, theta, jnp.zeros((790, 3)))
        return penetration.non_rigid(hand, palm)

    cost = jax.jit(cost)
    assert cost(fist)[0] == 0.0
    value, slope = cost(fist + 0.4 * flexed)
    assert value > 5.0
    assert cost(fist + 0.6 * flexed)[0] > value
    assert jnp.all(jnp.isfinite(slope))
    # Opening helps.
    assert jnp.sum(slope[flexed]) > 0.0


def test_a_centre_on_a_vertex_is_at_0_with_a_finite_slope():
    points = jnp.array([[0.0, 0.0, 0.0], [0.0, 3.0, 4.0]])
    slope = jax.grad(lambda p: jnp.sum(penetration.distances(p, jnp.zeros((2, 3)))))
    np.testing.assert_allclose(
        penetration.distances(points, jnp.zeros((2, 3))), [0.0, 5.0]
    )
    np.testing.assert_allclose(slope(points), [[0.0, 0.0, 0.0], [0.0, 0.6, 0.8]])
