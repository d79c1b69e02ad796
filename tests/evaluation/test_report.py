"""The table, the files and the figures say what the errors say."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from handjax.evaluation import figures, report, summary, tables
from handjax.evaluation.comparisons import compared
from handjax.evaluation.known import Known
from handjax.evaluation.matching import Span
from handjax.evaluation.protocols import ALIGNED, JOINT_SETS, PROTOCOLS, Subset
from handjax.evaluation.score import score

PROTOCOL = PROTOCOLS["synthetic"]
# A test set of 300 frames in two parts.
ICVL = PROTOCOLS["icvl"]._replace(
    frames=300, subsets=(Subset("easy", 0, 200, 250.0), Subset("hard", 200, 300))
)
RNG = np.random.default_rng(0)
TRUTH = RNG.normal(0.0, 40.0, (300, 16, 3)) + np.array([0.0, 0.0, 400.0])
VALID = np.ones((300, 16), bool)


def even(joint_set, *frames):
    """Errors equal over the joints of each frame."""
    return np.repeat(np.array(frames)[:, None], len(JOINT_SETS[joint_set].names), 1)


@pytest.fixture
def errors():
    return {
        "nyu14": even("nyu14", 10.0, 25.0),
        "centres41": even("centres41", 1.0, 3.0),
    }


@pytest.fixture
def constant():
    spheres = even("centres41", 50.0, 52.0)
    return {"nyu14": even("nyu14", 60.0, 70.0), "centres41": spheres}


def method(name, noise, first=0, last=300):
    """A method that errs by so much, twice as much in the hard part."""
    sigma = np.where(np.arange(300) < 200, noise, 2 * noise)[:, None, None]
    predicted = TRUTH + np.random.default_rng(7).normal(0.0, 1.0, TRUTH.shape) * sigma
    rows, part = slice(first, last), "" if last - first == 300 else "easy"
    span = Span(first, last, name=part)
    arrays = predicted[rows], TRUTH[rows], VALID[rows]
    return score(name, span, *arrays, ICVL, align="none", notes=("as it is",))


def test_the_headline_stands_at_the_top_and_among_the_sets(errors, constant):
    found = report.results(errors, constant, PROTOCOL)
    assert found["joint_set"] == "nyu14"
    assert found["mean_mm"] == found["sets"]["nyu14"]["mean_mm"] == 17.5
    assert found["sets"]["centres41"]["tips_mean_mm"] == 2.0
    assert found["constant"]["nyu14"]["mean_mm"] == 65.0


def test_success_is_told_for_every_millimetre_to_80(errors, constant):
    found = report.results(errors, constant, PROTOCOL)
    assert list(found["success"]) == [str(mm) for mm in range(81)]
    shares = [found["success"][mm] for mm in ("10", "11", "25", "26", "80")]
    assert shares == [0.0, 0.5, 0.5, 1.0, 1.0]
    assert found["joints_under"] == {"20": 0.5, "30": 1.0, "40": 1.0}
    # From 25 mm on all joints are under the threshold, before that half of them.
    assert found["auc_20_50"] == pytest.approx(0.5 + 0.5 * 25 / 30, abs=0.01)
    assert found["auc_0_50"] == pytest.approx((0.5 * 15 + 25) / 50, abs=0.01)


def test_few_frames_have_no_interval():
    e = even("nyu14", 1.0, 2.0)
    assert np.isnan(report.summarise(e, "nyu14", PROTOCOL)["interval_95"]).all()
    e = even("nyu14", *RNG.normal(20.0, 5.0, 400))
    low, high = report.summarise(e, "nyu14", PROTOCOL)["interval_95"]
    assert high - low == pytest.approx(4 * 5.0 / 20, rel=0.3)


def test_the_table_of_sets_names_every_set_and_joint(errors, constant):
    found = report.results(errors, constant, PROTOCOL)
    lines = tables.of_sets(found, PROTOCOL).splitlines()
    first = next(line for line in lines if line.startswith("nyu14 "))
    shares = ("50.00%", *["100.00%"] * 2)
    assert first.split() == ["nyu14", "17.50", "17.50", "17.50", *shares]
    assert all(any(line.startswith(j) for line in lines) for j in found["joints"])
    assert "2 frames" in lines[-2]


def test_results_survive_the_file_and_what_is_unknown_becomes_null(
    errors, constant, tmp_path
):
    found = report.results(errors, constant, PROTOCOL)
    stored = json.loads(report.write_json(tmp_path, found).read_text())
    assert stored["mean_mm"] == 17.5
    assert stored["interval_95"] == [None, None]
    assert stored["per_joint_mm"] == found["per_joint_mm"]


def test_the_figure_is_a_picture(errors, constant, tmp_path):
    path = figures.write_figure(tmp_path, errors, constant, PROTOCOL)
    with Image.open(path) as picture:
        assert picture.width > 1000


def test_parts_are_told_apart_with_their_own_figures():
    found = report.of_method(method("ours", 5.0), {}, ICVL)
    easy, hard = found["sequences"].values()
    assert hard["mean_mm"] == pytest.approx(2 * easy["mean_mm"], rel=0.05)
    assert (easy["frames"], hard["frames"]) == (200, 100)
    assert (easy["cube_mm"], hard["cube_mm"]) == (250.0, None)
    assert found["frames"] == 300
    assert found["aligned_mm"].keys() == ALIGNED.keys() - {"rigid"}
    low, high = found["intervals_95"]["success_20"]
    assert 0.0 <= low <= found["success"]["20"] <= high <= 1.0


def test_a_difference_is_told_with_whether_it_is_sure():
    pairs = [method("ours", 5.0), method("theirs", 6.0), method("twin", 5.0)]
    sure, none, other = compared(pairs, ICVL)
    assert (sure.significant, none.significant, other.significant) == (1, 0, 1)
    text = str(sure)
    assert text.startswith("ours errs 2")
    family = "(98.33 % interval, Bonferroni for 3 pairs)"
    assert text.endswith(f"on 300 frames: significant {family}")
    assert str(none).endswith(f"not significant {family}")
    assert str(other).startswith("twin errs")
    low, high = map(float, text.split("[")[1].split("]")[0].split(", "))
    assert 0.0 < low < -sure.difference.mean < high


def test_where_joints_are_unlabelled_means_lie_inside_of_their_intervals():
    unlabelled, errors = np.random.default_rng(1), {}
    for name, noise in (("ours", 5.0), ("theirs", 6.0)):
        errors[name] = next(iter(method(name, noise).errors.values())).copy()
    gaps = unlabelled.random((300, 16)) < 0.8
    gaps[:200] = False
    ours, theirs = (
        method(name, 5.0)._replace(errors={"icvl": np.where(gaps, np.nan, e)})
        for name, e in errors.items()
    )
    means = [report.of_method(one, {}, ICVL) for one in (ours, theirs)]
    for found in means:
        low, high = found["interval_95"]
        assert low < found["mean_mm"] < high
    apart = compared([ours, theirs], ICVL)[0].difference
    wanted = means[0]["mean_mm"] - means[1]["mean_mm"]
    assert apart.mean == pytest.approx(wanted)
    assert apart.low < wanted < apart.high


def test_methods_are_compared_on_the_frames_that_both_have():
    found = compared([method("a", 5.0), method("b", 6.0, 0, 200)], ICVL)
    assert [one.frames for one in found] == [200]
    apart = compared([method("a", 5.0, 200, 300), method("b", 6.0, 0, 200)], ICVL)
    assert apart == []


def test_many_methods_are_compared_with_their_neighbours_in_rank():
    many = [method(str(k), 5.0 + (k * 3) % 7) for k in range(7)]
    found = compared(many, ICVL)
    assert [(one.first, one.second) for one in found][:2] == [("0", "5"), ("5", "3")]
    assert len(found) == 6


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder and the table of two methods, one on a part alone."""
    folder = tmp_path_factory.mktemp("out")
    known = Known(TRUTH, VALID, Span(0, 300), (), "labels.txt")
    head = [("labels", "labels.txt"), ("given", ALIGNED["none"])]
    told = summary.Told("icvl", ICVL, known, "none", head, {"labels": "labels.txt"})
    methods = [method("ours", 5.0), method("$_<theirs>", 7.0, 0, 200)]
    text, files = summary.write_all(folder, methods, told)
    return folder, text, files


def test_all_that_is_written_is_there(written):
    folder, _, files = written
    wanted = "results.json curves.csv success.png joints.png errors.npz report.html"
    assert [path.name for path in files] == wanted.split()
    assert all(path.stat().st_size > 500 for path in files)
    for name in ("success.png", "joints.png"):
        with Image.open(folder / name) as picture:
            assert picture.width > 800


def test_the_table_says_what_was_given_and_who_is_better(written):
    folder, text, _ = written
    lines = text.splitlines()
    assert lines[0] == "ICVL hand pose, test set"
    assert "given: nothing: camera coordinates as they are" in lines
    assert "ours: as it is" in lines
    row = next(line for line in lines if line.startswith("ours  ")).split()
    results = json.loads((folder / "results.json").read_text())
    assert float(row[1]) == pytest.approx(results["mean_mm"], abs=5e-4)
    assert any(line.startswith("  easy, cube 250") for line in lines)
    assert any(line.startswith("mean hand, 300 frames") for line in lines)
    assert any(line.startswith("ours errs") for line in lines)
    assert "Pose-REN 6.791" in text
    assert (folder / "table.txt").read_text() == text + "\n"


def test_results_hold_every_method_and_the_first_at_the_top(written):
    results = json.loads((written[0] / "results.json").read_text())
    assert list(results["methods"]) == ["ours", "$_<theirs>"]
    assert results["methods"]["ours"]["mean_mm"] == results["mean_mm"]
    assert results["methods"]["$_<theirs>"]["frames"] == 200
    assert results["comparisons"][0]["significant"] is True
    assert results["published"][0]["source"]


def test_curves_and_errors_agree_with_the_results(written):
    folder = written[0]
    results = json.loads((folder / "results.json").read_text())
    with (folder / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["threshold_mm"]) for row in rows] == list(range(81))
    assert float(rows[20]["ours: frames"]) == results["success"]["20"]
    with np.load(folder / "errors.npz", allow_pickle=False) as stored:
        assert stored.files == ["icvl", "method2_icvl"]
        assert stored["icvl"].mean() == pytest.approx(results["mean_mm"])
