"""Which rows and joints of a file count, and how it is read when nobody says."""

import json

import numpy as np
import pytest

from handjax.evaluation import metrics
from handjax.evaluation.entries import Entry, judge, read_labels, subset_of
from handjax.evaluation.matching import (
    Span,
    count_joints,
    narrow,
    rows_among,
    span_of_frames,
    span_of_labels,
    span_of_predictions,
)
from handjax.evaluation.predictions import FileError, from_camera, write
from handjax.evaluation.protocols import PROTOCOLS, Subset
from handjax.evaluation.save import save

NYU, ICVL, MSRA15 = (PROTOCOLS[name] for name in ("nyu", "icvl", "msra15"))
# A test set of 90 frames in two parts, of one camera.
SMALL = ICVL._replace(
    frames=90, subsets=(Subset("first", 0, 40), Subset("second", 40, 90))
)
RNG = np.random.default_rng(0)
TRUTH = np.cumsum(RNG.normal(0.0, 2.0, (90, 16, 3)), axis=0)
TRUTH += RNG.uniform(-60.0, 60.0, (16, 3)) + np.array([40.0, 50.0, 400.0])
FILE = TRUTH + RNG.normal(0.0, 3.0, TRUTH.shape)


@pytest.fixture
def known(tmp_path):
    write(tmp_path / "labels.txt", from_camera(TRUTH, "uvd", SMALL.camera))
    return read_labels([Entry(tmp_path / "labels.txt", "labels")], SMALL)


def entry(tmp_path, joints, name="ours.txt", format="uvd", **options):
    path = write(tmp_path / name, from_camera(joints, format, SMALL.camera))
    return Entry(path, "ours", **options)


def test_labels_are_the_test_set_or_a_part_of_it_by_their_number():
    assert span_of_labels(8252, NYU) == Span(0, 8252)
    assert span_of_labels(894, ICVL) == Span(702, 1596, name="sequence 2")
    assert span_of_labels(100, NYU) == Span(0, 100, known=False)
    # P1 and P8 have as many frames.
    assert not span_of_labels(8492, MSRA15).known
    assert span_of_labels(8492, MSRA15, "P8").name == "P8"


def test_the_first_frames_of_a_split_are_told_by_no_number():
    # Subject 2 has as many, and begins at 2440.
    first = span_of_frames(5812, NYU)
    assert first == Span(0, 5812)
    assert narrow(first, "subject 1", NYU).last == 2440
    with pytest.raises(FileError, match="not among the 5812 frames"):
        narrow(first, "subject 2", NYU)
    assert span_of_frames(9, MSRA15, "P1") == Span(8499, 8508, name="P1")
    assert span_of_frames(9, NYU, "test") == Span(0, 9)


def test_predictions_are_all_frames_or_one_part():
    labels = Span(0, 1596)
    assert span_of_predictions(1596, labels, ICVL) == labels
    assert span_of_predictions(702, labels, ICVL).name == "sequence 1"
    assert span_of_predictions(894, labels, ICVL).first == 702


@pytest.mark.parametrize(
    ("count", "labels", "protocol", "said"),
    [
        (1595, Span(0, 1596), ICVL, "1595 frames where the labels have 1596"),
        (1595, Span(0, 1596), ICVL, "sequence 1 has 702, sequence 2 has 894"),
        (1597, Span(0, 1596), ICVL, "a row lost at one end, or a heading"),
        (3 * 8252, Span(0, 8252), NYU, "three views"),
        (2 * 8252, Span(0, 8252), NYU, "2 times as many"),
        (72757, Span(0, 8252), NYU, "that is NYU's training set"),
        (700, Span(0, 8252), NYU, "of all frames, or of one subset"),
        (702, Span(702, 1596), ICVL, "702 frames where the labels have 894"),
        (8492, Span(0, 76375), MSRA15, "as have P1, P8: say which it is with --subset"),
    ],
)
def test_other_numbers_of_frames_are_refused_with_the_counts(
    count, labels, protocol, said
):
    with pytest.raises(FileError, match="frames") as refused:
        span_of_predictions(count, labels, protocol)
    assert said in str(refused.value)


def test_a_part_that_is_not_there_is_answered_with_those_that_are():
    assert narrow(Span(0, 8252), "subject 2", NYU) == Span(2440, 8252, name="subject 2")
    with pytest.raises(FileError, match="has: subject 1, subject 2, test"):
        narrow(Span(0, 8252), "subject 3", NYU)
    with pytest.raises(FileError, match="not among the 702 frames"):
        narrow(Span(0, 702, name="sequence 1"), "sequence 2", ICVL)


def test_a_whole_file_stands_beside_labels_that_were_cut():
    first, second = Span(0, 40), Span(2440, 8252, name="subject 2")
    assert rows_among(8252, first, Span(0, 8252), NYU) == slice(0, 40)
    assert rows_among(8252, second, Span(0, 8252), NYU) == slice(2440, 8252)
    assert rows_among(5812, Span(2440, 2500), second, NYU) == slice(0, 60)
    # Where a dataset may have any number of frames, others are of nobody knows which.
    tips = PROTOCOLS["dexter_object"]
    assert rows_among(300, Span(0, 100), Span(0, 100), tips) is None
    assert rows_among(300, Span(0, 100), Span(0, 300), tips) == slice(0, 100)
    assert rows_among(200, Span(0, 200, known=False), Span(0, 200), NYU) is None


@pytest.mark.parametrize(
    ("joints", "protocol", "said"),
    [
        (16, NYU, "has 16 joints a frame where 14 or 36 are wanted, F1_KNU3_A first"),
        (16, NYU, "that is icvl"),
        (14, ICVL, "that is nyu"),
        (1, NYU, "has 1 joint a frame where 14 or 36 are wanted"),
        (1, NYU, "are these centres?"),
        (12, NYU, "the wrist's two left out"),
        (778, ICVL, "has 778 joints"),
    ],
)
def test_other_numbers_of_joints_are_refused_with_a_guess(joints, protocol, said):
    with pytest.raises(FileError, match="wanted") as refused:
        count_joints(np.zeros((2, joints, 3)), protocol)
    assert said in str(refused.value)


def test_of_nyus_36_joints_14_count():
    numbers = np.arange(36.0)[None, :, None] * np.ones(3)
    assert count_joints(numbers, NYU)[0, :4, 0].tolist() == [0, 3, 6, 9]


def test_predictions_are_scored_beside_the_labels(known, tmp_path):
    found = judge(entry(tmp_path, FILE), known, SMALL, align="none")
    e = found.errors["icvl"]
    np.testing.assert_allclose(e, np.linalg.norm(FILE - TRUTH, axis=-1), atol=1e-2)
    assert found.notes == ("read with --format uvd",)


def test_a_part_alone_is_scored_on_its_rows_and_says_so(known, tmp_path):
    found = judge(entry(tmp_path, FILE[40:]), known, SMALL, align="none")
    assert found.span == Span(40, 90, name="second")
    assert "second alone, 50 of 90 frames" in found.notes
    whole = judge(entry(tmp_path, FILE), known, SMALL, align="none")
    np.testing.assert_array_equal(found.errors["icvl"], whole.errors["icvl"][40:])


def test_of_a_whole_file_the_part_is_taken_that_is_labelled(known, tmp_path):
    part = subset_of(known, "second", SMALL)
    found = judge(entry(tmp_path, FILE), part, SMALL, align="none")
    assert len(found.errors["icvl"]) == 50
    assert metrics.mean(found.errors["icvl"]) < 6.0


def test_labels_of_another_number_know_no_parts(tmp_path):
    write(tmp_path / "labels.txt", from_camera(TRUTH[:33], "uvd", SMALL.camera))
    known = read_labels([Entry(tmp_path / "labels.txt", "x")], SMALL)
    found = judge(entry(tmp_path, FILE[:33]), known, SMALL, align="none")
    assert any("no sequences told apart; --subset" in note for note in found.notes)


def test_a_certain_mistake_ends_it_unless_it_is_wanted(known, tmp_path):
    wrong = entry(tmp_path, FILE, format="xyz")
    with pytest.raises(FileError, match=r"ours.txt holds xyz, not uvd.*--format xyz"):
        judge(wrong, known, SMALL, align="none")
    found = judge(wrong, known, SMALL, align="none", checked=False)
    assert metrics.mean(found.errors["icvl"]) > 100.0
    assert found.notes[-1].startswith("warning: ours holds xyz, not uvd")
    right = entry(tmp_path, FILE, format="xyz")._replace(format="xyz")
    assert metrics.mean(judge(right, known, SMALL, align="none").errors["icvl"]) < 6.0


def test_an_order_must_name_every_joint_once(known, tmp_path):
    wrong = entry(tmp_path, FILE, order=(0, 0, 1))
    with pytest.raises(FileError, match="each of 0 to 15 once; got 0,0,1"):
        judge(wrong, known, SMALL, align="none")


def test_joints_without_a_label_are_counted_out_loud(known, tmp_path):
    valid = known.valid.copy()
    valid[3, 5] = valid[8, 1] = False
    labels = known._replace(valid=valid)
    found = judge(entry(tmp_path, FILE), labels, SMALL, align="none")
    assert np.isnan(found.errors["icvl"][3, 5])
    assert "2 joints without a label count nowhere" in found.notes


@pytest.mark.parametrize("name", ["freihand", "ho3d"])
def test_a_challenges_own_file_is_written_and_read_in_its_units_and_axes(
    tmp_path, name
):
    protocol = PROTOCOLS[name]
    truth = RNG.normal(0.0, 40.0, (4, 21, 3)) + np.array([20.0, -10.0, 600.0])
    known = subset_of(
        read_labels([Entry(write(tmp_path / "labels.npy", truth), "x")], protocol),
        None,
        protocol,
    )
    zipped = save(tmp_path / "pred.zip", truth + 1.0, protocol)
    path = save(tmp_path / "pred.json", truth + 1.0, protocol)
    joints, vertices = json.loads(path.read_text())
    sign = -1.0 if name == "ho3d" else 1.0
    wanted = (truth[0, 0] + 1.0) / 1000 * [1.0, sign, sign]
    np.testing.assert_allclose(joints[0][0], wanted, atol=1e-6)
    assert len(vertices[0]) == 778
    for written in (path, zipped):
        found = judge(Entry(written, "ours"), known, protocol, align="none")
        assert metrics.mean(found.errors[name]) == pytest.approx(3**0.5, abs=1e-3)


def test_uvd_can_not_be_saved_without_one_camera(tmp_path):
    with pytest.raises(FileError, match=r"--save-format uvd wants one camera"):
        save(tmp_path / "x.txt", np.ones((1, 21, 3)), PROTOCOLS["rhd"], "uvd")


def test_labels_that_know_no_joint_of_the_frames_are_refused(known, tmp_path):
    nothing = known._replace(valid=np.zeros_like(known.valid))
    with pytest.raises(FileError, match=r"labels.txt labels no joint .* 90 frames"):
        judge(entry(tmp_path, FILE), nothing, SMALL, align="none")
    rootless = known._replace(valid=known.valid.copy())
    rootless.valid[:, SMALL.root] = False
    with pytest.raises(FileError, match="--align root can measure"):
        judge(entry(tmp_path, FILE), rootless, SMALL, align="root")
    assert judge(entry(tmp_path, FILE), rootless, SMALL, align="none").notes


def test_a_shift_of_all_frames_is_refused(known, tmp_path):
    for shift in (90, -90):
        with pytest.raises(FileError, match=f"fewer than its 90 frames; got {shift}"):
            judge(entry(tmp_path, FILE, shift=shift), known, SMALL, align="none")


def test_frames_in_another_order_are_warned_of(known, tmp_path):
    rows = from_camera(FILE, "uvd", SMALL.camera).reshape(90, -1)
    lines = [f"{89 - k}.png " + " ".join(map(str, row)) for k, row in enumerate(rows)]
    (tmp_path / "named.txt").write_text("\n".join(lines))
    wrong = Entry(tmp_path / "named.txt", "ours")
    note = judge(wrong, known, SMALL, align="none").notes[-1]
    assert note.startswith("warning: ours names its frames in another order")
