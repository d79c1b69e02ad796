"""Crop centres: found in the depth as the device finds them, or read from files."""

import jax.numpy as jnp
import numpy as np
import pytest

from handjax.data import crop
from handjax.data.real import centres, rigid, windows
from handjax.data.real.frame import DatasetError
from handjax.geometry import alignment
from handjax.geometry.cameras import Pinhole
from tests.data.fixtures import REAL
from tests.data.real import scenes


def test_the_host_finds_the_centre_that_the_device_finds():
    depth = scenes.depth(0, 0).astype(np.float32)
    depth[:40] = 1500.0
    focal, centre = scenes.nyu.FOCAL, scenes.nyu.CENTRE
    ours = centres.find_centre(depth, focal, centre)
    # Every fourth row and column, as the host looks at a frame of this size.
    camera = Pinhole(jnp.asarray(focal / 4), jnp.asarray(centre / 4))
    theirs = crop.centre_from_depth(jnp.asarray(depth[::4, ::4]), camera)
    np.testing.assert_allclose(ours, theirs, atol=3.0)


def test_nothing_measured_has_no_centre():
    found = centres.find_centre(np.zeros((8, 8)), np.ones(2), np.ones(2))
    assert np.isnan(found).all()


def write(path, lines):
    path.write_text("\n".join(lines) + "\n")
    return path


FOUND = np.array([[10.0, 40.0, 700.0], [-5.0, 30.0, 650.0]], np.float32)


def test_y_is_turned_round_where_that_fits_what_the_frames_show(tmp_path):
    up = write(tmp_path / "up.txt", ["12 -42 710", "-4 -28 640"])
    down = write(tmp_path / "down.txt", ["12 42 710", "-4 28 640"])
    wanted = [[12, 42, 710], [-4, 28, 640]]
    for path in (up, down):
        np.testing.assert_array_equal(centres.read_centres(path, 2, FOUND), wanted)


def test_a_centre_may_be_invalid(tmp_path):
    path = write(tmp_path / "some.txt", ["12 42 710", "invalid"])
    read = centres.read_centres(path, 2, FOUND)
    assert np.isnan(read[1]).all()


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["12 42 710"], "each of the 2 frames; got 1"),
        (["12 42 710", "12 42"], "got '12 42'"),
        (["12 42 710", "12 42 nan"], "got '12 42 nan'"),
        (["12 42 710", "12 42 -710"], "z > 0"),
        (["12 42 710", "12 42 8200"], "no more than 8192"),
        (["12 42 710", "12 42 1e300"], "no more than 8192"),
        (["12 42 710", "a b c"], "got 'a b c'"),
    ],
)
def test_other_files_are_refused(tmp_path, lines, answer):
    with pytest.raises(DatasetError, match=answer):
        centres.read_centres(write(tmp_path / "bad.txt", lines), 2, FOUND)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"none\.txt"):
        centres.read_centres(tmp_path / "none.txt", 2, FOUND)


def test_rigid_alignment_is_that_of_geometry():
    random = np.random.default_rng(0)
    source = random.normal(size=(36, 3)) * 40
    target = source @ scenes.RIGS[1][:3, :3].T + 5.0 + random.normal(size=(36, 3))
    ours = rigid.align_rigid(source, target)
    theirs = alignment.align_rigid(jnp.asarray(source), jnp.asarray(target))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    # The nearest orthogonal matrix of a mirror image is a reflection.
    mirrored = rigid.align_rigid(source, source * [-1, 1, 1])
    assert np.linalg.det(mirrored[:3, :3]) == pytest.approx(1.0)


AWR = REAL / "nyu" / "awr_center_test_refined.txt"


@pytest.mark.skipif(
    not AWR.is_file(), reason="no centres of NYU in shared/real/nyu beside the checkout"
)
def test_centres_that_others_detected_lie_within_what_is_kept_around_a_hand():
    uvd = np.loadtxt(REAL / "nyu" / "nyu_test_groundtruth_label.txt")[:, -3:]
    xy = (uvd[:, :2] - scenes.nyu.CENTRE) / scenes.nyu.FOCAL * uvd[:, 2:]
    palm = np.concatenate([xy, uvd[:, 2:]], axis=1).astype(np.float32)
    read = centres.read_centres(AWR, 8252, palm)
    apart = np.abs(read - palm).max(axis=1)
    assert np.median(apart) < 30.0
    assert apart.max() < windows.MARGIN - 20.0
