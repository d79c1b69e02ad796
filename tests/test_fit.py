"""A fit finds a hand, says what is wrong with its input, and writes it all."""

import os
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from handjax import fitting
from handjax.fitting import evidence, search
from handjax.geometry import cameras
from handjax.hands import spheres
from handjax.hands.articulate import Pose, articulate, rotations_from_angles
from handjax.hands.poses import NAMED
from handjax.hands.template import load_template
from handjax.render.rasterize import rasterize

HEIGHT, WIDTH = 120, 160
CAMERA = cameras.Pinhole(jnp.array([147.0, 147.0]), jnp.array([80.0, 60.0]))
CAMERA_TEXT = "147,147,80,60"
BACKGROUND = 2001.0
# Enough to find an open hand; one compilation serves every test.
SCHEDULE = search.Schedule(
    starts=32, batch=16, steps=60, then=(0.03, 0.02), parents=(8, 8)
)
REAL = Path(os.environ.get("HANDJAX_REAL", Path(__file__).parents[2] / "shared/real"))


@pytest.fixture(scope="module")
def template():
    return load_template()


@pytest.fixture(scope="module")
def truth(template):
    """An open hand, palm to the camera, a little turned."""
    angles = jnp.asarray(NAMED["finger spread relaxed"])
    turns = rotations_from_angles(template, angles)
    turn = jnp.array([0.2, -0.15, 0.3])
    place = jnp.array([-20.0, 50.0, 700.0])
    shape = jnp.zeros(len(template.shape_joints))
    return articulate(template, Pose(turns.at[0].set(turn), place, shape))


@pytest.fixture(scope="module")
def depth(template, truth):
    size = {"height": HEIGHT, "width": WIDTH, "far": BACKGROUND}
    drawn = rasterize(CAMERA, truth.vertices, template.faces, **size)
    return np.round(np.asarray(drawn.depth))


@pytest.fixture(scope="module")
def gathered(depth, truth):
    centre = np.asarray(truth.centres[:11].mean(axis=0), np.float64)
    return evidence.gather(depth, CAMERA, centre)


def error(hand, truth):
    difference = spheres.nyu14(hand.centres) - spheres.nyu14(truth.centres)
    return float(jnp.linalg.norm(difference, axis=-1).mean())


def encode(depth):
    """A depth frame as NYU writes it."""
    mm = depth.astype(np.uint16)
    return np.stack([0 * mm, mm >> 8, mm & 255], axis=-1).astype(np.uint8)


class TestFrames:
    def test_nyu_coding_does_not_overflow(self, tmp_path):
        depth = np.array([[0.0, 255.0, 256.0], [731.0, 2001.0, 65535.0]])
        Image.fromarray(encode(depth)).save(tmp_path / "a.png")
        np.testing.assert_array_equal(fitting.read_depth(tmp_path / "a.png"), depth)

    def test_sixteen_bits_and_arrays_are_read_as_mm(self, tmp_path):
        depth = np.array([[0, 731], [2001, 65535]], np.uint16)
        Image.fromarray(depth).save(tmp_path / "a.png")
        np.save(tmp_path / "a.npy", depth.astype(np.float64))
        for name in ("a.png", "a.npy"):
            np.testing.assert_array_equal(fitting.read_depth(tmp_path / name), depth)

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.full((4, 4), 7, np.uint8), "16 bits"),
            (np.full((4, 4, 3), 9, np.uint8), "colour picture"),
            (np.zeros((4, 4), np.uint16), "no depth at all"),
            (np.full((4, 4), 0.7), "multiply by 1000"),
            (np.full((2, 4, 4), 700.0), "got float64 of shape"),
            (np.full((4, 4), "700"), "got <U3"),
        ],
    )
    def test_what_is_no_depth_is_refused(self, tmp_path, array, message):
        np.save(tmp_path / "a.npy", array)
        with pytest.raises(fitting.FrameError, match=message):
            fitting.read_depth(tmp_path / "a.npy")

    @pytest.mark.parametrize("name", ["a.png", "a.npy"])
    def test_what_is_no_image_is_refused(self, tmp_path, name):
        with pytest.raises(fitting.FrameError, match="no file"):
            fitting.read_depth(tmp_path / name)
        (tmp_path / name).write_text("not an image")
        with pytest.raises(fitting.FrameError, match=r"read"):
            fitting.read_depth(tmp_path / name)

    def test_cameras_come_by_name_or_by_numbers(self):
        named = fitting.parse_camera("NYU")
        given = fitting.parse_camera("588.03,587.07,320,240")
        np.testing.assert_array_equal(named.focal, given.focal)
        np.testing.assert_array_equal(named.centre, given.centre)

    @pytest.mark.parametrize("text", ["kinect", "1,2,3", "0,1,2,3", "1,1,nan,3", ""])
    def test_other_cameras_are_refused(self, text):
        with pytest.raises(fitting.FrameError, match="fx,fy,cx,cy"):
            fitting.parse_camera(text)

    def test_centres_are_points_before_the_camera(self):
        assert fitting.parse_center("depth") is None
        np.testing.assert_array_equal(fitting.parse_center("1,-2,3"), [1, -2, 3])
        for text in ("1,2", "1,2,-3", "x,y,z"):
            with pytest.raises(fitting.FrameError, match="X,Y,Z"):
                fitting.parse_center(text)


class TestEvidence:
    def test_points_lie_on_the_surface(self, gathered, truth):
        found, camera_from_fit = gathered
        points = np.asarray(found.points) @ camera_from_fit[:3, :3].T
        points = points + camera_from_fit[:3, 3]
        gap = np.linalg.norm(points[:, None] - np.asarray(truth.vertices), axis=-1)
        assert np.median(gap.min(axis=1)) < 4.0
        assert gap.min(axis=1).max() < 12.0

    def test_the_fit_frame_looks_at_the_centre(self):
        camera_from_fit = evidence._look_at(np.array([100.0, -50.0, 700.0]))
        R, t = camera_from_fit[:3, :3], camera_from_fit[:3, 3]
        np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(R) > 0.0
        np.testing.assert_allclose(R[:, 2], t / np.linalg.norm(t))

    def test_outside_is_the_signed_distance_to_the_outline(self, gathered):
        outside, hit = np.asarray(gathered[0].outside), gathered[0].depth < evidence.FAR
        assert (outside[hit] < 0.0).all()
        assert (outside[~hit] > 0.0).all()
        slope = np.abs(np.diff(outside, axis=0))
        assert slope.max() < 1.5 * evidence.PITCH

    def test_a_forearm_is_seen_where_it_leaves_the_crop(self, depth, gathered, truth):
        assert not gathered[0].has_arm
        below = depth.copy()
        below[70:, 70:90] = np.minimum(below[70:, 70:90], 740.0)
        centre = np.asarray(truth.centres[:11].mean(axis=0), np.float64)
        found, _ = evidence.gather(below, CAMERA, centre)
        assert found.has_arm
        assert found.arm[1] > 130.0

    def test_nothing_measured_is_not_taken_for_free_space_within_the_hand(
        self, depth, truth
    ):
        centre = np.asarray(truth.centres[:11].mean(axis=0), np.float64)
        u, v = np.asarray(cameras.project(CAMERA, jnp.asarray(centre))).round()
        holed = depth.copy()
        holed[int(v) - 3 : int(v) + 4, int(u) - 3 : int(u) + 4] = 0.0
        found, _ = evidence.gather(holed, CAMERA, centre)
        assert not found.known[32, 32]
        assert found.outside[32, 32] < 0.0

    def test_an_empty_crop_is_refused(self, depth):
        with pytest.raises(fitting.FrameError, match="--center"):
            evidence.gather(depth, CAMERA, np.array([0.0, 0.0, 1500.0]))
