"""Public files, rewritten as others write theirs, have the errors that they had."""

import json

import numpy as np
import pytest

from handjax.evaluation import metrics
from handjax.evaluation.entries import Entry, judge, read_labels
from handjax.evaluation.matching import Span
from handjax.evaluation.predictions import FileError
from handjax.evaluation.protocols import PROTOCOLS
from tests.evaluation.test_published import REAL, needs_real

ICVL, NYU = PROTOCOLS["icvl"], PROTOCOLS["nyu"]
FILE = REAL / "icvl" / "NEUCOM18_ICVL_Pose_REN.txt"
LABELS = REAL / "icvl" / "icvl_test_groundtruth_label.txt"


@pytest.fixture(scope="module")
def rows():
    """The rows of a public file, each a list of words."""
    return [line.split() for line in FILE.read_text().splitlines()]


@pytest.fixture(scope="module")
def icvl():
    return read_labels([Entry(LABELS, "labels")], ICVL)


def lines(rows, *, between=" ", before="", after="", end="\n"):
    text = end.join(before.format(k) + between.join(r) + after for k, r in rows)
    return text + end


def names():
    return (REAL / "icvl" / "icvl_test_list.txt").read_text().split()


def points(rows):
    return np.array(rows, float).reshape(len(rows), -1, 3)


VARIANTS = {
    "blanks at the end": lambda r: lines(r, after="   "),
    "tabs": lambda r: lines(r, between="\t", after="\t"),
    "two blanks": lambda r: lines(r, between="  ", before="  "),
    "CRLF": lambda r: lines(r, end="\r\n"),
    "old Mac": lambda r: lines(r, end="\r"),
    "commas": lambda r: lines(r, between=","),
    "commas and blanks": lambda r: lines(r, between=", ", after=","),
    "decimal commas": lambda r: lines(r, between=";").replace(".", ","),
    "no last end": lambda r: lines(r).rstrip("\n"),
    "blank lines": lambda r: "\n\n" + lines(r, end="\n\n") + "\n \n",
    "a heading": lambda r: " ".join("uvd" * 16) + "\n" + lines(r),
    "a comment": lambda r: "# ours, epoch 12\n" + lines(r),
    "a count": lambda r: f"{len(r)}\n" + lines(r),
    "pictures before": lambda r: lines(r, before="image_{:04}.png "),
    "numbers before": lambda r: lines(r, before="{} "),
    "a mark": lambda r: "\ufeff" + lines(r),
    "exponents": lambda r: lines([(k, [f"{float(x):.8e}" for x in w]) for k, w in r]),
    "pictures after": lambda r: lines([(k, [*w, f"a/{k}.png"]) for k, w in r]),
    "a joint a row": lambda r: lines(
        [(k, w[i : i + 3]) for k, w in r for i in range(0, len(w), 3)]
    ),
    "coordinates in turn": lambda r: lines(
        [(k, w[0::3] + w[1::3] + w[2::3]) for k, w in r]
    ),
    "JSON": lambda r: json.dumps(points([w for _, w in r]).tolist()),
    "JSON lines": lambda r: "\n".join(
        json.dumps({"id": k, "joints": list(map(float, w))}) for k, w in r
    ),
}


@needs_real
@pytest.mark.parametrize("name", VARIANTS)
def test_a_public_file_is_read_as_ever_however_it_is_written(
    rows, icvl, tmp_path, name
):
    text = VARIANTS[name](list(enumerate(rows)))
    (tmp_path / "x").write_bytes(text.encode())
    found = judge(Entry(tmp_path / "x", "x"), icvl, ICVL, align="none")
    assert metrics.mean(found.errors["icvl"]) == pytest.approx(6.791232480382812, 1e-12)
    assert found.notes == ("read with --format uvd",)


@needs_real
def test_either_sequence_alone_has_the_errors_of_its_rows(rows, icvl, tmp_path):
    whole = judge(Entry(FILE, "x"), icvl, ICVL, align="none").errors["icvl"]
    for part in (slice(0, 702), slice(702, 1596)):
        (tmp_path / "x").write_text(lines(list(enumerate(rows))[part]))
        found = judge(Entry(tmp_path / "x", "x"), icvl, ICVL, align="none")
        np.testing.assert_array_equal(found.errors["icvl"], whole[part])


@needs_real
def test_rows_in_another_order_are_told_by_the_pictures_names(rows, tmp_path):
    raw = [(REAL / "icvl" / f"test_seq_{k}.txt").read_text() for k in (1, 2)]
    (tmp_path / "labels.txt").write_text("".join(raw))
    known = read_labels([Entry(tmp_path / "labels.txt", "labels")], ICVL)
    mixed = np.random.default_rng(0).permutation(1596)
    some = [(k, [names()[k], *rows[k]]) for k in mixed]
    (tmp_path / "x").write_text(lines(some))
    found = judge(Entry(tmp_path / "x", "x"), known, ICVL, align="none")
    assert metrics.mean(found.errors["icvl"]) == pytest.approx(6.791232480382812, 1e-9)


@needs_real
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r[1:], "has 1595 frames where the labels have 1596"),
        (lambda r: [*r, r[-1]], "has 1597 frames .* is a row lost at one end, or a"),
        (lambda r: [*r[:9], r[9][:-1], *r[10:]], "line 10 has 47 numbers where others"),
        (lambda r: [*r[:9], ["nan", *r[9][1:]], *r[10:]], "not finite in frames 10"),
        (lambda r: [w[:42] for w in r], "has 14 joints a frame where 16 are wanted"),
        (lambda r: [w[3:] + w[:3] for w in r], "has 16 joints in another order"),
    ],
)
def test_what_is_wrong_with_a_public_file_is_said(rows, icvl, tmp_path, change, said):
    (tmp_path / "x").write_text(lines(list(enumerate(change(rows)))))
    with pytest.raises(FileError, match=said):
        judge(Entry(tmp_path / "x", "x"), icvl, ICVL, align="none")


@needs_real
def test_of_36_joints_of_a_public_file_14_are_read(tmp_path):
    labels = REAL / "nyu" / "nyu_test_groundtruth_label.txt"
    known = read_labels([Entry(labels, "labels")], NYU)
    some = np.arange(0, 8252, 20)
    truth = np.loadtxt(REAL / "nyu" / "CVPR17_NYU_3DCNN.txt")[some].reshape(-1, 14, 3)
    every = np.repeat(truth[:, -1:], 36, axis=1)
    every[:, list(NYU.choices[36])] = truth
    np.save(tmp_path / "x.npy", every)
    part = known._replace(joints=known.joints[some], valid=known.valid[some])
    part = part._replace(span=Span(0, len(some), known=False))
    found = judge(Entry(tmp_path / "x.npy", "x"), part, NYU, align="none")
    assert metrics.mean(found.errors["nyu14"]) == pytest.approx(14.1, abs=0.5)


@needs_real
@pytest.mark.parametrize("align", ["root", "scale", "procrustes"])
def test_no_public_file_raises_an_alarm_however_it_is_aligned(icvl, align):
    files = [f for f in REAL.glob("icvl/*.txt") if "_test_" not in f"_{f.name}"]
    assert len(files) == 6
    for file in sorted(files)[::3]:
        found = judge(Entry(file, "x"), icvl, ICVL, align=align)
        assert not [note for note in found.notes if note.startswith("warning")]
