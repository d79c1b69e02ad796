"""From a crop, mirrored or not, back into the camera that took the frame."""

import jax.numpy as jnp
import numpy as np

from handjax.batch import Batch, Labels, Views
from handjax.data.real.survey import Survey
from handjax.evaluation import own
from handjax.geometry import cameras, transforms
from handjax.training import Estimates

RNG = np.random.default_rng(0)
MIRROR = np.array([-1.0, 1.0, 1.0])


def rigid(angle, shift):
    c, s = np.cos(angle), np.sin(angle)
    R = jnp.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    return transforms.make(R, jnp.array(shift))


def batch_of(camera_from_world, right):
    frames = len(camera_from_world)
    ortho = cameras.orthographic_crop(300.0, 8)
    leaf = jnp.broadcast_to
    views = Views(
        depth=None,
        image=None,
        mask=None,
        valid=jnp.ones((frames, 1), bool),
        camera=cameras.Orthographic(
            leaf(ortho.focal, (frames, 1, 2)), leaf(ortho.centre, (frames, 1, 2))
        ),
        crop_from_camera=jnp.tile(rigid(0.0, [1.0, 2.0, -600.0]), (frames, 1, 1, 1)),
        camera_from_world=camera_from_world[:, None],
    )
    return Batch(views, None, Labels(), right)


def to_crop(batch, points):
    crop = jnp.einsum(
        "fij,fjk->fik",
        batch.views.crop_from_camera[:, 0],
        batch.views.camera_from_world[:, 0],
    )
    return jnp.einsum("fij,fnj->fni", crop[:, :3, :3], points) + crop[:, None, :3, 3]


def estimates_of(predicted, **known):
    rest = {"truth": {}, "valid": {}, "depth": None, "camera": None, "radii": None}
    return Estimates(predicted, **rest | known)


def test_the_world_that_travels_along_leads_from_the_crop_to_the_labels_camera():
    shown = jnp.stack([rigid(0.0, [0.0, 0.0, 0.0]), rigid(0.7, [30.0, -20.0, 50.0])])
    # What a method saw may have been taken by another camera than the first.
    first = jnp.stack([rigid(0.3, [-25.0, 4.0, 0.0]), rigid(0.7, [30.0, -20.0, 50.0])])
    seen = jnp.asarray(
        RNG.normal(0.0, 50.0, (2, 21, 3)) + np.array([20.0, 30.0, 650.0])
    )
    world_from_first = jnp.linalg.inv(first)
    world = jnp.einsum("fij,fnj->fni", world_from_first[:, :3, :3], seen)
    world = world + world_from_first[:, None, :3, 3]
    for right in ([True, True], [True, False]):
        batch = batch_of(shown, jnp.array(right))
        crop, w = (to_crop(batch, p) for p in (world, own.world_points(batch)))
        known = survey([0, 1], right)._replace(camera_from_world=np.asarray(first))
        estimates = own.with_camera(estimates_of({own.WORLD: np.asarray(w)}), known)
        found = own.to_camera(np.asarray(crop), estimates.predicted[own.CAMERA])
        # The crop is of the mirrored picture; the file is of the picture.
        side = np.where(np.array(right)[:, None, None], 1.0, MIRROR)
        np.testing.assert_allclose(found, np.asarray(seen) * side, atol=2e-3)
        np.testing.assert_allclose(found, own.seen(known, np.asarray(world)), atol=2e-3)


def test_a_method_of_key_points_gets_the_datasets_joints():
    batch = batch_of(jnp.eye(4)[None], None)
    keypoints = jnp.asarray(RNG.normal(size=(1, 21, 3)), jnp.float32)
    joints = own.joints_of(lambda p, b: {"keypoints21": p}, "icvl")
    found = joints(keypoints, batch)
    assert {name: x.shape[1] for name, x in found.items()} == {
        "keypoints21": 21,
        "icvl": 16,
        "world": 4,
    }
    # What a method gives itself is left as it is.
    given = own.joints_of(lambda p, b: {"nyu14": p[:, :14]}, "nyu14")(keypoints, batch)
    np.testing.assert_array_equal(given["nyu14"], keypoints[:, :14])


def test_the_truth_is_the_datasets_own():
    labels = Labels(own=jnp.ones((2, 36, 3)), joints=jnp.zeros((2, 21, 3)))
    found = own.truth_of("nyu14")(labels)
    assert found.keys() == {"nyu14", "nyu14_denoised", "keypoints21", "world"}
    assert (found["nyu14"].joints == 1.0).all()


def survey(places, right):
    frames = len(places)
    nothing = np.zeros((frames, 3), np.float32)
    joints = np.arange(frames * 36 * 3, dtype=np.float32).reshape(frames, 36, 3)
    return Survey(
        names=tuple(f"frame {place}" for place in places),
        places=np.array(places),
        right=np.array(right),
        subjects=np.zeros(frames, int),
        cubes=np.full(frames, 300.0),
        found=nothing,
        joints=joints,
        valid=np.ones((frames, 36), bool),
        camera_from_world=np.tile(np.eye(4, dtype=np.float32), (frames, 1, 1)),
    )


def test_labels_of_a_survey_have_a_row_for_every_frame_that_counts():
    known = survey([0, 1, 3], [True, False, True])
    joints, valid, names = own.labels_of(known, "nyu14")
    assert joints.shape == (4, 14, 3)
    assert valid[:, 0].tolist() == [True, True, False, True]
    assert names == ("frame 0", "frame 1", "frame 1", "frame 3")
    rows = known.joints[:, [0, 3]]
    np.testing.assert_allclose(joints[0, :2], rows[0])
    np.testing.assert_allclose(joints[1, :2], rows[1] * MIRROR)


def test_estimates_of_frames_that_were_not_read_have_no_truth():
    read = estimates_of(
        {"a": np.array([1.0, 2.0])},
        valid={"a": np.ones((2, 3), bool)},
        masks={"vertices": np.array([[1, 2, 3, 4], [5, 6, 7, 8]])},
    )
    found = own.whole(read, np.array([1, 3]), 4)
    assert found.predicted["a"].tolist() == [1.0, 1.0, 1.0, 2.0]
    assert found.valid["a"].all(axis=1).tolist() == [False, True, False, True]
    assert found.masks["vertices"].sum(axis=1).tolist() == [0, 10, 0, 26]
    assert own.whole(read._replace(masks=None), np.array([1, 3]), 4).masks is None


def test_last_frames_that_were_not_read_keep_their_rows():
    places = np.delete(np.arange(40), [7, 38, 39])
    known = survey(places.tolist(), [True] * 37)
    joints, valid, names = own.labels_of(known, "nyu14", 40)
    assert (len(joints), len(names)) == (40, 40)
    assert np.flatnonzero(~valid.any(axis=1)).tolist() == [7, 38, 39]
    # A few frames that somebody kept are no split that lacks most of them.
    assert len(own.labels_of(known, "nyu14", 8252)[0]) == 38


def test_a_method_that_was_told_scale_and_root_is_measured_beside_itself():
    batch = batch_of(jnp.eye(4)[None], None)
    said = {"keypoints21": jnp.zeros((1, 21, 3)), "given21": jnp.ones((1, 21, 3))}
    joints = own.joints_of(lambda p, b: said, "stb")
    assert "stb_told" not in joints(None, batch)
    scaled = batch._replace(labels=Labels(scale=jnp.ones(1), root=jnp.ones((1, 1))))
    found = joints(None, scaled)
    assert not found["stb"].any()
    np.testing.assert_allclose(found["stb_told"], 1.0)
    truth = own.truth_of("stb")(Labels(own=jnp.ones((1, 21, 3))))
    np.testing.assert_array_equal(truth["stb_told"].joints, truth["stb"].joints)
