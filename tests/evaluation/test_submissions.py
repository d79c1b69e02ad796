"""Submissions: read back as the servers read them, they are what was predicted."""

import json
import zipfile

import numpy as np
import pytest

from handjax.evaluation import submissions
from handjax.hands.skeleton import KEYPOINTS

RNG = np.random.default_rng(0)
JOINTS = RNG.normal(0.0, 40.0, (3, 21, 3)) + np.array([0.0, 0.0, 600.0])
VERTICES = RNG.normal(0.0, 40.0, (3, 50, 3)) + np.array([0.0, 0.0, 600.0])
# Where HO-3D's own tools find key points: wrist, then from thumb to little finger.
THUMB_TO_LITTLE = [0, *(13, 14, 15, 16), *(1, 2, 3, 17), *(4, 5, 6, 18)]
THUMB_TO_LITTLE += [*(10, 11, 12, 19), *(7, 8, 9, 20)]


def read(path):
    """Joints and vertices, mm, as they stand in an archive."""
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["pred.json"]
        joints, vertices = json.loads(archive.read("pred.json"))
    return 1000.0 * np.array(joints), 1000.0 * np.array(vertices)


def test_freihand_comes_back_within_rounding(tmp_path):
    path = submissions.write_freihand(
        tmp_path / "pred.zip", JOINTS, VERTICES, partial=True
    )
    joints, vertices = read(path)
    np.testing.assert_allclose(joints, JOINTS, atol=1e-4)
    np.testing.assert_allclose(vertices, VERTICES, atol=1e-4)


def test_ho3d_comes_back_through_its_own_order_and_axes(tmp_path):
    path = submissions.write_ho3d(tmp_path / "pred.zip", JOINTS, VERTICES, partial=True)
    joints, vertices = read(path)
    # Its checker refuses hands in front of the camera with positive z.
    assert (joints[..., 2] < 0).all()
    back = np.array([1.0, -1.0, -1.0])
    np.testing.assert_allclose(joints[:, THUMB_TO_LITTLE] * back, JOINTS, atol=1e-4)
    np.testing.assert_allclose(vertices * back, VERTICES, atol=1e-4)


def test_ho3d_scales_by_its_joints_0_and_4():
    names = [KEYPOINTS[k] for k in submissions.MANO_ORDER]
    assert (names[0], names[4], names[16]) == ("wrist", "middle_mcp", "thumb_tip")


def test_without_vertices_there_are_zeros_for_the_server(tmp_path):
    path = submissions.write_freihand(tmp_path / "pred.zip", JOINTS, partial=True)
    vertices = read(path)[1]
    assert vertices.shape == (3, 778, 3)
    assert not vertices.any()


def test_plain_json_holds_the_same(tmp_path):
    for name in ("pred.json", "pred.zip"):
        submissions.write_ho3d(tmp_path / name, JOINTS, VERTICES, partial=True)
    with zipfile.ZipFile(tmp_path / "pred.zip") as archive:
        assert archive.read("pred.json") == (tmp_path / "pred.json").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pred.json", "pred.zip"]


def test_the_same_predictions_give_the_same_bytes(tmp_path):
    paths = [
        submissions.write_freihand(tmp_path / name, JOINTS, partial=True)
        for name in ("a.zip", "b.zip")
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(("version", "wanted"), [(2, "11524"), (3, "20137")])
def test_a_part_of_the_frames_is_refused_with_their_number(tmp_path, version, wanted):
    with pytest.raises(ValueError, match=f"all {wanted} .* got 3"):
        submissions.write_ho3d(tmp_path / "pred.zip", JOINTS, version=version)
    with pytest.raises(ValueError, match=r"all 3960 .* got 3"):
        submissions.write_freihand(tmp_path / "pred.zip", JOINTS)
    assert not list(tmp_path.iterdir())


def broken(points, value):
    points = points.copy()
    points[1, 4, 0] = value
    return points


@pytest.mark.parametrize(
    ("joints", "vertices", "message"),
    [
        (JOINTS / 1000.0, None, "joints want mm, .* multiply by 1000"),
        (JOINTS, VERTICES / 1000.0, "vertices want mm"),
        (broken(JOINTS, np.nan), None, "1 frames have others, the first .* frame 1"),
        (JOINTS, broken(VERTICES, np.inf), "vertices want finite numbers"),
        (JOINTS, VERTICES[:2], "as many frames as joints, 3; got 2"),
    ],
)
def test_what_no_server_could_score_is_refused(tmp_path, joints, vertices, message):
    for write in (submissions.write_freihand, submissions.write_ho3d):
        with pytest.raises(ValueError, match=message):
            write(tmp_path / "pred.zip", joints, vertices, partial=True)


def test_another_version_or_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match="ho3d_v2, ho3d_v3; got ho3d_v1"):
        submissions.write_ho3d(tmp_path / "pred.zip", JOINTS, version=1, partial=True)
    with pytest.raises(ValueError, match=r"\.zip or \.json; got 'pred.txt'"):
        submissions.write_freihand(tmp_path / "pred.txt", JOINTS, partial=True)
