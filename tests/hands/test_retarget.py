"""A robot takes a hand's pose as far as its joints go; other rigs bend alike."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.hands import angles, retarget, urdf
from handjax.hands.articulate import articulate, keypoints
from handjax.hands.skeleton import KEYPOINTS
from handjax.hands.template import load_template

HAND = load_template("hand_790")
FINGERS = ("thumb", "index", "middle", "ring")
PLACES = {"index": 0.03, "middle": 0.0, "ring": -0.03, "thumb": 0.04}


def joint(name, kind, parent, child, xyz, axis="1 0 0", limits=(0.0, 1.6)):
    low, high = limits
    return (
        f'<link name="{child}"/><joint name="{name}" type="{kind}">'
        f'<parent link="{parent}"/><child link="{child}"/><origin xyz="{xyz}"/>'
        f'<axis xyz="{axis}"/><limit lower="{low}" upper="{high}"/></joint>'
    )


def gripper():
    """Three fingers and a thumb, 80 mm long, which bend about x and spread about z.

    Fingers point along y and close towards z: the palm's axes are not ours.
    """
    text = ""
    for name in FINGERS:
        y = 0.09 if name != "thumb" else 0.03
        spread = (-0.3, 0.3) if name != "thumb" else (-1.2, 0.5)
        names = [f"{name}_{k}" for k in range(4)]
        text += joint(
            f"{name}_spread", "revolute", "palm", names[0],
            f"{PLACES[name]} {y} 0", "0 0 1", spread,
        )  # fmt: skip
        text += joint(f"{name}_bend", "revolute", names[0], names[1], "0 0 0")
        text += joint(f"{name}_curl", "revolute", names[1], names[2], "0 0.045 0")
        text += joint(f"{name}_end", "fixed", names[2], names[3], "0 0.035 0")
    return urdf.parse(f'<robot name="g"><link name="palm"/>{text}</robot>'.encode())


ROBOT = gripper()
LINKS = {
    "wrist": "palm",
    **{f"{finger}_mcp": f"{finger}_0" for finger in FINGERS},
    **{f"{finger}_pip": f"{finger}_2" for finger in FINGERS[1:]},
    "thumb_ip": "thumb_2",
    **{f"{finger}_tip": f"{finger}_3" for finger in FINGERS},
}
PLAN = retarget.make_plan(ROBOT, LINKS)
onto_robot = jax.jit(partial(retarget.onto_robot, PLAN))


@jax.jit
def points(degrees):
    return keypoints(articulate(HAND, angles.pose_of_angles(HAND, degrees)))


def bent(**degrees):
    every = jnp.zeros(len(angles.NAMES))
    for name, value in degrees.items():
        every = every.at[angles.NAMES.index(name)].set(value)
    return points(every)


def value(found, name):
    return float(found.q[ROBOT.joints.index(name)])


def test_a_flat_hand_leaves_a_robots_fingers_straight():
    found = onto_robot(bent())
    for finger in FINGERS[1:]:
        assert abs(value(found, f"{finger}_curl")) < 0.2
        assert abs(value(found, f"{finger}_bend")) < 0.2


def test_a_finger_that_bends_bends_the_robots_and_no_other():
    flat = onto_robot(bent())
    found = onto_robot(bent(index_mcp_flexion=40.0, index_pip_flexion=50.0))
    assert value(found, "index_bend") == pytest.approx(np.deg2rad(44.0), abs=0.1)
    # The robot's last bone stands for two of ours.
    assert value(found, "index_curl") == pytest.approx(np.deg2rad(57.0), abs=0.15)
    for finger in ("middle", "ring"):
        for way in ("bend", "curl", "spread"):
            name = f"{finger}_{way}"
            assert value(found, name) == pytest.approx(value(flat, name), abs=0.02)


def test_where_the_hand_is_and_how_it_is_turned_does_not_matter():
    y = bent(index_mcp_flexion=40.0, middle_pip_flexion=50.0)
    turn = jnp.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    moved = y @ turn.T + jnp.array([100.0, -50.0, 600.0])
    np.testing.assert_allclose(onto_robot(moved).q, onto_robot(y).q, atol=0.02)


def test_limits_are_obeyed_and_goals_are_reached_where_they_allow_it():
    y = bent(index_mcp_flexion=30.0, index_pip_flexion=105.0, ring_mcp_flexion=85.0)
    found = onto_robot(y)
    low, high = ROBOT.limits.T
    assert (found.q >= low).all()
    assert (found.q <= high).all()
    assert value(found, "index_curl") == pytest.approx(1.6, abs=1e-4)
    middle = [k for k, key in enumerate(PLAN.keys) if "middle" in KEYPOINTS[key]]
    off = np.linalg.norm(found.links - found.goals, axis=-1)
    assert off[middle].max() < 5.0


def test_tips_that_touch_go_on_touching():
    y = np.array(bent(index_mcp_flexion=50.0, index_pip_flexion=60.0))
    thumb, index = (KEYPOINTS.index(f"{finger}_tip") for finger in ("thumb", "index"))
    y[thumb] = y[index]
    ends = [PLAN.keys.index(k) for k in (thumb, index)]

    def apart(found):
        return float(np.linalg.norm(found.links[ends[0]] - found.links[ends[1]]))

    loose = retarget.onto_robot(PLAN._replace(grips=()), jnp.asarray(y))
    found = onto_robot(jnp.asarray(y))
    assert apart(found) < 0.5 * apart(loose)


def test_a_recording_is_followed_without_leaps():
    ways = np.linspace(0.0, 60.0, 8)
    every = jnp.stack([bent(index_mcp_flexion=w, middle_mcp_flexion=w) for w in ways])
    found = jax.jit(partial(retarget.follow, PLAN))(every)
    q = found.q[:, ROBOT.joints.index("index_bend")]
    steps = np.diff(q)
    assert (steps > 0.0).all()
    assert steps.max() < 0.3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"index_pip": "nobody"}, "no link is called 'nobody'; there are palm"),
        ({"index_knuckle": "palm"}, "no key point is called 'index_knuckle'"),
        ({"index_pip": "ring_2"}, "must hang on one another"),
        (dict.fromkeys(("index_mcp", "ring_mcp")), "wants three or more of wrist"),
        (
            {k: None for k in LINKS if not k.endswith("mcp") and k != "wrist"},
            "links has no finger",
        ),
    ],
)
def test_links_that_stand_for_no_hand_are_refused(changes, said):
    links = {k: x for k, x in {**LINKS, **changes}.items() if x is not None}
    with pytest.raises(retarget.RetargetError, match=said):
        retarget.make_plan(ROBOT, links)
