"""Rows are told by their names, whatever their order and however they are called."""

import json

import numpy as np
import pytest

from handjax.evaluation import metrics
from handjax.evaluation.entries import Entry, judge, read_labels, subset_of
from handjax.evaluation.frame_names import missing, rows_of
from handjax.evaluation.predictions import FileError, from_camera
from handjax.evaluation.protocols import PROTOCOLS, Subset

ICVL = PROTOCOLS["icvl"]
SMALL = ICVL._replace(
    frames=60, subsets=(Subset("first", 0, 25), Subset("second", 25, 60))
)
RNG = np.random.default_rng(0)
TRUTH = np.cumsum(RNG.normal(0.0, 2.0, (60, 16, 3)), axis=0)
TRUTH += RNG.uniform(-60.0, 60.0, (16, 3)) + np.array([40.0, 50.0, 400.0])
FILE = TRUTH + RNG.normal(0.0, 3.0, TRUTH.shape)
NAMES = [f"seq_1/image_{k:04}.png" for k in range(25)]
NAMES += [f"seq_2/image_{k:04}.png" for k in range(35)]
MIXED = RNG.permutation(60)


@pytest.mark.parametrize(
    "names",
    [
        ["a/3.png", "a/1.png", "a/2.png"],
        ["a\\3.jpg", "a\\1.jpg", "a\\2.jpg"],
        ["3", "1", "2"],
        ["frame 0003", "frame 0001", "frame 0002"],
    ],
)
def test_names_agree_without_endings_folders_and_letters(names):
    wanted = ["a/1.png", "a/2.png", "a/3.png"]
    assert rows_of(names, wanted).tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ((), ("1",)),
        (("1", "2"), ()),
        # Counted from 0 and from 1: by number only one would agree.
        (("0", "1", "2"), ("1.png", "2.png", "3.png")),
        (("1", "2", "3"), ("a/1", "b/1", "a/2")),
        (("1", "1"), ("1", "2")),
        (("x", "y"), ("p", "q")),
    ],
)
def test_names_that_tell_no_rows_leave_their_order(names, wanted):
    assert rows_of(names, wanted) is None


def test_more_frames_than_are_wanted_are_found_by_their_names_alone():
    assert rows_of(("b", "c", "a"), ("a", "b")).tolist() == [2, 0]
    assert rows_of(("2", "3", "1"), ("x1", "x2")) is None


def test_frames_that_are_lost_are_named():
    assert missing(("a", "c"), ("a", "b", "c")) == "; by its names it lacks b"
    said = missing(("a",), tuple("abcdef"))
    assert said == "; by its names it lacks b, c, d and 2 more"
    assert missing(("a", "x"), ("a", "b", "c")) == ""


def named(path, names, joints):
    rows = from_camera(joints, "uvd", SMALL.camera).reshape(len(joints), -1)
    lines = [
        f"{name} {' '.join(map(str, row))}"
        for name, row in zip(names, rows, strict=True)
    ]
    path.write_text("\n".join(lines))
    return Entry(path, "ours")


@pytest.fixture
def known(tmp_path):
    return read_labels([named(tmp_path / "labels.txt", NAMES, TRUTH)], SMALL)


def mean(entry, known):
    found = judge(entry, known, SMALL, align="none")
    return metrics.mean(found.errors["icvl"]), found.notes


@pytest.fixture
def wanted(known, tmp_path):
    return mean(named(tmp_path / "ours.txt", NAMES, FILE), known)[0]


def test_rows_in_any_order_are_put_in_that_of_the_labels(known, wanted, tmp_path):
    mixed = named(tmp_path / "x", [NAMES[k] for k in MIXED], FILE[MIXED])
    found, notes = mean(mixed, known)
    assert found == pytest.approx(wanted, abs=1e-12)
    assert "rows put in the labels' order by their names" in notes
    assert not [note for note in notes if note.startswith("warning")]


def test_json_by_name_is_put_in_the_labels_order(known, wanted, tmp_path):
    uvd = from_camera(FILE, "uvd", SMALL.camera)
    nest = {"seq_2": {}, "seq_1": {}}
    for k in MIXED:
        part, name = NAMES[k].split("/")
        nest[part][name] = uvd[k].tolist()
    (tmp_path / "x.json").write_text(json.dumps(nest))
    found = mean(Entry(tmp_path / "x.json", "ours"), known)[0]
    assert found == pytest.approx(wanted, abs=1e-12)


def test_names_of_a_part_are_told_beside_all_labels_and_of_all_beside_a_part(
    known, tmp_path
):
    part, order = subset_of(known, "second", SMALL), 25 + RNG.permutation(35)
    rows = named(tmp_path / "x", [NAMES[k] for k in order], FILE[order])
    mixed = named(tmp_path / "y", [NAMES[k] for k in MIXED], FILE[MIXED])
    e = np.linalg.norm(FILE - TRUTH, axis=-1)[25:].mean()
    for entry, labels in ((rows, known), (rows, part), (mixed, part)):
        assert mean(entry, labels)[0] == pytest.approx(e, abs=1e-3)


def test_a_frame_that_is_lost_is_named_in_the_refusal(known, tmp_path):
    lost = named(tmp_path / "x", NAMES[1:], FILE[1:])
    with pytest.raises(FileError, match=r"59 frames .* lacks seq_1/image_0000.png"):
        mean(lost, known)
