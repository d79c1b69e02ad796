"""Masks from the command line: counts known by hand, and what is refused."""

import json

import numpy as np
import pytest

import evaluate
from handjax.data import rhd
from handjax.data.real import masks
from handjax.data.real.frame import DatasetError
from handjax.evaluation import compare
from handjax.evaluation.mask_contest import compared, figures
from handjax.evaluation.mask_files import open_masks
from handjax.evaluation.predictions import FileError
from tests.data.fixtures import write
from tests.evaluation.tiny_rhd import FOCALS, JOINTS, MASKS, square, write_rhd


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_rhd(tmp_path_factory.mktemp("rhd"))


def run(root, out, *words, dataset="rhd"):
    words = (f"--dataset={dataset}", f"--root={root}", f"--out={out}", *words)
    return evaluate.main([*map(str, words)])


def results(out):
    return json.loads((out / "results.json").read_text())


def predicted():
    """All of the first hand, the left half of the second, the third beside itself."""
    return [square(130), square(120, 30), square(110)]


def test_masks_are_pooled_over_all_pixels(root, tmp_path, capsys):
    for number, mask in enumerate(predicted()):
        path = tmp_path / "ours" / f"{number:05d}.png"
        write(path, np.where(mask, 255, 0).astype(np.uint8))
    np.savez(tmp_path / "theirs.npz", masks=np.array(MASKS))
    given = ("--masks", tmp_path / "ours", tmp_path / "theirs.npz")
    assert run(root, tmp_path, *given, "--names", "we", "they") == 0
    found = results(tmp_path)
    ours = found["masks"]
    # Columns of 60 pixels: 60 + 30 + 30 right, 30 wrong, 30 + 30 missed.
    assert ours["pixels"]["true_positives"] == 60 * 120
    assert ours["precision"] == pytest.approx(120 / 150)
    assert ours["recall"] == pytest.approx(120 / 180)
    assert ours["f1"] == pytest.approx(240 / 330)
    assert ours["iou"] == pytest.approx(ours["f1"] / (2 - ours["f1"]))
    low, high = ours["iou_95"]
    assert low <= ours["iou"] <= high
    assert found["methods"]["they"]["masks"]["iou"] == 1.0
    table = (tmp_path / "table.txt").read_text()
    assert table.strip() in capsys.readouterr().out
    row = next(line for line in table.splitlines() if line.startswith("we "))
    means = [word for word in row.split() if word[0].isdigit() and "]" not in word]
    assert means == ["57.14", "80.00", "66.67", "72.73"]


def test_the_interval_is_that_of_the_ratio_of_drawn_frames():
    rng = np.random.default_rng(0)
    n = rng.integers(1, 100, (40, 4))
    found = figures(n, 1)
    assert found["iou"] == pytest.approx(n[:, 0].sum() / n[:, :3].sum())
    draws = rng.integers(0, 40, (4000, 40))
    slow = n[draws, 0].sum(axis=1) / n[draws][..., :3].sum(axis=(1, 2))
    assert found["iou_95"] == pytest.approx(np.percentile(slow, (2.5, 97.5)), abs=0.01)
    assert np.isnan(figures(n[:2], 1)["iou_95"]).all()
    nothing = compare.ratio(np.zeros(5), np.zeros(5))
    assert np.isnan(nothing.mean)


def test_frames_that_can_not_be_read_are_named(tmp_path, capsys):
    root = write_rhd(tmp_path / "rhd")
    (root / "evaluation" / "mask" / "00001.png").unlink()
    np.savez(tmp_path / "all.npz", np.array(MASKS))
    assert run(root, tmp_path, "--masks", tmp_path / "all.npz") == 0
    assert "1 frames can't be read; the first: no picture" in capsys.readouterr().out
    assert results(tmp_path)["masks"]["iou"] == 1.0


def test_values_of_masks_are_read_as_they_were_meant(tmp_path):
    half = np.where(MASKS[0], 200, 40).astype(np.uint8)
    cases = {
        "two": MASKS[0].astype(np.uint8),
        "grey": np.where(MASKS[0], half, np.arange(320, dtype=np.uint8) // 4),
        "colour": np.repeat(np.where(MASKS[0], 255, 0)[..., None], 3, -1),
        "sixteen": np.where(MASKS[0], 60000, np.arange(320)).astype(np.uint16),
    }
    for name, pixels in cases.items():
        whole = pixels if name == "sixteen" else pixels.astype(np.uint8)
        write(tmp_path / name / "evaluation" / "1.png", whole)
        found = open_masks(tmp_path / name, 1)(0, "evaluation/1", (320, 320))
        np.testing.assert_array_equal(found, MASKS[0], err_msg=name)
    sure = np.where(MASKS[0], 0.7, np.linspace(0.0, 0.4, 320))
    np.save(tmp_path / "sure.npy", sure[None])
    found = open_masks(tmp_path / "sure.npy", 1)(0, "a", (320, 320))
    np.testing.assert_array_equal(found, MASKS[0])


def test_a_method_that_is_never_sure_has_no_hand(tmp_path):
    sure = np.stack([np.full((4, 4), 0.01), 0.7 + 0.1 * np.eye(4)])
    np.save(tmp_path / "sure.npy", sure)
    find = open_masks(tmp_path / "sure.npy", 2)
    assert not find(0, "a", (4, 4)).any()
    assert find(1, "b", (4, 4)).all()
    write(tmp_path / "soft" / "a.png", np.eye(4, dtype=np.uint8))
    write(tmp_path / "soft" / "b.png", 180 + np.eye(4, dtype=np.uint8))
    find = open_masks(tmp_path / "soft", 2)
    assert not find(0, "a", (4, 4)).any()
    assert find(1, "b", (4, 4)).all()


def test_pictures_that_are_no_masks_do_not_change_what_masks_mean(tmp_path):
    for name in "abc":
        write(tmp_path / f"{name}.png", np.eye(4, dtype=np.uint8))
    (tmp_path / "broken.png").write_bytes(b"nothing")
    np.testing.assert_array_equal(open_masks(tmp_path, 3)(0, "a", (4, 4)), np.eye(4))
    write(tmp_path / "preview.png", np.arange(16, dtype=np.uint8).reshape(4, 4))
    with pytest.raises(FileError, match="0 and 1 alone, and others of more values"):
        open_masks(tmp_path, 3)
    (tmp_path / "preview.png").unlink()
    write(tmp_path / "c.png", 255 * np.eye(4, dtype=np.uint8))
    with pytest.raises(FileError, match="of 0 and 1 or 255 alone: write all masks"):
        open_masks(tmp_path, 3)


def test_how_opaque_a_picture_is_says_nothing_of_hands(tmp_path):
    from PIL import Image

    for mode, count in (("LA", 1), ("RGBA", 3)):
        grey = np.eye(4, dtype=np.uint8)[..., None] * 255
        pixels = np.concatenate([grey] * count + [np.full_like(grey, 255)], axis=-1)
        Image.fromarray(pixels, mode).save(tmp_path / f"{mode}.png")
        found = open_masks(tmp_path, 1)(0, mode, (4, 4))
        np.testing.assert_array_equal(found, np.eye(4, dtype=bool))


def test_one_mask_does_not_stand_for_two_frames(tmp_path):
    write(tmp_path / "1.png", np.eye(4, dtype=np.uint8))
    find = open_masks(tmp_path, 2)
    find(0, "left/1", (4, 4))
    find(0, "left/1", (4, 4))
    with pytest.raises(FileError, match=r"that of left/1 and of right/1.*right/1\.png"):
        find(1, "right/1", (4, 4))


def test_two_methods_are_compared_on_the_same_frames():
    rng = np.random.default_rng(0)
    right = rng.integers(50, 100, 300)
    rest = rng.integers(10, 30, (2, 300))
    ours = np.stack([right, *rest, right], axis=1)
    worse = np.stack([right - 5, *(rest + 5), right], axis=1)
    (line,) = compared(["theirs", "ours"], [worse, ours], 10)
    assert line.startswith("ours has ")
    assert line.endswith("significant")
    assert "not" not in line
    tp, fp, fn = (x.sum() for x in (right, *rest))
    apart = tp / (tp + fp + fn) - (tp - 1500) / (tp + fp + fn + 1500)
    assert f"{apart:.4f} more IoU" in line
    (line,) = compared(["a", "b"], [ours, ours], 10)
    assert line.endswith("[0.0000, 0.0000]: not significant")


def test_a_method_that_sees_hands_where_none_is_is_worse():
    # Every other frame has no hand; one method says so.
    n = np.tile([[50, 0, 50, 900], [0, 0, 0, 1000]], (150, 1))
    false = n.copy()
    false[1::2, 1], false[1::2, 3] = 500, 500
    (line,) = compared(["a", "b"], [n, false], 10)
    assert line.startswith(f"a has {50 / 100 - 50 / 600:.4f} more IoU than b")
    assert line.endswith("]: significant")


def test_masks_that_do_not_fit_are_refused(root, tmp_path, capsys):
    def refused(*words, dataset="rhd", root=root):
        assert run(root, tmp_path / "out", *words, dataset=dataset) == 2
        return capsys.readouterr().err

    write(tmp_path / "small" / "00000.png", np.zeros((160, 320), np.uint8))
    said = refused("--masks", tmp_path / "small")
    assert "00000.png wants 320 x 320 pixels as the frame has; got 160 x 320" in said
    (tmp_path / "none").mkdir()
    said = refused("--masks", tmp_path / "none")
    assert "lacks a frame: neither" in said
    assert "evaluation/00000.png" in said
    (tmp_path / "none" / "00000.png").write_bytes(b"\x89PNG no picture")
    assert "00000.png can't be read" in refused("--masks", tmp_path / "none")
    np.save(tmp_path / "two.npy", np.zeros((2, 320, 320), bool))
    assert "wants an array of 3 frames" in refused("--masks", tmp_path / "two.npy")
    (tmp_path / "text.npz").write_text("no archive")
    assert "wants a folder of PNG" in refused("--masks", tmp_path / "text.npz")
    masks_of = ("--masks", tmp_path / "none")
    assert "no such folder" in refused("--masks", tmp_path / "nowhere")
    assert "--align says nothing about masks" in refused(*masks_of, "--align=none")
    assert "the splits training, evaluation; got test" in refused(
        *masks_of, "--subset=test"
    )
    assert "--weights says nothing about masks" in refused(*masks_of, "--weights=a")
    assert "--frames says nothing about masks" in refused(*masks_of, "--frames=2")
    assert "home page: http" in refused(*masks_of, root=tmp_path / "nowhere")
    assert "--subset, of ['s0_test'" in refused(*masks_of, dataset="dexycb")
    assert "no dataset is called 'studio'" in refused(*masks_of, dataset="studio")


def test_a_dataset_without_masks_says_so(root, monkeypatch):
    read = rhd.read

    def bare(root, entry):
        frame = read(root, entry)
        return frame._replace(views=(frame.views[0]._replace(mask=None),))

    monkeypatch.setattr(rhd, "read", bare)
    with pytest.raises(DatasetError, match="rhd, evaluation has no masks of hands"):
        next(masks.of_split("rhd", root, ["evaluation"]).frames)


def test_pixels_of_a_download_are_those_of_each_frames_camera(
    root, tmp_path, monkeypatch
):
    monkeypatch.setenv("HANDJAX_CACHE", str(tmp_path / "cache"))
    ours = JOINTS.copy()
    # 1 % of the depth aside: a hundredth of the focal length.
    ours[..., 0] += 0.01 * ours[..., 2]
    np.savez(tmp_path / "ours.npz", joints=ours)
    assert run(root, tmp_path, f"--predictions={tmp_path / 'ours.npz'}") == 0
    found = results(tmp_path)
    assert found["pixels"]["mean_px"] == pytest.approx(np.mean(FOCALS) / 100, abs=1e-3)
    # Pictures of RHD follow no motion.
    assert "acceleration" not in found
    np.savez(tmp_path / "ours.npz", joints=ours - ours[:, :1])
    assert run(root, tmp_path, f"--predictions={tmp_path / 'ours.npz'}") == 0
    found = results(tmp_path)
    assert "pixels" not in found
    assert "no pixels: predictions are not before the camera" in found["notes"]
