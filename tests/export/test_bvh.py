"""BVH says where joints go, by a reading of it that is written out here."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.export import bvh
from handjax.hands.skeleton import JOINTS, POSED
from handjax.hands.template import load_template
from tests.export.test_rigged import in_gltf, move, sequence


class Reading:
    """A file as others read it: offsets, channels, frames."""

    def __init__(self, text):
        lines = iter(text.splitlines())
        self.names, self.parents, self.offsets, self.channels = [], [], [], []
        above = [-1]
        assert next(lines) == "HIERARCHY"
        for line in lines:
            words = line.split()
            match words:
                case ["ROOT" | "JOINT", name]:
                    self.add(name, above[-1])
                case ["End", "Site"]:
                    self.add(None, above[-1])
                case ["{"]:
                    above.append(len(self.names) - 1)
                case ["}"]:
                    above.pop()
                case ["OFFSET", *numbers]:
                    self.offsets[-1] = np.array(numbers, float)
                case ["CHANNELS", count, *channels]:
                    assert int(count) == len(channels)
                    self.channels[-1] = channels
                case ["MOTION"]:
                    break
                case _:
                    raise AssertionError(line)
        assert above == [-1]
        frames = int(next(lines).removeprefix("Frames:"))
        self.seconds = float(next(lines).removeprefix("Frame Time:"))
        self.motion = np.array([line.split() for line in lines], float)
        assert len(self.motion) == frames

    def add(self, name, parent):
        self.names.append(name)
        self.parents.append(parent)
        self.offsets.append(None)
        self.channels.append([])

    def joints(self, frame):
        """World places of all joints and end sites."""
        numbers, world = iter(self.motion[frame]), []
        for k, parent in enumerate(self.parents):
            local = np.eye(4)
            local[:3, 3] = self.offsets[k]
            for channel in self.channels[k]:
                axis, what = channel[0], channel[1:]
                step, value = np.eye(4), next(numbers)
                if what == "position":
                    step["XYZ".index(axis), 3] = value
                else:
                    turn = Rotation.from_euler(axis.lower(), value, degrees=True)
                    step[:3, :3] = turn.as_matrix()
                local = local @ step
            world.append(local if parent < 0 else world[parent] @ local)
        assert next(numbers, None) is None
        return np.stack(world)[:, :3, 3]


@pytest.fixture(scope="module")
def hand():
    return load_template("hand_790")


@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
@pytest.mark.parametrize("unit", ["m", "cm", "mm"])
def test_joints_go_where_articulate_has_them(hand, unit, left):
    poses = sequence(hand)
    posed = move(hand, poses)
    text = bvh.bvh(hand, poses, fps=50.0, left=left, unit=unit)
    reading = Reading(text)
    assert [name for name in reading.names if name] == list(POSED)
    np.testing.assert_allclose(reading.seconds, 0.02)
    # An end site is the tip of the finger of the joint that it hangs on.
    called = [
        name or reading.names[parent].split("_")[0] + "_tip"
        for name, parent in zip(reading.names, reading.parents, strict=True)
    ]
    order = [called.index(name) for name in JOINTS]
    hundredth = {"m": 1e-5, "cm": 1e-3, "mm": 1e-2}[unit]
    for frame in range(len(poses.translation)):
        found = reading.joints(frame)[order]
        wanted = in_gltf(posed.joints[frame], left) * hundredth / 1e-5
        assert np.linalg.norm(found - wanted, axis=1).max() < hundredth


def test_angles_do_not_jump(hand):
    poses = sequence(hand, 1)
    angles = np.linspace(0.0, 4.0 * np.pi, 33)
    turns = np.zeros((33, len(POSED), 3), np.float32)
    turns[:, 0, 2] = np.mod(angles + np.pi, 2 * np.pi) - np.pi
    many = poses._replace(
        rotations=turns,
        translation=np.zeros((33, 3), np.float32),
        shape=np.tile(poses.shape, (33, 1)),
    )
    reading = Reading(bvh.bvh(hand, many, fps=30.0))
    np.testing.assert_allclose(np.abs(np.diff(reading.motion[:, 3])), 22.5, atol=1e-3)


def test_it_is_written_whole(hand, tmp_path):
    poses = sequence(hand, 2)
    path = bvh.save_bvh(tmp_path / "a" / "hand.bvh", hand, poses, fps=30.0)
    assert path.read_text() == bvh.bvh(hand, poses, fps=30.0)
    with pytest.raises(ValueError, match="unit wants one of m, cm, mm; got 'inch'"):
        bvh.bvh(hand, poses, fps=30.0, unit="inch")
    with pytest.raises(ValueError, match="fps wants"):
        bvh.bvh(hand, poses, fps=float("nan"))
