"""What enters a store is checked, mirrored where it must be, and cut out."""

import io

import numpy as np
import pytest
from PIL import Image

from handjax.data.real import crops, examples, mirror, records
from handjax.data.real.frame import FrameError
from tests.data.real import toy

NAN = np.array([0.0, np.nan, 500.0], np.float32)
SKEWED = np.eye(4, dtype=np.float32) + np.float32(0.1)


ABOUT = toy.ABOUT._replace(vertices=5)


def make(**changes):
    return records.make(toy.frame(**changes), ABOUT, 4)


def one(**changes):
    return make(views=(toy.view(**changes),))


def test_a_record_survives_being_written():
    mask = toy.depth() < 600
    other = toy.view(image=np.full((48, 64, 3), 90, np.uint8), depth=None)
    record = make(
        views=(toy.view(mask=mask), other, toy.view()),
        vertices=np.ones((5, 3), np.float32),
        cube=180.0,
        subject=3,
    )
    back = examples.from_bytes(examples.to_bytes(record, examples.features()))
    assert back._replace(joints=0, valid=0, vertices=0, parts=()) == record._replace(
        joints=0, valid=0, vertices=0, parts=()
    )
    for ours, theirs in zip(back.parts, record.parts, strict=True):
        assert ours.image == theirs.image
        for field in ("camera", "depth", "mask", "image_camera", "hand", "found"):
            np.testing.assert_array_equal(getattr(ours, field), getattr(theirs, field))
    assert [bool(part.image) for part in back.parts] == [False, True, False]


def test_depth_is_kept_to_an_eighth_of_a_mm_and_only_near_the_hand():
    part = one().parts[0]
    z = part.depth[part.depth > 0] / records.PER_MM
    assert (z.min(), z.max() < 800) == (480.0, True)
    # The wall at 1500 mm is out of every crop, and the window fits the ball.
    assert part.depth.shape == (23, 23)
    focal, centre = part.camera
    np.testing.assert_array_equal(focal, toy.FOCAL)
    np.testing.assert_array_equal(centre, toy.CENTRE - [19, 9])


def test_a_left_hand_is_stored_as_its_mirror_image():
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :32] = 255
    rig = np.eye(4, dtype=np.float32)
    rig[:3, :3] = [[0.8, 0.0, 0.6], [0.0, 1.0, 0.0], [-0.6, 0.0, 0.8]]
    rig[:3, 3] = 10.0, 20.0, 30.0
    sides = toy.view(image=image), toy.view(camera_from_world=rig)
    left, right = make(views=sides, right=False), make(views=sides)
    assert (left.right, right.right) == (False, True)
    np.testing.assert_array_equal(left.joints, right.joints * [-1, 1, 1])
    for ours, theirs in zip(left.parts, right.parts, strict=True):
        np.testing.assert_array_equal(ours.depth, theirs.depth[:, ::-1])
        np.testing.assert_array_equal(ours.hand, theirs.hand * [-1, 1, 1])
        # Points of the mirrored world appear mirrored in the mirrored camera.
        p = (
            left.joints @ ours.camera_from_world[:3, :3].T
            + ours.camera_from_world[:3, 3]
        )
        q = right.joints @ theirs.camera_from_world[:3, :3].T
        q = q + theirs.camera_from_world[:3, 3]
        np.testing.assert_allclose(p, q * [-1, 1, 1], atol=1e-3)
        u = p[:, 0] / p[:, 2] * ours.camera[0, 0] + ours.camera[1, 0]
        v = q[:, 0] / q[:, 2] * theirs.camera[0, 0] + theirs.camera[1, 0]
        np.testing.assert_allclose(u, theirs.depth.shape[1] - 1 - v, atol=1e-3)
    picture = np.asarray(Image.open(io.BytesIO(left.parts[0].image)))
    assert picture[:, -5:].min() > 200
    assert picture[:, :5].max() < 50


def test_mirroring_twice_is_nothing():
    points = np.arange(24.0).reshape(2, 4, 3)
    right = np.array([True, False])
    twice = mirror.mirrored(mirror.mirrored(points, right), right)
    np.testing.assert_array_equal(twice, points)
    np.testing.assert_array_equal(mirror.mirrored(points, right)[0], points[0])


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"joints": np.zeros((20, 3)), "valid": np.ones(20, bool)}, r"\(21, 3\)"),
        ({"joints": np.full((21, 3), np.nan)}, "joints are not all finite"),
        ({"vertices": np.full((5, 3), np.inf)}, "vertices are not all finite"),
        ({"vertices": np.zeros((4, 3))}, "have 5 vertices; got 4"),
        ({"views": ()}, "no view"),
        ({"views": (toy.view(depth=None),)}, "neither depth nor colour"),
        ({"views": (toy.view(mask=np.ones((4, 4), bool)),)}, "different sizes"),
        ({"views": (toy.view(focal=-toy.FOCAL),)}, "focal length"),
        ({"views": (toy.view(centre=NAN[:2]),)}, "principal point"),
        ({"views": (toy.view(camera_from_world=SKEWED),)}, "not rigid"),
        ({"views": (toy.view(hand=NAN),)}, "centre of the hand"),
        ({"views": (toy.view(hand=np.array([900.0, 0.0, 500.0])),)}, "outside the pic"),
        ({"views": (toy.view(hand=np.array([0.0, 0.0, -500.0])),)}, "outside the pic"),
        ({"views": (toy.view(depth=np.zeros((48, 64))),)}, "no depth within the cube"),
        ({"views": (toy.view(depth=np.full((48, 64), np.nan)),)}, "no depth within"),
        (
            {
                "views": (toy.view(depth=np.zeros((48, 64)), hand=None),),
                "valid": np.zeros(21, bool),
            },
            "nothing says",
        ),
    ],
)
def test_what_can_t_be_used_is_refused_by_name(changes, answer):
    with pytest.raises(FrameError, match=rf"toy/0.*{answer}"):
        make(**changes)


def test_joints_that_nobody_knows_may_be_anything():
    valid = np.ones(21, bool)
    valid[3] = False
    joints = toy.frame().joints.copy()
    joints[3] = np.nan
    assert not make(joints=joints, valid=valid).joints[3].any()


def test_a_later_view_without_the_hand_is_left_out():
    away = toy.view(hand=np.array([900.0, 0.0, 500.0], np.float32))
    assert len(make(views=(toy.view(), away)).parts) == 1
    with pytest.raises(FrameError, match="outside the picture"):
        make(views=(away, toy.view()))


def test_a_hand_that_leaves_the_picture_in_part_is_kept():
    hand = np.array([-155.0, -10.0, 500.0], np.float32)
    depth = np.full((48, 64), 500.0, np.float32)
    part = one(hand=hand, depth=depth).parts[0]
    found = crops.crop_depth(part.depth, part.camera, hand, size=300.0)
    seen = np.flatnonzero((found < 150.0).any(axis=0))
    # What lies left of the picture was not seen; the rest fills the crop to its edge.
    assert 28 < seen[0] < 34
    assert seen[-1] == 63


def test_without_a_centre_the_joints_tell_it_and_without_joints_the_depth():
    image = np.zeros((48, 64, 3), np.uint8)
    for depth in (None, toy.depth()):
        known = one(hand=None, depth=depth, image=image).parts[0]
        np.testing.assert_allclose(known.hand, [5.0, 5.0, 500.0], atol=1e-3)
        assert np.isnan(known.found).any() == (depth is None)
    nobody = np.zeros(21, bool)
    shown = make(views=(toy.view(hand=None),), valid=nobody).parts[0]
    np.testing.assert_array_equal(shown.hand, shown.found)
    assert abs(shown.hand[2] - 490) < 10


def test_what_is_kept_holds_the_hand_though_another_thing_is_nearer():
    depth = toy.depth()
    depth[30:44, 2:14] = 300.0
    part = one(hand=None, depth=depth).parts[0]
    assert part.found[2] < 310
    z = part.depth / records.PER_MM
    assert (z == 300).any()
    assert ((z >= 480) & (z < 500)).sum() == (toy.depth() < 500).sum()


def test_a_frame_may_do_without_the_view_that_others_are_led_by():
    away = toy.view(hand=np.array([900.0, 0.0, 500.0], np.float32))
    frame = toy.frame(views=(away, toy.view()))
    assert len(records.make(frame, ABOUT._replace(leads=False), 0).parts) == 1
    with pytest.raises(FrameError, match="outside the picture"):
        records.make(frame._replace(views=(away,)), ABOUT._replace(leads=False), 0)
