"""Results of others, recomputed: the figures that they published, to 0.001 mm."""

from pathlib import Path

import numpy as np
import pytest

from handjax.evaluation import metrics
from handjax.evaluation.entries import Entry, judge, read_labels
from handjax.evaluation.protocols import PROTOCOLS
from handjax.evaluation.published import PUBLISHED, ranked
from handjax.evaluation.report import of_method

REAL = Path(__file__).parents[2].parent / "shared" / "real"
needs_real = pytest.mark.skipif(
    not (REAL / "nyu").is_dir(),
    reason=f"public predictions are not at {REAL}, which is not part of handjax",
)
# File, mean error in mm, and what it is called where it is published.
NYU = {
    "nyu_861_epoch32_UVD": (8.610, None),
    "NEUCOM18_NYU_Pose_REN": (11.811, "Pose-REN"),
    "ICIP17_NYU_REN_4x6x6": (13.393, "REN-4x6x6"),
    "CVPR17_NYU_3DCNN": (14.113, "3DCNN"),
    "IJCAI16_NYU_DeepModel": (17.036, "DeepModel"),
    "CVWW15_NYU_Prior": (20.750, "DeepPrior"),
}
ICVL = {
    "icvl_646_epoch12_UVD": (6.461, None),
    "NEUCOM18_ICVL_Pose_REN": (6.791, "Pose-REN"),
    "ICIP17_ICVL_REN_4x6x6": (7.628, "REN-4x6x6"),
    "IJCAI16_ICVL_DeepModel": (11.561, "DeepModel"),
    "CVPR14_LRF_Results": (12.578, "LRF"),
    "CVWW15_ICVL_Prior": (10.427, None),
}
FILES = [("nyu", k, *v) for k, v in NYU.items()]
FILES += [("icvl", k, *v) for k, v in ICVL.items()]


@pytest.fixture(scope="module")
def labels():
    """The labels of both datasets."""
    return {
        name: read_labels(
            [Entry(REAL / name / f"{name}_test_groundtruth_label.txt", "labels")],
            PROTOCOLS[name],
        )
        for name in ("nyu", "icvl")
    }


def score(labels, dataset, file):
    entry = Entry(REAL / dataset / f"{file}.txt", file)
    return judge(entry, labels[dataset], PROTOCOLS[dataset], align="none")


@needs_real
@pytest.mark.parametrize(("dataset", "file", "mean", "name"), FILES)
def test_a_published_mean_comes_out_to_a_micrometre(labels, dataset, file, mean, name):
    found = score(labels, dataset, file)
    e = next(iter(found.errors.values()))
    assert metrics.mean(e) == pytest.approx(mean, abs=5e-4)
    # Nothing of what was published looks mistaken.
    assert not [note for note in found.notes if note.startswith("warning")]
    if name is not None:
        means = {one.name: one.mean_mm for one in PUBLISHED[dataset]}
        assert means[name] == mean


@needs_real
def test_pose_ren_on_nyu_has_the_shares_and_subjects_that_are_known(labels):
    found = score(labels, "nyu", "NEUCOM18_NYU_Pose_REN")
    figures = of_method(found, {}, PROTOCOLS["nyu"])
    shares = [100 * figures["success"][t] for t in ("20", "30", "40")]
    assert np.round(shares, 2).tolist() == [48.69, 69.30, 79.77]
    means = [part["mean_mm"] for part in figures["subjects"].values()]
    assert np.round(means, 3).tolist() == [5.339, 14.528]
    assert [part["frames"] for part in figures["subjects"].values()] == [2440, 5812]


@needs_real
def test_one_sequence_of_icvl_is_scored_as_that_sequence(labels):
    found = score(labels, "icvl", "CVWW15_ICVL_Prior")
    assert (found.span.name, len(found.span)) == ("sequence 1", 702)
    assert "sequence 1 alone, 702 of 1596 frames" in found.notes
    figures = of_method(found, {}, PROTOCOLS["icvl"])
    assert figures["sequences"].keys() == {"sequence 1"}


@needs_real
def test_labels_with_pictures_names_and_odd_line_ends_are_the_same_labels(labels):
    halves = [
        read_labels(
            [Entry(REAL / "icvl" / f"test_seq_{k}.txt", "x")], PROTOCOLS["icvl"]
        )
        for k in (1, 2)
    ]
    assert [half.span.name for half in halves] == ["sequence 1", "sequence 2"]
    assert halves[1].names[0] == "test_seq_2/image_0000.png"
    joints = np.concatenate([half.joints for half in halves])
    np.testing.assert_array_equal(joints, labels["icvl"].joints)


@needs_real
def test_stb_labels_lose_their_palm_to_the_wrist():
    path = REAL / "stb" / "B1Counting_BB.mat"
    found = read_labels(
        [Entry(path, "labels", palm=True)], PROTOCOLS["stb"], "B1Counting"
    )
    assert found.joints.shape == (1500, 21, 3)
    assert found.span.name == "B1Counting"
    # From wrist to middle knuckle is about a hand's breadth.
    lengths = np.linalg.norm(found.joints[:, 9] - found.joints[:, 0], axis=-1)
    assert 70 < np.median(lengths) < 100


def test_what_is_published_is_ranked_and_has_a_source():
    for dataset in PUBLISHED:
        means = [one.mean_mm for one in ranked(dataset)]
        assert means == sorted(means)
        assert all(one.source for one in ranked(dataset))
        names = [one.name for one in ranked(dataset)]
        assert len(set(names)) == len(names)
    assert ranked("stb") == []
