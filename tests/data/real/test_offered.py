"""What some frames lack is not valid there; what none has is refused by name."""

import numpy as np
import pytest

from handjax.data.real import batches, names, offered, records
from handjax.data.real.frame import DatasetError
from handjax.data.real.looks import CENTERS, LABELS, Look
from tests.data.real import toy

ABOUT = toy.ABOUT._replace(labels=("depth", "mask"), vertices=5)
IMAGE = np.full((48, 64, 3), 90, np.uint8)
HAND = toy.depth() < 600
SURFACE = np.ones((5, 3), np.float32)
STILL = np.random.default_rng(0)


def record(number=0, *, views=None, **changes):
    views = (toy.view(image=IMAGE, mask=HAND),) if views is None else views
    frame = toy.frame(number, views=views, **changes)
    return records.make(frame, ABOUT, number)


WHOLE = record(0, vertices=SURFACE)
BARE = record(1, views=(toy.view(image=IMAGE, depth=None),))
BLIND = record(2, views=(toy.view(),))


def drawn(records, **changes):
    """A batch of records as a config shows them."""
    look = Look("image", labels=LABELS, center="gt", vertices=5, joints="freihand")
    look = look._replace(**changes)
    held = batches.collate([batches.hold(one, look, STILL) for one in records])
    return batches.as_batch(held, ABOUT, look)


@pytest.mark.parametrize("first", [0, 1])
def test_a_batch_may_mix_frames_that_have_a_label_and_frames_that_lack_it(first):
    batch = drawn([WHOLE, BARE][:: 1 - 2 * first])
    views, other = batch.views, 1 - first
    assert views.valid.all()
    for valid in (views.depth_valid, views.mask_valid):
        assert valid[:, 0].tolist() == [not first, bool(first)]
    assert batch.labels.vertices_valid.tolist() == [not first, bool(first)]
    np.testing.assert_array_equal(batch.labels.vertices[first], SURFACE)
    assert not batch.labels.vertices[other].any()
    assert views.mask[first, 0].any()
    assert not views.mask[other, 0].any()
    # Without depth every pixel is as far as those without a hand.
    assert np.ptp(np.asarray(views.depth[other, 0])) == 0


def test_one_view_of_a_frame_may_lack_what_another_has():
    both = toy.view(image=IMAGE, mask=HAND), toy.view(image=IMAGE, depth=None)
    views = drawn([record(views=both)], views=3).views
    assert views.valid.tolist() == [[True, True, False]]
    assert views.depth_valid.tolist() == [[True, False, False]]
    assert views.mask_valid.tolist() == [[True, False, False]]
    assert views.image[0, 1].any()


def test_a_frame_without_a_picture_to_show_is_not_valid_and_spoils_no_batch():
    views = drawn([WHOLE, BLIND]).views
    assert views.valid.tolist() == [[True], [False]]
    assert not views.image[1].any()
    deep = drawn([BARE, BLIND], sees="depth", views=2).views
    assert deep.valid.tolist() == [[False, False], [True, False]]
    assert deep.depth.shape == (2, 2, 64, 64)
    assert not deep.mask[0].any()


@pytest.mark.parametrize("sees", ["image", "depth"])
@pytest.mark.parametrize("center", CENTERS)
@pytest.mark.parametrize("named", [(), *((label,) for label in LABELS), LABELS])
def test_what_is_held_depends_on_the_config_and_not_on_the_frame(sees, center, named):
    look = Look(sees, 2, labels=named, center=center, vertices=5, joints="freihand")
    shapes = [
        {k: (np.shape(v), np.asarray(v).dtype) for k, v in held.items()}
        for held in (batches.hold(one, look, STILL) for one in (WHOLE, BARE, BLIND))
    ]
    assert shapes[0] == shapes[1] == shapes[2]
    held = shapes[0].keys() & {"joints", "vertices", "mask", "keypoints2d", "scale"}
    assert held <= set(named)


def test_a_view_whose_crop_nothing_places_is_not_valid():
    batch = drawn([WHOLE, BARE], center="depth")
    assert batch.views.valid.tolist() == [[True], [False]]


def test_the_true_centre_is_the_centroid_of_the_joints():
    valid = np.arange(21) < 4
    some, wrist = record(valid=valid), record(valid=np.arange(21) < 1)
    wanted = toy.frame().joints[:4].mean(axis=0)
    views = drawn([WHOLE, some, wrist]).views
    look = Look("image", center="gt")
    centres = [batches.hold(x, look, STILL)["centre"][0] for x in (some, wrist)]
    np.testing.assert_allclose(centres[0], wanted, rtol=1e-6)
    # Of a test set that tells the wrist alone: the centre that it gives.
    np.testing.assert_array_equal(centres[1], toy.view().hand)
    assert views.valid.all()


def test_labels_that_no_frame_can_have_are_refused_by_name():
    rhd, nyu, tips = (
        names.reader(name).ABOUT for name in ("rhd", "nyu", "dexter_object")
    )
    all_but_surfaces = tuple(label for label in LABELS if label != "vertices")
    offered.require_declared(rhd, Look("image", labels=all_but_surfaces))
    offered.require_declared(nyu, Look("depth", labels=("joints", "depth", "mask")))
    for about, look, answer in (
        (rhd, Look("image", labels=("vertices",)), "no frame of rhd has 'vertices'"),
        (nyu, Look("depth", labels=("scale",)), "no frame of nyu has 'scale'; its d"),
        (tips, Look("image", labels=("scale",)), "no frame of dexter_object has 'sc"),
        (nyu, Look("image", labels=("mask",)), "no frame of nyu has 'mask'.*joints"),
        (nyu, Look("depth", labels=("vertices",)), "its depth may come with joints, d"),
    ):
        with pytest.raises(DatasetError, match=answer):
            offered.require_declared(about, look)


def test_every_dataset_declares_labels_that_there_are():
    for name in names.MODULES:
        about = names.reader(name).ABOUT
        assert set(about.labels) <= {"depth", "mask"}
        assert about.vertices in (0, 778)
        assert set(about.usual) <= about.frames.keys()


@pytest.mark.parametrize(
    ("splits", "look", "answer"),
    [
        ([[BARE, BARE]], Look("image", labels=("mask",), center="gt"), "'mask', which"),
        ([[BARE]], Look("image", labels=("vertices",), center="gt"), "as toy/1; leave"),
        ([[WHOLE], [BARE]], Look("depth"), "toy/1 has no depth; real.sees"),
        ([[BLIND]], Look("image"), "toy/2 has no colour"),
        ([[BARE]], Look("image"), "center 'depth' wants depth.*toy/1 has none; 'gt'"),
    ],
)
def test_what_none_of_the_frames_has_is_refused_first(splits, look, answer):
    with pytest.raises(DatasetError, match=answer):
        offered.require_there(splits, look)


def test_what_some_of_the_frames_have_is_not_refused():
    look = Look("image", labels=LABELS, center="gt", vertices=5)
    offered.require_there([[BARE], [BARE, WHOLE]], look)
    offered.require_there([[BARE, WHOLE]], look._replace(center="depth"))
