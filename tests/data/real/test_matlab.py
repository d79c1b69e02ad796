"""Arrays out of .mat files, and what is said of files that hold no such array."""

import sys

import numpy as np
import pytest
from scipy.io import savemat

from handjax.data.real import matlab
from handjax.data.real.frame import DatasetError

LABELS = np.arange(3 * 21 * 4, dtype=float).reshape(3, 21, 4)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "labels.mat"
    savemat(path, {"handPara": LABELS, "names": np.array(["a", "b"], dtype=object)})
    return path


def test_an_array_comes_back_with_its_axes(file):
    np.testing.assert_array_equal(matlab.read(file, "handPara"), LABELS)


def test_a_missing_key_is_answered_with_those_there(file):
    with pytest.raises(
        DatasetError, match=r"no variable 'joint_xyz', only handPara, n"
    ):
        matlab.read(file, "joint_xyz")


def test_text_is_no_array_of_numbers(file):
    with pytest.raises(DatasetError, match="wants numbers under 'names'; got object"):
        matlab.read(file, "names")


def test_half_a_file_is_broken(file):
    file.write_bytes(file.read_bytes()[:400])
    with pytest.raises(DatasetError, match=r"broken \.mat file"):
        matlab.read(file, "handPara")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"no file at .*none\.mat"):
        matlab.read(tmp_path / "none.mat", "handPara")


def hdf5(path):
    """The first bytes of a file of version 7.3."""
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64"
    head = text.ljust(124) + b"\x00\x02IM"
    path.write_bytes(head.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n")
    return path


def test_version_7_3_without_h5py_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DatasetError, match=r"version 7\.3: install h5py"):
        matlab.read(hdf5(tmp_path / "new.mat"), "handPara")


def test_version_7_3_turns_the_axes_back(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    path = tmp_path / "new.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["handPara"] = LABELS.T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    np.testing.assert_array_equal(matlab.read(path, "handPara"), LABELS)
    with pytest.raises(DatasetError, match="only handPara"):
        matlab.read(path, "joint_xyz")
