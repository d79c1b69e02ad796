"""A fit finds a hand, says what is wrong with its input, and writes it all."""

import json
import os
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from PIL import Image

from handjax import fitting
from handjax.__main__ import main
from handjax.fitting import command, energy, evidence, model, search, starts
from handjax.geometry import cameras, rotations, transforms
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
    starts=16, batch=16, steps=60, then=(0.03, 0.02), parents=(8, 8)
)
# A folder with NYU's first test frame and labels, for whoever has them.
REAL = Path(os.environ.get("HANDJAX_REAL", "nowhere"))


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
            (np.full((4, 4), -700.0), "no pixel is above 0"),
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

    def test_archives_and_broken_headers_are_refused(self, tmp_path):
        with (tmp_path / "a.npy").open("wb") as file:
            np.savez(file, depth=np.ones((4, 4)))
        with pytest.raises(fitting.FrameError, match="archive"):
            fitting.read_depth(tmp_path / "a.npy")
        np.save(tmp_path / "b.npy", np.ones((4, 4)))
        content = (tmp_path / "b.npy").read_bytes()
        (tmp_path / "b.npy").write_bytes(content.replace(b"'descr'", b"'descr(", 1))
        with pytest.raises(fitting.FrameError, match=r"np\.save"):
            fitting.read_depth(tmp_path / "b.npy")

    def test_a_picture_too_large_to_be_one_is_refused(self, tmp_path, monkeypatch):
        Image.fromarray(np.full((40, 40), 700, np.uint16)).save(tmp_path / "a.png")
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
        with pytest.raises(fitting.FrameError, match="not an image"):
            fitting.read_depth(tmp_path / "a.png")

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


class TestEnergy:
    def test_the_true_hand_explains_what_is_seen(self, terms, variables):
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
    def test_each_term_notices_what_it_is_for(self, terms, variables, changes, name):
        before, _ = terms(variables)
        after, _ = terms(moved(variables, **changes))
        assert after[name] > 1.3 * before[name] + 0.05

    def test_a_bend_of_the_middle_joint_wants_one_of_the_end_joint(
        self, terms, variables
    ):
        bend = jnp.zeros((17, 3)).at[energy._MIDDLE, 0].set(1.0)
        both = bend.at[energy._MIDDLE + 1, 0].set(energy.COUPLING)
        alone, coupled, before = (
            terms(moved(variables, angles=by))[0]["coupling"]
            for by in (bend, both, 0.0)
        )
        assert alone > before + 0.5
        np.testing.assert_allclose(coupled, before, atol=1e-4)

    @pytest.mark.parametrize("away", [0.0, 10.0], ids=["home", "beyond the crop"])
    def test_gradients_are_finite_and_lead_home(self, terms, variables, away):
        aside = moved(variables, place=jnp.array([away + 0.1, 0.0, 0.0]))
        _, gradient = terms(aside)
        assert all(jnp.isfinite(leaf).all() for leaf in gradient)
        assert gradient.place[0, 0] > 0.0

    def test_a_picture_is_read_between_its_pixels(self):
        image = jnp.asarray(np.random.default_rng(0).normal(size=(64, 64)))
        u, v = np.array([3, 40, 60]), np.array([5, 1, 62])
        xy = np.stack([evidence.axes()[u], evidence.axes()[v]], axis=-1)
        here, beyond = energy._at(image, jnp.asarray(xy))
        np.testing.assert_allclose(here, image[v, u], atol=1e-4)
        assert not beyond.any()
        halfway = jnp.asarray(xy + evidence.PITCH / 2 * np.array([1.0, 0.0]))
        mean = (image[v, u] + image[v, u + 1]) / 2
        np.testing.assert_allclose(energy._at(image, halfway)[0], mean, atol=1e-4)


class TestStarts:
    def test_the_same_seed_draws_the_same_plausible_hands(self, template, gathered):
        one, two = (
            starts.draw(np.random.default_rng(3), template, gathered[0], 64)
            for _ in range(2)
        )
        jax.tree.map(np.testing.assert_array_equal, one, two)
        limits = np.asarray(template.limits)
        assert (one.angles >= limits[..., 0] - 1e-5).all()
        assert (one.angles <= limits[..., 1] + 1e-5).all()
        place = model.STRIDE * one.place
        assert (jnp.abs(place) < 100.0).all()

    def test_most_hands_have_their_forearm_where_one_leaves_the_crop(
        self, template, gathered
    ):
        arm = jnp.array([0.0, -140.0, 20.0])
        seen = gathered[0]._replace(arm=arm, has_arm=jnp.float32(1.0))
        drawn = starts.draw(np.random.default_rng(0), template, seen, 256)
        R = jax.vmap(rotations.matrix_from_six)(drawn.six)
        # The forearm is at +y of the rest frame.
        towards = R[:, :, 1] @ (arm / jnp.linalg.norm(arm))
        assert jnp.mean(towards > 0.7) > 0.6
        assert jnp.mean(towards < 0.0) > 0.02

    def test_variations_keep_their_parents_and_change_two_fingers_of_the_others(
        self, template, gathered
    ):
        rng = np.random.default_rng(1)
        parents = starts.draw(rng, template, gathered[0], 4)
        children = starts.vary(rng, parents, 12)
        kept = jax.tree.map(lambda leaf: leaf[:4], children)
        jax.tree.map(np.testing.assert_array_equal, kept, parents)
        np.testing.assert_array_equal(children.place[4:8], parents.place)
        differs = np.asarray((children.angles[4:8] != parents.angles).any(axis=-1))
        for hand in differs:
            assert not hand[0]
            assert len(set(starts.FINGER_OF[hand])) <= 2


@pytest.fixture(scope="module")
def found(template, depth):
    return fitting.fit(template, depth, CAMERA, seed=0, schedule=SCHEDULE)


class TestSearch:
    def test_an_open_hand_is_found_from_depth_alone(self, found, truth):
        assert error(found.hand, truth) < 12.0
        assert found.energy == pytest.approx(
            sum(energy.WEIGHTS[name] * value for name, value in found.terms.items()),
            rel=1e-3,
        )

    def test_transforms_take_the_resting_joints_to_the_camera(self, found, template):
        R = found.hand.transforms[:, :3, :3]
        eye = jnp.broadcast_to(jnp.eye(3), R.shape)
        np.testing.assert_allclose(R @ R.transpose(0, 2, 1), eye, atol=1e-3)
        posed = template.joints[: len(R)]
        posed = jax.vmap(transforms.apply)(found.hand.transforms, posed)
        # The fitted hand is not of the mean shape.
        gap = jnp.linalg.norm(posed - found.hand.joints[: len(R)], axis=-1)
        assert gap.max() < 40.0

    def test_the_same_seed_finds_the_same_hand(self, found, template, depth):
        again = fitting.fit(template, depth, CAMERA, seed=0, schedule=SCHEDULE)
        np.testing.assert_array_equal(again.hand.joints, found.hand.joints)

    def test_a_left_hand_is_the_right_one_in_the_mirror(self, found, template, depth):
        mirrored = CAMERA._replace(centre=jnp.array([WIDTH - 1 - 80.0, 60.0]))
        left = fitting.fit(
            template, depth[:, ::-1], mirrored, seed=0, left=True, schedule=SCHEDULE
        )
        flip = jnp.array([-1.0, 1.0, 1.0])
        np.testing.assert_allclose(left.hand.joints, found.hand.joints * flip, atol=1.0)

    def test_an_empty_frame_is_refused(self, template):
        with pytest.raises(fitting.FrameError):
            fitting.fit(template, np.zeros((HEIGHT, WIDTH)), CAMERA)


@pytest.fixture
def frame(tmp_path, depth):
    Image.fromarray(encode(depth)).save(tmp_path / "depth.png")
    return str(tmp_path / "depth.png")


class TestCommand:
    @pytest.mark.parametrize("joint_set", ["canonical21", "nyu14"])
    def test_everything_is_written(
        self, frame, tmp_path, monkeypatch, found, joint_set
    ):
        monkeypatch.setattr(command, "DEFAULT", SCHEDULE)
        out = tmp_path / "new" / "out"
        options = ["--joint-set", joint_set, "--starts", "16", "--out", str(out)]
        options += ["--center", "-20,0,690"] if joint_set == "nyu14" else []
        assert main(["fit", frame, "--camera", CAMERA_TEXT, *options]) == 0
        names = {"hand.glb", "hand.ply", "joints.json", "overlay.png"}
        assert {path.name for path in out.iterdir()} == names
        written = json.loads((out / "joints.json").read_text())
        joints, names = command.joint_set(joint_set, found.hand)
        assert written["names"] == list(names)
        if joint_set == "nyu14":  # from another centre, so another search
            found = np.asarray(written["joints_mm"])
            assert np.linalg.norm(found - joints, axis=-1).mean() < 15.0
            return
        np.testing.assert_allclose(written["joints_mm"], joints, atol=0.1)
        mesh = trimesh.load(out / "hand.ply")
        np.testing.assert_allclose(mesh.vertices, found.hand.vertices, atol=0.1)
        with Image.open(out / "overlay.png") as picture:
            assert min(picture.size) > 400

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"--camera": "kinect"}, "fx,fy,cx,cy"),
            ({"--center": "1,2"}, "X,Y,Z"),
            ({"--starts": "0"}, "--starts wants 1"),
            ({"--seed": "-1"}, "--seed wants 0"),
            ({"--center": "400,0,900"}, "check --camera"),
            ({"--center": "-20,50,99999"}, "too few pixels"),
        ],
    )
    def test_bad_input_is_answered_in_a_line(
        self, frame, tmp_path, capsys, changes, message
    ):
        options = {"--camera": CAMERA_TEXT, "--out": str(tmp_path / "out")} | changes
        given = [text for pair in options.items() for text in pair]
        assert main(["fit", frame, *given]) == 2
        said = capsys.readouterr().err
        assert message in said
        assert said.count("\n") == 1

    def test_an_out_that_is_a_file_is_refused_before_the_fit(self, frame, capsys):
        assert main(["fit", frame, "--camera", "nyu", "--out", frame]) == 2
        assert "can't be made" in capsys.readouterr().err


@pytest.mark.skipif(not REAL.is_dir(), reason="HANDJAX_REAL names no folder")
def test_a_real_hand_is_found(template):
    depth = fitting.read_depth(REAL / "nyu" / "depth_1_0000001.png")
    u, v, d = (
        np.loadtxt(REAL / "nyu" / "nyu_test_groundtruth_label.txt")[0].reshape(14, 3).T
    )
    camera = fitting.parse_camera("nyu")
    f, c = np.asarray(camera.focal), np.asarray(camera.centre)
    truth = np.stack([(u - c[0]) * d / f[0], (v - c[1]) * d / f[1], d], axis=-1)
    found = fitting.fit(template, depth, camera)
    wrong = np.linalg.norm(spheres.nyu14(found.hand.centres) - truth, axis=-1)
    assert wrong.mean() < 14.0
