"""Folders of results are read as they were written, and distrusted."""

import json
import shutil

import numpy as np
import pytest

from handjax.data.given.frames import FrameError
from handjax.evaluation.page import write_page
from handjax.evaluation.page.unpack import PageError, read_page
from handjax.hands.skeleton import KEYPOINTS
from handjax.viewing import originals, results
from tests.evaluation.pages import OURS, TRUTH, displaced, small


def test_what_predict_wrote_comes_back(predicted, stage, open_hand):
    found = results.open_folder(predicted)
    assert (found.count, found.methods, found.size) == (2, ("wan_spheres",), (160, 120))
    for place, side in enumerate(("right", "left")):
        frame = found.frame(place, 0)
        assert (frame.name, frame.side) == (f"{side}_1", side)
        assert frame.note == f"{side} hand, confidence 0.75"
        hand = stage(open_hand._replace(side=side))
        np.testing.assert_allclose(frame.joints, hand.joints, atol=1e-3)
        assert min(found.picture(place).shape[:2]) > 400


def test_what_an_evaluation_wrote_comes_back(tmp_path):
    write_page(tmp_path, small())
    found = results.open_folder(tmp_path)
    assert found.methods == ("ours", "theirs")
    assert (found.count, found.names) == (4, ("wrist", "middle_mcp", "middle_tip"))
    frame = found.frame(2, 1)
    wanted = displaced(OURS + 1.0)[2] - TRUTH.mean(axis=0)
    middle = [0.0, 0.0, results.PLACE[2]]
    np.testing.assert_allclose(frame.joints, wanted + middle, atol=0.06)
    np.testing.assert_allclose(
        frame.truth, TRUTH - TRUTH.mean(axis=0) + middle, atol=0.06
    )
    assert frame.note == "mean error 21.0 mm, worst 31.0 mm"
    assert found.picture(0).shape == (40, 40, 3)
    assert found.picture(1) is None
    # These names are those of key points.
    known = np.isfinite(frame.keypoints).all(axis=-1)
    assert [KEYPOINTS[k] for k in np.nonzero(known)[0]] == list(found.names)


def test_joints_that_nobody_knows_stay_unknown(tmp_path):
    truth = displaced(np.zeros_like(OURS))
    truth[3, 0] = np.nan
    write_page(tmp_path, small(truth=truth, frames=("a", "b", "c", "d")))
    stored = read_page(tmp_path / "report.html")
    assert stored.frames == ("a", "b", "c", "d")
    assert np.isnan(stored.truth[3, 0]).all()
    frame = results.open_folder(tmp_path).frame(3, 0)
    assert frame.note.startswith("mean error 42.0 mm")


def test_key_points_are_found_by_what_datasets_call_their_joints():
    from handjax.hands.skeleton import DATASETS

    meant = results.meaning(DATASETS["rhd"].joints)
    named = [DATASETS["rhd"].keypoints[k] for k in meant]
    assert named == list(KEYPOINTS)
    assert set(results.meaning(("what", "else"))) == {-1}


def test_a_name_does_not_lead_out_of_the_folder(predicted, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(predicted, folder)
    shutil.copy(folder / "overlays" / "right_1.png", tmp_path / "secret.png")
    page = json.loads((folder / "joints.json").read_text())
    page["frames"][0]["frame"] = "../../secret"
    (folder / "joints.json").write_text(json.dumps(page))
    assert results.open_folder(folder).picture(0) is None


def broken(page, change):
    for path, value in change.items():
        *way, last = path.split(".")
        place = page
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": []}, "one frame or more"),
        ({"names": ["wrist"]}, "21 key points"),
        ({"method": None}, "no 'method'"),
        ({"camera": None}, "no 'camera'"),
        ({"camera.fx_fy": [0.0, 1.0]}, "positive fx_fy"),
        ({"camera.width": -3}, "width and height"),
        ({"frames.0.side": "up"}, "right or left"),
        ({"frames.0.joints_mm": [[1.0, 2.0, 3.0]]}, "(21, 3)"),
        ({"frames.0.joints_mm": [[float("nan")] * 3] * 21}, "finite"),
        ({"frames.0.joints_mm": "many"}, "not what predict writes"),
    ],
)
def test_a_file_that_is_none_of_ours_is_answered(predicted, tmp_path, change, message):
    page = broken(json.loads((predicted / "joints.json").read_text()), change)
    (tmp_path / "joints.json").write_text(json.dumps(page))
    with pytest.raises(FrameError, match=r"joints\.json") as wrong:
        results.open_folder(tmp_path)
    assert message in str(wrong.value)


def test_folders_without_results_are_told_apart(tmp_path):
    with pytest.raises(FrameError, match="is not there"):
        results.open_folder(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(FrameError, match="is a file"):
        results.open_folder(tmp_path / "file")
    with pytest.raises(FrameError, match="holds no results"):
        results.open_folder(tmp_path)
    np.savez(tmp_path / "errors.npz", canonical21=np.zeros((1, 21)))
    with pytest.raises(FrameError, match="errors but no hands"):
        results.open_folder(tmp_path)


@pytest.mark.parametrize("cut", [200, -2000])
def test_a_page_that_is_not_whole_is_refused(tmp_path, cut):
    path = write_page(tmp_path, small())
    text = path.read_text()
    start = text.index('<script id="data"')
    path.write_text(text[: start + cut if cut > 0 else start])
    with pytest.raises(PageError):
        read_page(path)
    with pytest.raises(FrameError, match=r"report\.html"):
        results.open_folder(tmp_path)


def test_a_page_without_truth_holds_no_hands(tmp_path):
    write_page(tmp_path, small(truth=None))
    with pytest.raises(FrameError, match="holds no joints"):
        results.open_folder(tmp_path)


def test_frames_are_found_by_name_in_folders_and_stacks(
    originals_folder, tmp_path, depths
):
    read = originals.open_frames([originals_folder], "mm")
    np.testing.assert_array_equal(read("left_1"), depths[1])
    assert read("nobody") is None
    np.save(tmp_path / "stack.npy", np.stack(depths).astype(np.float32))
    read = originals.open_frames([tmp_path / "stack.npy"], "mm")
    np.testing.assert_array_equal(read("stack_000001"), depths[1])
    with pytest.raises(FrameError, match="no frame 'a'"):
        originals.require_some(read, ["a"])
    with pytest.raises(FrameError, match="no file or folder"):
        originals.open_frames([tmp_path / "nowhere"], "mm")
