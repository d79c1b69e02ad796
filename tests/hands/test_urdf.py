"""URDF files: read as their page says, harmless, and put together by hand."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.hands import urdf
from handjax.hands.urdf import UrdfError

ARM = """<?xml version="1.0"?>
<robot name="arm">
  <link name="tip"/><link name="base"/><link name="upper"/><link name="slider"/>
  <link name="follower"/>
  <joint name="shoulder" type="revolute">
    <parent link="base"/><child link="upper"/>
    <origin xyz="0.1 0 0" rpy="0.3 -0.2 0.5"/><axis xyz="0 0 2"/>
    <limit lower="-1" upper="1.5" effort="1" velocity="1"/>
  </joint>
  <joint name="rail" type="prismatic">
    <parent link="upper"/><child link="slider"/><origin xyz="0 0.05 0"/>
    <axis xyz="1 0 0"/><limit lower="0" upper="0.02" effort="1" velocity="1"/>
  </joint>
  <joint name="end" type="fixed">
    <parent link="slider"/><child link="tip"/><origin xyz="0 0 0.03"/>
  </joint>
  <joint name="copy" type="revolute">
    <parent link="base"/><child link="follower"/>
    <limit lower="-1" upper="1"/><mimic joint="shoulder" multiplier="0.5" offset="0.1"/>
  </joint>
</robot>"""


def test_links_stand_where_the_pages_formulas_have_them():
    robot = urdf.parse(ARM.encode())
    assert robot.joints == ("shoulder", "rail")
    np.testing.assert_allclose(robot.limits, [[-1.0, 1.5], [0.0, 20.0]], rtol=1e-6)
    world = jax.jit(partial(urdf.forward, robot))(jnp.array([0.7, 12.0]))
    upper, slider, tip, follower = (
        np.asarray(world[robot.links.index(name)])
        for name in ("upper", "slider", "tip", "follower")
    )
    # rpy turns about fixed axes; the joint turns within that.
    R = Rotation.from_euler("xyz", [0.3, -0.2, 0.5]) * Rotation.from_rotvec([0, 0, 0.7])
    np.testing.assert_allclose(upper[:3, :3], R.as_matrix(), atol=1e-5)
    np.testing.assert_allclose(upper[:3, 3], [100.0, 0.0, 0.0], atol=1e-4)
    at = np.array([100.0, 0.0, 0.0]) + R.apply([12.0, 50.0, 0.0])
    np.testing.assert_allclose(slider[:3, 3], at, atol=1e-3)
    np.testing.assert_allclose(tip[:3, 3], at + R.apply([0.0, 0.0, 30.0]), atol=1e-3)
    # An axis that nobody gives is x.
    turn = Rotation.from_rotvec([0.5 * 0.7 + 0.1, 0.0, 0.0]).as_matrix()
    np.testing.assert_allclose(follower[:3, :3], turn, atol=1e-5)


def test_continuous_joints_go_all_the_way_round():
    robot = urdf.parse(ARM.replace('"revolute">', '"continuous">', 1).encode())
    np.testing.assert_allclose(robot.limits[0], [-math.pi, math.pi])


BOMB = '<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>\n<robot name="&b;"/>'
WRONG = {
    "no XML": (ARM[:-9], "is no XML"),
    "entities": (BOMB, "declares a document type or entities"),
    "two bytes a letter": (BOMB.encode("utf-16"), "or is no UTF-8"),
    "another page": ("<html/>", "wants a <robot>; got <html>"),
    "no link": ('<robot name="a"/>', "has no link; is it a URDF, or a xacro"),
    "a link twice": (ARM.replace('"tip"/>', '"upper"/>', 1), "two links of one name"),
    "no such link": (ARM.replace('child link="tip"', 'child link="top"'), "'top'"),
    "two parents": (
        ARM.replace('child link="tip"', 'child link="upper"'),
        "two joints",
    ),
    "two trees": (
        ARM.replace('<parent link="base"/><child link="follower"/>', "", 1),
        "wants link",
    ),
    "loose": (
        ARM.replace("</robot>", '<link name="x"/></robot>'),
        "got 2 that hang on",
    ),
    "a ball": (ARM.replace('"prismatic"', '"floating"'), "rail: type wants one of"),
    "no limit": (ARM.replace('<limit lower="-1" upper="1.5"', "<x"), "wants a <limit>"),
    "crossed": (ARM.replace('lower="-1" upper="1.5"', 'lower="2"'), "above the upper"),
    "words": (ARM.replace("0.1 0 0", "0.1 0 right"), "xyz wants numbers as '0 0 0'"),
    "not finite": (ARM.replace("0.1 0 0", "nan 0 0"), "xyz wants numbers"),
    "no axis": (ARM.replace("0 0 2", "0 0 0"), "its axis has no length"),
    "mimics nobody": (ARM.replace('joint="shoulder"', 'joint="end"'), "mimics 'end'"),
    "no name": (ARM.replace('<link name="tip"/>', "<link/>"), "<link> wants name"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_file_is_said(name):
    content, said = WRONG[name]
    content = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(UrdfError, match=said):
        urdf.parse(content)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UrdfError, match=r"nobody.urdf can't be read"):
        urdf.read(tmp_path / "nobody.urdf")
