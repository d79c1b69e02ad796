"""FreiHAND as its authors wrote it: four pictures a sample, metres, JPEG masks."""

import json

import numpy as np
import pytest

from handjax.data import freihand
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.fixtures import (
    REAL,
    assert_on_hand,
    hand,
    in_order,
    matrix,
    shoot,
    write,
)

SIZE = (224, 224)
CAMERA = (480.0, 480.0), (112.0, 112.0)
PLACES = [(0.0, 10.0, 620.0), (15.0, -5.0, 700.0)]


@pytest.fixture(scope="module")
def samples():
    hands = [hand(place) for place in PLACES]
    return hands, [shoot(one, *CAMERA, SIZE) for one in hands]


@pytest.fixture
def root(tmp_path, samples):
    """Two samples: 8 pictures for training, 2 for evaluation, whose labels are kept."""
    hands, shots = samples
    for number, shot in enumerate(shots):
        for version in range(4):
            path = tmp_path / "training" / "rgb" / f"{number + 2 * version:08d}.jpg"
            write(path, shot.image // (version + 1), quality=95)
        mask = (shot.mask * 255).astype(np.uint8)
        write(tmp_path / "training" / "mask" / f"{number:08d}.jpg", mask)
        write(tmp_path / "evaluation" / "rgb" / f"{number:08d}.jpg", shot.image)
    labels = {
        "K": [matrix(*CAMERA)] * 2,
        "xyz": [in_order("freihand", one.keypoints) / 1000 for one in hands],
        "verts": [one.vertices[:778] / 1000 for one in hands],
    }
    for split, kinds in (("training", ("K", "xyz", "verts")), ("evaluation", ("K",))):
        for kind in kinds:
            rewrite(
                tmp_path, split, kind, [np.asarray(x).tolist() for x in labels[kind]]
            )
    return tmp_path


def rewrite(root, split, kind, values):
    (root / f"{split}_{kind}.json").write_text(json.dumps(values))
    freihand._read_list.cache_clear()
    freihand._points.cache_clear()


def test_each_sample_has_four_pictures_for_training(root):
    assert freihand.index(root, "training") == [("training", k) for k in range(8)]
    assert len(freihand.index(root, "evaluation")) == 2
    with pytest.raises(DatasetError, match="training, evaluation; got test"):
        freihand.index(root, "test")


@pytest.mark.parametrize("number", [0, 1, 6, 7])
def test_pictures_of_a_sample_share_label_and_mask(root, samples, number):
    frame = freihand.read(root, freihand.Entry("training", number))
    drawn, shot = (part[number % 2] for part in samples)
    assert frame.name == f"training/{number:08d}"
    np.testing.assert_allclose(frame.joints, drawn.keypoints, atol=1e-9)
    np.testing.assert_allclose(frame.vertices, drawn.vertices[:778], atol=1e-3)
    (view,) = frame.views
    assert_on_hand(frame, view, shot.mask)
    # JPEG blurs the outline of the mask by a pixel here and there.
    assert np.mean(view.mask != shot.mask) < 0.01
    wanted = shot.image // (number // 2 + 1)
    assert np.abs(view.image.astype(int) - wanted).mean() < 3


def test_pictures_without_labels_have_no_valid_joint_and_are_cropped_whole(root):
    frame = freihand.read(root, freihand.Entry("evaluation", 1))
    assert not frame.valid.any()
    (view,) = frame.views
    half = freihand.ABOUT.cube / 2 / view.hand[2] * view.focal
    middle = view.focal * view.hand[:2] / view.hand[2] + view.centre
    np.testing.assert_allclose(middle - half, -0.5)
    np.testing.assert_allclose(middle + half, 223.5)
    assert view.mask is None


def test_labels_of_the_evaluation_are_read_where_they_are_there(root, samples):
    xyz = [one.keypoints / 1000 for one in samples[0]]
    rewrite(root, "evaluation", "xyz", [x.tolist() for x in xyz])
    frame = freihand.read(root, freihand.Entry("evaluation", 1))
    assert frame.valid.all()
    np.testing.assert_allclose(frame.joints, samples[0][1].keypoints)


@pytest.mark.parametrize(
    ("kind", "values", "fault"),
    [
        ("xyz", [np.zeros((20, 3)).tolist()] * 2, "wants 21 x 3 numbers; got 20 x 3"),
        (
            "xyz",
            [[[0, 0, float("nan")]] * 21] * 2,
            "label of training/00000000 holds N",
        ),
        ("xyz", [[[0, 0, 0]] * 20 + [[0]]] * 2, "wants 21 x 3 numbers"),
        ("K", [[[1, 0], [0, 1]]] * 2, "camera's matrix wants 3 x 3 numbers; got 2 x 2"),
        (
            "verts",
            [[[0, 0, float("nan")]] * 778] * 2,
            r"training_verts\.json holds NaN",
        ),
    ],
)
def test_a_bad_label_is_an_error_of_its_picture(root, kind, values, fault):
    rewrite(root, "training", kind, values)
    with pytest.raises(FrameError, match=fault):
        freihand.read(root, freihand.Entry("training", 0))


def test_lists_that_do_not_fit_end_it(root):
    rewrite(root, "training", "xyz", [np.zeros((21, 3)).tolist()])
    with pytest.raises(DatasetError, match="as many cameras as labels"):
        freihand.index(root, "training")
    rewrite(root, "training", "verts", [[[0, 0, 0]] * 777] * 2)
    rewrite(root, "training", "xyz", [np.zeros((21, 3)).tolist()] * 2)
    with pytest.raises(DatasetError, match="wants samples of 778 x 3 numbers"):
        freihand.read(root, freihand.Entry("training", 0))
    (root / "training_K.json").write_text("[[1, 2")
    freihand._read_list.cache_clear()
    with pytest.raises(DatasetError, match=r"training_K\.json is no JSON"):
        freihand.index(root, "training")
    (root / "training_K.json").unlink()
    freihand._read_list.cache_clear()
    with pytest.raises(DatasetError, match="no file at"):
        freihand.index(root, "training")


def test_bad_pictures_are_named(root):
    path = root / "training" / "rgb" / "00000003.jpg"
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(FrameError, match=r"00000003\.jpg can't be read"):
        freihand.read(root, freihand.Entry("training", 3))
    path.unlink()
    with pytest.raises(FrameError, match="no picture at"):
        freihand.read(root, freihand.Entry("training", 3))


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real samples at {REAL}")
def test_versions_of_a_real_sample_have_one_label():
    labels = json.loads((REAL / "freihand" / "test_freihand.json").read_text())
    at = {a["image_id"]: np.array(a["keypoints"]) for a in labels["annotations"]}
    for number, points in at.items():
        # Numbers of one sample differ by 32560 times the version.
        others = [n for n in at if n % 32560 == number % 32560]
        for other in others:
            np.testing.assert_allclose(at[other], points, atol=1e-6)
    assert {np.reshape(p, (21, 3)).shape for p in at.values()} == {(21, 3)}
