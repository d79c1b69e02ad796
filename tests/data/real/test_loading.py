"""Batches of a prepared dataset: a pure function of seed, process and number."""

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import common, wan_spheres
from handjax.batch import FAR
from handjax.data.real import batches, builder, loading, names, order, records, store
from handjax.data.real.batches import Look
from handjax.data.real.frame import DatasetError
from handjax.data.real.survey import look_over
from handjax.geometry import cameras, transforms
from handjax.hands.skeleton import from_dataset
from tests.data.real import scenes, toy

ROOT = Path(__file__).parents[3]

NOISE = np.random.default_rng(0)
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def download(tmp_path_factory):
    """Six frames of NYU to train on and three to test on."""
    root = tmp_path_factory.mktemp("nyu")
    scenes.write_nyu(root, "train", 6)
    scenes.write_nyu(root, "test", 3)
    return root


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory, download):
    folder = tmp_path_factory.mktemp("stores")
    store.prepare(names.reader("nyu"), download, data_dir=folder)
    return folder


def settings(data_dir, **changes):
    config = common.real()
    config.update({"data_dir": str(data_dir)} | changes)
    return config


def test_a_batch_shows_three_views_and_says_how_they_lie(data_dir):
    source = loading.source(settings(data_dir, labels=("joints",)), 2, seed=0)
    batch = jax.jit(source.sample)(KEY, source.feed(0))
    views = batch.views
    assert views.depth.shape == (2, 3, 64, 64)
    assert views.valid.all()
    assert batch.right.all()
    np.testing.assert_allclose(views.camera_from_world[1], scenes.RIGS, atol=2e-4)
    # Every joint lies on the hand or a little below its surface, in every view.
    for frame in range(2):
        for view in range(3):
            crop = views.crop_from_camera[frame, view]
            rig = views.camera_from_world[frame, view]
            p = transforms.apply(crop @ rig, batch.labels.own[frame])
            camera = jax.tree.map(lambda x, k=(frame, view): x[k], views.camera)
            column, row = np.rint(np.asarray(cameras.project(camera, p))).astype(int).T
            below = p[:, 2] - np.asarray(views.depth[frame, view])[row, column]
            assert np.mean((below > -5.0) & (below < 40.0)) > 0.8


def test_a_view_that_a_frame_lacks_is_not_valid():
    record = records.make(toy.frame(), toy.ABOUT, 0)
    held = batches.hold(record, Look(views=3), NOISE)
    assert held["valid"].tolist() == [True, False, False]
    assert held["depth"].shape == (3, 64, 64)


@pytest.mark.parametrize("named", [(), ("joints",), ("depth", "mask")])
def test_labels_that_nobody_named_are_not_there(data_dir, named):
    source = loading.source(settings(data_dir, labels=named), 2)
    held = source.feed(0)
    batch = source.sample(KEY, held)
    there = {name for name, x in batch.labels._asdict().items() if x is not None}
    joints = {"joints", "joints_valid", "own", "own_valid"}
    assert there == (joints if "joints" in named else set())
    assert ("joints" in held) == ("joints" in named)


@pytest.mark.parametrize("variant", [*wan_spheres.SIZES, *wan_spheres.ROWS])
def test_no_config_reads_labels_that_it_does_not_name(variant):
    size = variant if variant in wan_spheres.SIZES else f"test,{variant}"
    config = wan_spheres.get_config(f"{size or 'test'},real")
    vertices = np.zeros((5, 3), np.float32)
    about = toy.ABOUT._replace(vertices=5)
    record = records.make(toy.frame(vertices=vertices), about, 0)
    look = Look(config.real.sees, labels=tuple(config.real.labels))
    named = batches.hold(record, look, NOISE).keys() & {"joints", "vertices", "mask"}
    assert named <= set(config.real.labels)
    assert not any("studio" in phase.sources for phase in config.phases)


def test_key_points_are_known_where_all_that_makes_them_is(tmp_path):
    held = {
        "joints": NOISE.normal(size=(1, 21, 3)).astype(np.float32),
        "joints_valid": np.ones((1, 21), bool),
    }
    # Without STB's palm there is no wrist either.
    held["joints_valid"][0, 0] = False
    stb = toy.ABOUT._replace(joints="stb")
    known = batches._known(held, stb)
    assert not known.joints_valid[0, 0]
    assert known.joints_valid[0, 1:].all()
    wanted, _ = from_dataset("stb", jnp.asarray(held["joints"][0]))
    np.testing.assert_allclose(known.joints[0, 1:], wanted[1:], atol=1e-5)
    nyu = names.reader("nyu").ABOUT
    held = {"joints": np.zeros((1, 36, 3)), "joints_valid": np.ones((1, 36), bool)}
    assert batches._known(held, nyu).joints_valid.sum() == 15


def test_crops_are_jittered_as_far_as_was_asked_for_and_no_farther(data_dir):
    still, moved = (
        loading.source(settings(data_dir, center="gt", crop_jitter=mm), 6, seed=1)
        for mm in (0.0, 20.0)
    )
    apart = moved.feed(0)["centre"] - still.feed(0)["centre"]
    lengths = np.linalg.norm(apart, axis=-1)
    assert lengths.max() < 20.0
    assert lengths.min() > 0.5


def test_colour_comes_as_the_camera_took_it(tmp_path):
    image = np.full((48, 64, 3), 90, np.uint8)
    view = toy.view(image=image, mask=toy.depth() < 600)
    record = records.make(toy.frame(views=(view,)), toy.ABOUT, 0)
    look = Look("image", labels=("depth", "mask"), center="gt")
    held = batches.collate([batches.hold(record, look, NOISE)])
    views = batches.as_batch(held, toy.ABOUT, look).views
    assert views.image.shape == (1, 1, 256, 256, 3)
    assert isinstance(views.camera, cameras.Pinhole)
    np.testing.assert_array_equal(views.crop_from_camera[0, 0], np.eye(4))
    seen = np.asarray(views.mask[0, 0])
    # z of the camera's frame; behind everything, 150 mm behind the centre.
    assert np.asarray(views.depth[0, 0])[seen].min() == 480.0
    assert np.asarray(views.depth[0, 0])[~seen].max() == 500.0 + FAR
    blind = batches.hold(record, look._replace(labels=()), NOISE)
    assert not {"depth", "mask"} & blind.keys()


def test_frames_to_test_on_come_in_order_with_the_datasets_own_joints(data_dir):
    test = loading.test_frames("nyu", None, "test", 2, data_dir=data_dir, center="gt")
    assert test.count == 3
    assert test.survey.names[2] == "test/depth_1_0000003"
    assert test.survey.places.tolist() == [0, 1, 2]
    found = [test.source.sample(KEY, test.part(n)) for n in (0, 1)]
    own = np.concatenate([batch.labels.own for batch in found])
    assert own.shape == (4, 36, 3)
    for row, number in enumerate((0, 1, 2, 0)):
        np.testing.assert_allclose(own[row], scenes.joints_of(number, 0), atol=1e-3)
    assert found[0].views.depth.shape == (2, 1, 64, 64)
    middle = -np.asarray(found[0].views.crop_from_camera[0, 0, :3, 3])
    np.testing.assert_allclose(middle, scenes.joints_of(0, 0).mean(axis=0), atol=1e-3)


def test_centres_may_come_from_a_file(data_dir, tmp_path):
    lines = [scenes.joints_of(k, 0)[20] * [1, -1, 1] for k in range(3)]
    np.savetxt(tmp_path / "centres.txt", lines)
    test = loading.test_frames(
        "nyu", None, "test", 3, data_dir=data_dir, center=tmp_path / "centres.txt"
    )
    batch = test.source.sample(KEY, test.part(0))
    middles = -np.asarray(batch.views.crop_from_camera[:, 0, :3, 3])
    np.testing.assert_allclose(middles, lines * np.array([1, -1, 1]), atol=1e-3)


def test_what_is_not_prepared_is_prepared_where_its_download_is_given(
    download, tmp_path
):
    with pytest.raises(DatasetError, match=r"home page.*\n.*licence"):
        loading.test_frames("nyu", None, "test", 2, data_dir=tmp_path)
    test = loading.test_frames("nyu", download, "test", 2, data_dir=tmp_path)
    assert test.count == 3
    assert builder.read_info(tmp_path / "nyu" / "1.1.0").keys() == {"test"}
    loading.require(settings(tmp_path, root=str(download), splits=("test",)))


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"splits": ()}, "real.splits is empty"),
        ({"views": 0}, "real.views wants 1 or more; got 0"),
        ({"sees": "image"}, "has no colour"),
        ({"labels": ("vertices",)}, "no frame of nyu has 'vertices'.*joints, depth"),
        ({"sees": "image", "labels": ("mask",)}, "no frame of nyu has 'mask'; its pic"),
    ],
)
def test_a_config_that_can_t_be_drawn_from_is_refused_first(data_dir, changes, answer):
    with pytest.raises(DatasetError, match=answer):
        loading.require(settings(data_dir, **changes))


def test_centres_have_a_line_for_frames_that_could_not_be_read_too(tmp_path):
    about = toy.ABOUT._replace(frames={"train": 0, "test": 0})
    reader = toy.reader(bad=(1,), about=about, frames={"train": 4})
    prepared = store.prepare(reader, tmp_path, data_dir=tmp_path)
    frames = order.Frames(prepared, ["train"])
    assert (len(frames), frames.places) == (3, 4)
    np.savetxt(tmp_path / "centres.txt", [[k, 0.0, 500.0] for k in range(4)])
    known = look_over(frames)
    given = loading._given(tmp_path / "centres.txt", frames.places, known)
    assert given[:, 0].tolist() == [0.0, 2.0, 3.0]


def test_a_survey_knows_the_labels_without_the_pictures(data_dir):
    known = look_over(loading.open_frames("nyu", None, "test", data_dir=data_dir))
    np.testing.assert_allclose(known.joints[1], scenes.joints_of(1, 0), atol=1e-3)
    assert known.right.all()
    assert known.valid.all()


def test_tensorflow_stays_away(data_dir):
    assert "tensorflow" not in sys.modules


def test_what_reads_stores_waits_until_it_is_needed():
    late = "{'grain', 'tensorflow_datasets', 'array_record'}"
    code = f"import sys, handjax.data.real.loading; print({late} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    assert told.stdout.strip() == "set()"
