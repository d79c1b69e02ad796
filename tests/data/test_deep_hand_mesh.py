"""DeepHandMesh as its authors wrote it: KRT blocks, .pts lines, pickled depth."""

import pickle

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handjax.data import deep_hand_mesh
from handjax.data.real import batches, records
from handjax.data.real.frame import DatasetError, FrameError
from handjax.data.real.looks import Look
from tests.data.fixtures import assert_on_hand, hand, in_order, matrix, shoot, write

SIZE = (512, 334)
# Focal length, principal point, turn and shift; 41 sees grey and is left out.
CAMERAS = {
    "400010": ((1250.0, 1251.0), (165.0, 255.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1000.0)),
    "410001": ((1250.0, 1251.0), (165.0, 255.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1000.0)),
    "400026": ((1240.0, 1243.0), (170.0, 250.0), (0.0, 0.4, 0.0), (5.0, 0.0, 1010.0)),
}
COLOUR = ("400010", "400026")
SEQUENCES = {"0001_neutral_RT": True, "0002_ROM_RT": True, "0003_fist_LT": False}


def camera_from_world(camera):
    *_, turn, shift = CAMERAS[camera]
    transform = np.eye(4)
    transform[:3, :3] = Rotation.from_rotvec(turn).as_matrix()
    transform[:3, 3] = shift
    return transform


@pytest.fixture(scope="module")
def drawn():
    return {right: hand((0.0, 5.0, 10.0), right=right) for right in (True, False)}


@pytest.fixture(scope="module")
def shots(drawn):
    return {
        (right, name): shoot(one, *CAMERAS[name][:2], SIZE, camera_from_world(name))
        for right, one in drawn.items()
        for name in COLOUR
    }


def krt():
    """A name, three rows of K, one of distortion, three of [R t], an empty line."""
    lines = []
    for name, (focal, centre, *_) in CAMERAS.items():
        rows = [matrix(focal, centre), np.zeros((1, 5)), camera_from_world(name)[:3]]
        lines += [name, *(" ".join(map(repr, r)) for a in rows for r in a.tolist()), ""]
    return "\n".join(lines) + "\n"


def pts(points, right, left_out=()):
    """Lines of joint, x, y, z, score and views, of all that are known."""
    first = 0 if right else 21
    return "".join(
        f"{first + k} {x:.6f} {y:.6f} {z:.6f} 12.5 34\n"
        for k, (x, y, z) in enumerate(points)
        if k not in left_out
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory, drawn, shots):
    """Subject 4: three sequences of one instant each, and one of two hands."""
    root = tmp_path_factory.mktemp("deep_hand_mesh")
    notes, pictures = root / "annotations", root / "images" / "subject_4"
    (notes / "keypoints" / "subject_4").mkdir(parents=True)
    (notes / "KRT_512").write_text(krt())
    (pictures / "0004_both_DH" / "cam400010").mkdir(parents=True)
    for instant, (sequence, right) in enumerate(SEQUENCES.items(), start=36):
        points = in_order("deep_hand_mesh", drawn[right].keypoints)
        path = notes / "keypoints" / "subject_4" / f"keypoints{instant:04d}.pts"
        path.write_text(pts(points, right, left_out=(3,)))
        for name in CAMERAS:
            path = pictures / sequence / f"cam{name}" / f"image{instant:04d}.jpg"
            shot = shots[right, name if name in COLOUR else COLOUR[0]]
            write(path, shot.image, quality=95)
            # An instant that has pictures and no labels.
            write(path.with_name("image0099.jpg"), shot.image)
        folder = notes / "depthmaps" / "subject_4" / f"{instant:06d}"
        folder.mkdir(parents=True)
        # Rendered at twice the size, as read by Python 3 and 2 alike.
        depth = shots[right, COLOUR[0]].depth.repeat(2, axis=0).repeat(2, axis=1)
        data = pickle.dumps(depth.astype(np.float32), 2)
        (folder / f"depthmap{COLOUR[0]}.pkl").write_bytes(data)
    return root


def test_sequences_are_told_by_their_names(whole):
    for split, (sequence, right) in zip(
        ("train", "rom", "left"), SEQUENCES.items(), strict=True
    ):
        (entry,) = deep_hand_mesh.index(whole, split)
        assert (entry.sequence, entry.right) == (sequence, right)
    with pytest.raises(DatasetError, match="train, rom, left; got test"):
        deep_hand_mesh.index(whole, "test")


@pytest.mark.parametrize("split", ["train", "left"])
def test_every_colour_camera_shows_the_joints_on_the_hand(whole, drawn, shots, split):
    (entry,) = deep_hand_mesh.index(whole, split)
    frame = deep_hand_mesh.read(whole, entry)
    assert (frame.right, frame.subject, len(frame.views)) == (split == "train", 3, 2)
    wanted = in_order("deep_hand_mesh", drawn[frame.right].keypoints)
    known = frame.valid
    assert known.tolist() == [k != 3 for k in range(21)]
    np.testing.assert_allclose(frame.joints[known], wanted[known], atol=1e-6)
    for name, view in zip(COLOUR, frame.views, strict=True):
        shot = shots[frame.right, name]
        assert_on_hand(frame, view, shot.mask)
        np.testing.assert_allclose(view.camera_from_world, camera_from_world(name))
        assert np.abs(view.image.astype(int) - shot.image).mean() < 3


def test_depth_is_that_of_the_pictures_where_it_is_there(whole, shots):
    (entry,) = deep_hand_mesh.index(whole, "train")
    first, second = deep_hand_mesh.read(whole, entry).views
    shot = shots[True, COLOUR[0]]
    np.testing.assert_allclose(first.depth, shot.depth, rtol=1e-6)
    np.testing.assert_array_equal(first.mask, shot.mask)
    assert second.depth is None


@pytest.fixture
def spoiled(whole):
    """Files to change, put back afterwards."""
    kept = {}

    def change(path, data):
        path = whole / path
        kept.setdefault(path, path.read_bytes())
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        deep_hand_mesh._cameras.cache_clear()

    yield change
    for path, data in kept.items():
        path.write_bytes(data)
    deep_hand_mesh._cameras.cache_clear()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0 1 2 3 4\n", "wants any x 6 numbers; got 1 x 5"),
        ("0 1 2 nan 4 5\n", "holds NaN"),
        ("0 1 2 x 4 5\n", "wants any x 6 numbers"),
        ("30 1 2 3 4 5\n", "has no joint of this hand"),
        ("", "wants any x 6 numbers"),
    ],
)
def test_a_bad_label_is_an_error_of_its_instant(whole, spoiled, text, fault):
    (entry,) = deep_hand_mesh.index(whole, "train")
    spoiled("annotations/keypoints/subject_4/keypoints0036.pts", text)
    with pytest.raises(FrameError, match=fault):
        deep_hand_mesh.read(whole, entry)


def test_a_bad_picture_is_named_and_costs_its_view_alone(whole, spoiled):
    (entry,) = deep_hand_mesh.index(whole, "train")
    sequence = "images/subject_4/0001_neutral_RT"
    spoiled(f"{sequence}/cam{COLOUR[0]}/image0036.jpg", b"x")
    frame = deep_hand_mesh.read(whole, entry)
    (view,), (why,) = frame.views, frame.dropped
    assert "image0036.jpg can't be read" in why
    np.testing.assert_allclose(view.camera_from_world, camera_from_world(COLOUR[1]))
    spoiled(f"{sequence}/cam{COLOUR[1]}/image0036.jpg", b"x")
    with pytest.raises(
        FrameError, match=r"no picture of any .*0036\.jpg can't be read"
    ):
        deep_hand_mesh.read(whole, entry)


def test_the_first_camera_that_sees_the_hand_leads(whole):
    (entry,) = deep_hand_mesh.index(whole, "train")
    frame = deep_hand_mesh.read(whole, entry)
    first, second = frame.views
    away = first._replace(centre=first.centre + np.array([9000.0, 0.0]))
    made = records.make(frame, deep_hand_mesh.ABOUT, 0)
    blind = records.make(frame._replace(views=(away, second)), deep_hand_mesh.ABOUT, 0)
    assert (len(made.parts), len(blind.parts)) == (2, 1)
    np.testing.assert_allclose(
        blind.parts[0].camera_from_world, second.camera_from_world, rtol=1e-6
    )
    with pytest.raises(FrameError, match="outside the picture"):
        records.make(frame._replace(views=(away, away)), deep_hand_mesh.ABOUT, 0)


def test_of_a_view_without_a_depth_map_the_others_tell_where_the_hand_is(whole):
    (entry,) = deep_hand_mesh.index(whole, "train")
    frame = deep_hand_mesh.read(whole, entry)
    mapped, bare = records.make(frame, deep_hand_mesh.ABOUT, 0).parts
    assert (mapped.depth.size > 0, bare.depth.size) == (True, 0)
    back = [
        (np.linalg.inv(part.camera_from_world) @ [*part.found, 1.0])[:3]
        for part in (mapped, bare)
    ]
    np.testing.assert_allclose(back[0], back[1], atol=1e-2)


def test_labels_that_one_view_lacks_are_not_valid_there(whole):
    (entry,) = deep_hand_mesh.index(whole, "train")
    record = records.make(deep_hand_mesh.read(whole, entry), deep_hand_mesh.ABOUT, 0)
    look = Look("image", views=3, labels=("joints", "depth", "mask"))
    held = batches.collate([batches.hold(record, look, np.random.default_rng(0))])
    views = batches.as_batch(held, deep_hand_mesh.ABOUT, look).views
    assert views.valid.tolist() == [[True, True, False]]
    assert views.depth_valid.tolist() == [[True, False, False]]
    assert views.mask_valid.tolist() == [[True, False, False]]
    assert views.mask[0, 0].any()
    assert not views.mask[0, 1].any()


def test_a_bad_depth_map_is_named(whole, spoiled):
    class Runs:
        def __reduce__(self):
            return print, ("run",)

    (entry,) = deep_hand_mesh.index(whole, "train")
    path = f"annotations/depthmaps/subject_4/000036/depthmap{COLOUR[0]}.pkl"
    for content, fault in (
        (Runs(), "print, which is refused"),
        (np.zeros(5), "wants any x any numbers; got 5"),
    ):
        spoiled(path, pickle.dumps(content, 4))
        (why,) = deep_hand_mesh.read(whole, entry).dropped
        assert fault in why


def test_cameras_must_be_complete(whole, spoiled, tmp_path):
    spoiled("annotations/KRT_512", krt().replace("1250.0", "wide", 1))
    with pytest.raises(DatasetError, match="camera's matrix wants 3 x 3 numbers"):
        deep_hand_mesh.index(whole, "train")
    with pytest.raises(DatasetError, match="no cameras at"):
        deep_hand_mesh.index(tmp_path, "train")
