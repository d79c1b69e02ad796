"""What is measured besides joints, from the command line: pixels, motion, surfaces."""

import json

import numpy as np
import pytest

import evaluate
from handjax.evaluation import metrics, sequences, surfaces
from handjax.evaluation.matching import Span
from handjax.evaluation.predictions import from_camera, write
from handjax.evaluation.protocols import PROTOCOLS

RNG = np.random.default_rng(0)
ICVL, FREIHAND = PROTOCOLS["icvl"], PROTOCOLS["freihand"]
STILL = RNG.uniform(-60.0, 60.0, (16, 3)) + np.array([30.0, 20.0, 400.0])
MOVING = STILL + np.cumsum(RNG.normal(0.0, 1.0, (1596, 16, 3)), axis=0)


def run(folder, *words):
    """results.json and the table of evaluate.py."""
    assert evaluate.main([*map(str, words), f"--out={folder / 'out'}"]) == 0
    found = json.loads((folder / "out" / "results.json").read_text())
    return found, (folder / "out" / "table.txt").read_text()


def block(table, title):
    """The rows of a block of the table, words apart."""
    lines = table.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith(title))
    return lines[first], lines[first + 1]


def icvl(folder, truth, predicted):
    labels = write(folder / "labels.txt", from_camera(truth, "uvd", ICVL.camera))
    ours = write(folder / "ours.txt", from_camera(predicted, "uvd", ICVL.camera))
    return "--dataset=icvl", f"--labels={labels}", f"--predictions={ours}"


def test_pixels_are_told_by_the_datasets_camera(tmp_path):
    numbers = from_camera(MOVING, "uvd", ICVL.camera)
    # 3 pixels right, 4 down, in half of the frames.
    numbers[::2, :, :2] += [3.0, 4.0]
    write(tmp_path / "ours.txt", numbers)
    write(tmp_path / "labels.txt", from_camera(MOVING, "uvd", ICVL.camera))
    labels, ours = tmp_path / "labels.txt", tmp_path / "ours.txt"
    words = ("--dataset=icvl", f"--labels={labels}", f"--predictions={ours}")
    found, table = run(tmp_path, *words)
    pixels = found["pixels"]
    assert pixels["mean_px"] == pytest.approx(2.5, abs=1e-3)
    low, high = pixels["mean_px_95"]
    assert low <= pixels["mean_px"] <= high
    assert (pixels["pck"]["4"], pixels["pck"]["6"]) == (0.5, 1.0)
    e = np.where(np.arange(1596) % 2, 0.0, 5.0)[:, None] * np.ones(16)
    assert pixels["auc_0_30"] == pytest.approx(metrics.auc(e, 0.0, 30.0, steps=20))
    head, row = block(table, "in the picture, pixels")
    assert "AUC 0-30" in head
    assert "2.500" in row
    page = (tmp_path / "out" / "report.html").read_text()
    assert '["in the picture, pixels","ours: mean 2.500 [' in page


def test_acceleration_does_not_cross_the_seam_of_two_recordings(tmp_path):
    predicted = MOVING.copy()
    # From the second recording on all joints are 9 mm off: no motion within either.
    predicted[702:, :, 0] += 9.0
    found, table = run(tmp_path, *icvl(tmp_path, MOVING, predicted))
    motion = found["acceleration"]
    assert motion["mean_mm"] == pytest.approx(0.0, abs=1e-3)
    assert (motion["triples"], motion["sequences"]) == (1596 - 4, 2)
    assert motion["relative_to"] == "the camera"
    predicted[100, :, 0] += 8.0
    found, table = run(tmp_path, *icvl(tmp_path, MOVING, predicted))
    # One jump is seen by three triples: 8, 16 and 8 mm.
    assert found["acceleration"]["mean_mm"] == pytest.approx(32 / 1592, abs=1e-3)
    assert "1592" in block(table, "acceleration, mm/frame^2")[1]


def test_where_predictions_are_aligned_motion_is_about_the_root(tmp_path):
    predicted = MOVING.copy()
    # The whole hand trembles: no motion about its own root.
    predicted[::2] += 5.0
    words = icvl(tmp_path, MOVING, predicted)
    found, _ = run(tmp_path, *words)
    assert found["acceleration"]["mean_mm"] > 10.0
    found, _ = run(tmp_path, *words, "--align=root")
    assert found["acceleration"]["mean_mm"] == pytest.approx(0.0, abs=1e-3)
    assert found["acceleration"]["relative_to"] == "palm"


def numbered(names, truth=None, span=None, protocol=ICVL):
    truth = np.repeat(STILL[None], len(names), 0) if truth is None else truth
    span = span or Span(0, len(names), known=False)
    valid = np.ones(truth.shape[:2], bool)
    found = sequences.number(names, truth, valid, span, protocol)
    return None if found is None else found.tolist()


def test_recordings_are_told_by_folders_gaps_and_jumps():
    assert numbered(["a/1", "a/2", "a/4", "b/5", "b/6"]) == [0, 0, 1, 2, 2]
    assert numbered(["a/9.png", "a/10.png"]) == [0, 0]
    # A frame that could not be read has the name of the one before.
    assert numbered(["a/1", "a/1", "a/2"]) == [0, 1, 1]
    # Every third frame of a recording was kept.
    thinned = ["a/1", "a/4", "a/7", "b/7", "b/10", "b/16"]
    assert numbered(thinned) == [0, 0, 0, 1, 1, 2]
    jump = np.repeat(STILL[None], 4, 0)
    jump[2:] += 60.0
    assert numbered(["a/1", "a/2", "a/3", "a/4"], jump) == [0, 0, 1, 1]


def test_who_does_not_know_recordings_measures_no_motion():
    assert numbered([] * 3 or ["1", "2", "3"]) is None
    subset = Span(0, 8499, name="P0")
    truth = np.repeat(STILL[None], 8499, 0)
    names = [""] * 8499
    assert numbered(names, truth, subset, PROTOCOLS["msra15"]) is None
    # Pictures that have nothing to do with one another.
    assert numbered(["e/1", "e/2"], protocol=FREIHAND) is None


PLACE = np.array([0.0, 0.0, 600.0])


def hands(frames=12, vertices=60):
    joints = RNG.uniform(-50.0, 50.0, (frames, 21, 3)) + PLACE
    return joints, RNG.uniform(-50.0, 50.0, (frames, vertices, 3)) + PLACE


def freihand(folder, truth, predicted, **more):
    """Words for labels in .npz, mm, and a submission in JSON, metres."""
    labels, ours = folder / "labels.npz", folder / "pred.json"
    np.savez(labels, joints=truth[0], vertices=truth[1], **more)
    lists = [(np.asarray(points) / 1000.0).tolist() for points in predicted]
    ours.write_text(json.dumps(lists))
    return "--dataset=freihand", f"--labels={labels}", f"--predictions={ours}"


def test_vertices_of_a_submission_are_scored_as_the_challenge_does(tmp_path):
    truth = hands()
    R = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    # Turned about the optical axis and halved: nothing that an alignment sees.
    ours = tuple(0.5 * points @ R + [3.0, 0.0, 300.0] for points in truth)
    found, table = run(
        tmp_path,
        *freihand(
            tmp_path,
            truth,
            ours,
        ),
        "--unchecked",
    )
    mesh = found["vertices"]
    assert mesh["pa_mpvpe_mm"] == pytest.approx(0.0, abs=1e-3)
    away = np.linalg.norm(ours[1] - truth[1], axis=-1).mean()
    # Beside PA-MPVPE the challenge tells the error of vertices as they are given.
    assert mesh["mpvpe_mm"] == pytest.approx(away, abs=1e-3)
    assert mesh["aligned_mm"]["procrustes"] == pytest.approx(
        mesh["pa_mpvpe_mm"], abs=1e-9
    )
    assert mesh["f_aligned_5"] == 1.0
    slow = surfaces.f_scores(ours[1], truth[1]).mean(axis=0)
    assert [mesh["f_5"], mesh["f_15"]] == pytest.approx(slow.tolist())
    assert (mesh["frames"], mesh["vertices"]) == (12, 60)
    assert mesh["pa_mpvpe_mm_95"] == pytest.approx([0.0, 0.0], abs=1e-3)
    assert "PA-MPVPE" in block(table, "vertices, mm")[0]
    assert "100.00" in block(table, "vertices, F-score, %")[1]


def test_vertices_follow_the_alignment_of_the_joints(tmp_path):
    truth = hands()
    ours = tuple(points + PLACE / 100.0 for points in truth)
    words = freihand(tmp_path, truth, ours)
    for align, wanted in (("none", 6.0), ("root", 0.0), ("scale", 0.0)):
        mesh = run(tmp_path, *words, f"--align={align}")[0]["vertices"]
        assert mesh["mpvpe_mm"] == pytest.approx(wanted, abs=1e-3)
    scaled = tuple(
        0.8 * (points - p[:, :1])
        for points, p in ((truth[0], truth[0]), (truth[1], truth[0]))
    )
    words = freihand(tmp_path, truth, tuple(p + truth[0][:, :1] for p in scaled))
    mesh = run(tmp_path, *words, "--align=scale")[0]["vertices"]
    assert mesh["mpvpe_mm"] == pytest.approx(0.0, abs=1e-3)
    assert mesh["aligned_mm"]["root"] > 5.0


def test_vertices_are_held_by_the_anchors_where_hands_are(tmp_path):
    truth = hands()
    turned = [points[..., [1, 2, 0]] + PLACE for points in truth]
    for name, arrays in (("labels", truth), ("ours", turned)):
        path = tmp_path / f"{name}.npz"
        np.savez(path, joints=arrays[0], vertices=arrays[1])
    labels, ours = tmp_path / "labels.npz", tmp_path / "ours.npz"
    words = ("--dataset=deep_hand_mesh", f"--labels={labels}", f"--predictions={ours}")
    found, _ = run(tmp_path, *words, "--unchecked")
    assert found["align"] == "rigid"
    assert found["vertices"]["mpvpe_mm"] == pytest.approx(0.0, abs=1e-3)
    # A larger hand is none that was turned.
    np.savez(ours, joints=1.1 * turned[0], vertices=1.1 * turned[1])
    found, _ = run(tmp_path, *words, "--unchecked")
    mesh = found["vertices"]["aligned_mm"]
    assert mesh["procrustes"] < 1e-3 < 1.0 < mesh["rigid"]


def test_surfaces_of_several_files_of_labels_stand_one_after_another(tmp_path, capsys):
    truth = hands()
    ours = truth[0], truth[1] + [3.0, 0.0, 0.0]
    words = freihand(tmp_path, truth, ours)
    files = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for path, rows in zip(files, (slice(5), slice(5, None)), strict=True):
        np.savez(path, joints=truth[0][rows], vertices=truth[1][rows])
    words = (words[0], "--labels", *files, words[2], "--align=none", "--unchecked")
    mesh = run(tmp_path, *words)[0]["vertices"]
    assert mesh["frames"] == 12
    assert mesh["mpvpe_mm"] == pytest.approx(3.0, abs=1e-3)
    np.savez(files[1], joints=truth[0][5:], vertices=truth[1][5:, :50])
    assert evaluate.main([*map(str, words), f"--out={tmp_path}"]) == 2
    assert "b.npz has another surface than" in capsys.readouterr().err


def test_other_vertices_have_f_scores_and_distances_but_no_mpvpe(tmp_path):
    joints, _ = hands()
    # A square of 60 mm, and points 4 mm above it.
    square = np.array([[0.0, 0, 0], [60, 0, 0], [60, 60, 0], [0, 60, 0]]) - [30, 30, 0]
    faces = np.array([[1, 2, 3], [1, 3, 4]])
    above = np.array([[0.0, 0.0, -4.0], [20.0, 5.0, -4.0], [40.0, 0.0, -4.0]])
    middle = joints.mean(axis=1, keepdims=True)
    truth, ours = (joints, square + middle), (joints + 1e-6, above + middle)
    words = freihand(tmp_path, truth, ours, faces=faces)
    found, table = run(tmp_path, *words, "--unchecked", "--align=none")
    mesh = found["vertices"]
    assert "mpvpe_mm" not in mesh
    # The third point lies 10 mm beyond the edge.
    wanted = (4.0 + 4.0 + np.hypot(4.0, 10.0)) / 3.0
    assert mesh["surface_mm"] == pytest.approx(wanted, abs=1e-3)
    assert mesh["f_5"] == 0.0
    assert any("3 vertices a frame where the truth has 4" in n for n in found["notes"])
    head, _ = block(table, "vertices, mm")
    assert "to the surface" in head
    assert "MPVPE" not in head


def test_zeros_instead_of_vertices_are_no_vertices(tmp_path):
    truth = hands()
    ours = truth[0] + 1.0, np.zeros_like(truth[1])
    assert "vertices" not in run(tmp_path, *freihand(tmp_path, truth, ours))[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vertices": np.zeros((11, 60, 3)) + 600.0}, "shape (11, 60, 3) where (12, "),
        ({"vertices": np.full((12, 60, 3), 0.6)}, "mm from that of the joints"),
        ({"faces": np.array([[0, 1, 60]])}, "from 0 to 59"),
        ({"vertices": np.full((12, 60), 1.0)[:, :59]}, "(12, vertices, 3) is wanted"),
        ({"vertices": np.full((12, 60, 3), np.inf)}, "vertices that are not finite"),
    ],
)
def test_surfaces_that_can_not_be_are_refused(tmp_path, capsys, change, said):
    joints, vertices = hands()
    np.savez(
        tmp_path / "labels.npz", **{"joints": joints, "vertices": vertices} | change
    )
    words = ["--dataset=freihand", f"--labels={tmp_path / 'labels.npz'}"]
    words += [f"--predictions={tmp_path / 'labels.npz'}", f"--out={tmp_path}"]
    assert evaluate.main(words) == 2
    assert said in capsys.readouterr().err
