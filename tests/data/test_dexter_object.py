"""Dexter+Object as its authors wrote it: tips of left hands, x to the left and y up."""

import numpy as np
import pytest

from handjax.data import dexter_object
from handjax.data.real import loading, records
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.fixtures import assert_on_hand, hand, in_order, project, shoot, write

COLOUR = (587.45209, 600.67456), (325.0, 249.0)
DEPTH = (224.502, 230.494), (160.0, 120.0)
COLOUR_FROM_DEPTH = np.array(
    [
        [0.9999, 0.0034, 0.0161, 19.0473],
        [-0.0033, 1.0000, -0.0079, -1.8514],
        [-0.0162, 0.0079, 0.9998, -4.7501],
        [0.0, 0.0, 0.0, 1.0],
    ]
)


@pytest.fixture(scope="module")
def drawn():
    return hand((-20.0, 10.0, 450.0), right=False)


@pytest.fixture(scope="module")
def shots(drawn):
    colour = shoot(drawn, *COLOUR, (480, 640), COLOUR_FROM_DEPTH)
    return colour, shoot(drawn, *DEPTH, (240, 320))


def line(tips, corners=3):
    """Tips and corners of the object, x to the left, y up."""
    points = [*(tips * (-1, -1, 1)), *np.ones((corners, 3))]
    return "; ".join(", ".join(f"{x:.3f}" for x in point) for point in points) + ";"


@pytest.fixture
def root(tmp_path, drawn, shots):
    """Two frames a sequence; the ring finger's tip of the second is not labelled."""
    colour, depth = shots
    measured = np.rint(depth.depth).astype(np.uint16)
    measured[~depth.mask] = 32001
    tips = in_order("dexter_object", drawn.keypoints)
    hidden = tips.copy()
    hidden[3] = (0.0, 0.0, 32001.0)
    for sequence in dexter_object.SEQUENCES:
        folder = tmp_path / "data" / sequence
        for number in (9, 10):
            write(folder / "color" / f"image_{number}_color.png", colour.image)
            write(folder / "depth" / f"image_{number}_depth.png", measured)
        (folder / "annotations").mkdir()
        rewrite(tmp_path, sequence, [line(tips), line(hidden)])
    return tmp_path


def rewrite(root, sequence, lines):
    path = root / "data" / sequence / "annotations" / f"{sequence}3D.txt"
    path.write_text("\n".join(lines) + "\n")
    dexter_object._lines.cache_clear()


def test_frames_are_in_the_order_of_their_numbers(root):
    entries = dexter_object.index(root, "test")
    assert len(entries) == 12
    assert [e.colour for e in entries[:2]] == [
        "image_9_color.png",
        "image_10_color.png",
    ]
    with pytest.raises(DatasetError, match="the splits test; got train"):
        dexter_object.index(root, "train")


def test_tips_appear_on_the_hand_in_colour_and_depth(root, drawn, shots):
    frame = dexter_object.read(root, dexter_object.index(root, "test")[0])
    assert (frame.name, frame.right, frame.valid.all()) == ("Grasp1/0", False, True)
    wanted = in_order("dexter_object", drawn.keypoints)
    np.testing.assert_allclose(frame.joints, wanted, atol=5e-4)
    for view, shot in zip(frame.views, shots, strict=True):
        assert_on_hand(frame, view, shot.mask)


def test_the_rotation_between_the_cameras_is_one_and_the_printed_one(root):
    frame = dexter_object.read(root, dexter_object.index(root, "test")[0])
    colour, _ = frame.views
    R = colour.camera_from_world[:3, :3]
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(colour.camera_from_world, COLOUR_FROM_DEPTH, atol=1e-4)
    # So a tip moves by a fraction of a pixel at most.
    printed = colour._replace(camera_from_world=COLOUR_FROM_DEPTH)
    moved = np.abs(project(frame, colour) - project(frame, printed))
    assert moved.max() < 0.2


def test_the_crop_stands_on_the_hand_that_the_depth_shows(root, drawn):
    frame = dexter_object.read(root, dexter_object.index(root, "test")[0])
    colour, depth = records.make(frame, dexter_object.ABOUT, 0).parts
    middle = drawn.vertices.mean(axis=0) * [-1, 1, 1]
    assert np.linalg.norm(depth.found - middle) < 40
    back = np.linalg.inv(colour.camera_from_world) @ [*colour.found, 1.0]
    np.testing.assert_allclose(back[:3], depth.found, atol=1e-3)
    # What is kept lies around the labels, though another thing may be nearer.
    np.testing.assert_allclose(
        depth.hand, frame.joints.mean(axis=0) * [-1, 1, 1], atol=1e-3
    )


@pytest.mark.parametrize("sees", ["image", "depth"])
def test_a_file_of_centres_is_of_the_camera_that_is_shown(root, tmp_path, sees):
    frame = dexter_object.read(root, dexter_object.index(root, "test")[0])
    part = records.make(frame, dexter_object.ABOUT, 0).parts[sees == "depth"]
    point = part.found + np.array([2.0, 0.0, 2.0])
    # x of the picture that was not mirrored, and y up, as public files have it.
    np.savetxt(tmp_path / "centres.txt", [point * [-1, -1, 1]] * 12)
    test = loading.test_frames(
        "dexter_object",
        root,
        "test",
        1,
        data_dir=tmp_path / "stores",
        center=tmp_path / "centres.txt",
        sees=sees,
    )
    (centre,) = test.part(0)["centre"][0]
    np.testing.assert_allclose(centre, point, atol=1e-3)


def test_what_was_not_measured_or_labelled_is_none(root, shots):
    frame = dexter_object.read(root, dexter_object.index(root, "test")[1])
    assert frame.valid.tolist() == [True, True, True, False, True]
    assert (frame.joints[3] == 0).all()
    depth = frame.views[1].depth
    np.testing.assert_array_equal(depth > 0, shots[1].mask)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1, 2, 3; 1, 2, 3; 1, 2, 3; 1, 2, 3;", "Grasp1/0 holds no numbers|five tips"),
        ("1, 2; 1, 2; 1, 2; 1, 2; 1, 2", "wants x, y, z of five tips"),
        ("a, b, c; 1, 2, 3; 1, 2, 3; 1, 2, 3; 1, 2, 3", "holds no numbers"),
        ("; ".join(["1, nan, 3"] * 5), "holds NaN"),
        ("; ".join(["0, 0, 32001"] * 5), "no finger tip labelled"),
    ],
)
def test_a_bad_line_is_an_error_of_its_frame(root, text, fault):
    rewrite(root, "Grasp1", [text, text])
    with pytest.raises(FrameError, match=fault):
        dexter_object.read(root, dexter_object.index(root, "test")[0])


def test_pictures_and_lines_must_be_as_many(root):
    (root / "data" / "Pinch" / "color" / "image_10_color.png").unlink()
    with pytest.raises(DatasetError, match=r"Pinch wants .* got 1, 2 and 2"):
        dexter_object.index(root, "test")


def test_a_missing_folder_is_named(root):
    (root / "data" / "Grasp1").rename(root / "data" / "Grasp")
    with pytest.raises(DatasetError, match=r"no folder at .*Grasp1"):
        dexter_object.index(root, "test")


def test_bad_pictures_are_named(root):
    entry = dexter_object.index(root, "test")[0]
    path = root / "data" / "Grasp1" / "depth" / entry.depth
    write(path, np.zeros((480, 640), np.uint16))
    with pytest.raises(FrameError, match="wants 320 x 240 pixels; got 640 x 480"):
        dexter_object.read(root, entry)
