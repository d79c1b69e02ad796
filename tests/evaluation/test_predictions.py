"""Files of joints: whatever form they have, the same numbers come out."""

import json

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from handjax.evaluation.predictions import (
    FileError,
    Reading,
    from_camera,
    read,
    to_camera,
    write,
)
from handjax.evaluation.predictions.reading import shifted
from handjax.evaluation.predictions.shapes import as_points
from handjax.evaluation.predictions.text import parse
from handjax.evaluation.protocols import PROTOCOLS, Camera

RNG = np.random.default_rng(0)
POINTS = np.round(RNG.uniform(100.0, 700.0, (5, 14, 3)), 3)
ROWS = [" ".join(f"{x:.3f}" for x in row) for row in POINTS.reshape(5, -1)]
CAMERA = Camera((500.0, 400.0), (320.0, 240.0))


def rows(change):
    return "\n".join(change(k, row) for k, row in enumerate(ROWS)) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        rows(lambda k, row: row),
        rows(lambda k, row: f"{row}  \r\r"),
        rows(lambda k, row: f"{row}\r"),
        rows(lambda k, row: row.replace(" ", "\t") + "\t"),
        rows(lambda k, row: row.replace(" ", ",")),
        rows(lambda k, row: f",{row.replace(' ', ', ')},,"),
        rows(lambda k, row: row.replace(" ", ";")),
        rows(lambda k, row: f"seq\\image {k:04}.png\t{row}"),
        rows(lambda k, row: f"test/depth_1_{k:07}.png {row}"),
        rows(lambda k, row: f"{k} {row}"),
        rows(lambda k, row: f"{k + 1},{row.replace(' ', ',')}"),
        "# u v d\n\n" + rows(lambda k, row: f"{row}\n"),
        "5\n" + rows(lambda k, row: row),
        "\ufeff" + rows(lambda k, row: row),
        ",".join("uvd" * 14) + "\n" + rows(lambda k, row: row),
        rows(lambda k, row: " ".join(f"{float(x):.6e}" for x in row.split())),
    ],
)
def test_text_is_read_whatever_its_separators_names_and_line_ends(tmp_path, text):
    path = tmp_path / "any name"
    path.write_bytes(text.encode())
    np.testing.assert_allclose(read(path, {14}).numbers, POINTS)


def test_names_of_pictures_are_kept():
    found = parse("a/b 1.png 1 2 3\na/b 2.png 4 5 6\n")
    assert found.names == ("a/b 1.png", "a/b 2.png")
    assert parse("7 1 2 3\n8 4 5 6\n").names == ("7", "8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("  \n\n", "is empty"),
        ("# nothing\n", "no row of numbers"),
        ("a.png\nb.png\n", "is it a list of pictures"),
        ("1 2 3\n1 2\n", "line 2 has 2 numbers where others have 3"),
        ("1 2 3\n1 2 x\n1 2 3\n", "line 2 has 'x' where a number should be"),
        ("1 2 3\nx1 2 3\n4 5 6\n", "line 2 has 2 numbers after 'x1'"),
        ("1 2 3 4\n1 2 3 4\n", "has 4 numbers a row, which is not three a joint"),
        ("1 2 3\n1 nan 3\n", "values that are not finite in frames 2"),
        ("1 2 inf\n" * 6, "in frames 1, 2, 3 and 3 more"),
        ("[1, 2", "can't be read as json"),
        ("\0\0", "is neither text nor"),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_place(tmp_path, text, said):
    path = tmp_path / "file.txt"
    path.write_text(text, "utf-8")
    with pytest.raises(FileError, match=r"file.txt ") as refused:
        read(path, {1})
    assert said in str(refused.value)


def test_compressed_files_are_to_be_unpacked(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\x1f\x8b\x08rest")
    with pytest.raises(FileError, match="unpack it first"):
        read(path, {14})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileError, match=r"none.txt can't be read: No such file"):
        read(tmp_path / "none.txt", {14})


def test_labels_may_have_gaps(tmp_path):
    (tmp_path / "x").write_text("1 2 3 nan nan nan\n")
    assert np.isnan(read(tmp_path / "x", {2}, gaps=True).numbers[0, 1]).all()


def save(path, form):
    if form == "mat":
        scipy.io.savemat(path, {"xyz_estimation": POINTS})
    elif form == "matlab's order":
        scipy.io.savemat(path, {"handPara": POINTS.transpose(2, 1, 0)})
    elif form == "npz":
        np.savez(path.open("wb"), anything=POINTS.reshape(5, -1))
    elif form == "npy":
        np.save(path.open("wb"), POINTS)
    elif form == "views":
        np.savez(path.open("wb"), joint_uvd=np.stack([POINTS, 0 * POINTS, POINTS]))
    elif form == "one of two":
        np.savez(path.open("wb"), joint_uvd=POINTS, joint_xyz=2 * POINTS)
    elif form == "challenge":
        path.write_text(json.dumps([POINTS.tolist(), np.ones((5, 778, 3)).tolist()]))
    elif form == "no vertices":
        path.write_text(json.dumps([POINTS.tolist(), []]))
    else:
        path.write_text(json.dumps({"joints": POINTS.tolist(), "by": "us"}))


FORMS = ("mat", "matlab's order", "npz", "npy", "views", "one of two", "challenge")


@pytest.mark.parametrize("form", [*FORMS, "no vertices", "json"])
def test_arrays_are_found_by_what_they_are_and_not_by_the_files_name(tmp_path, form):
    save(tmp_path / "x", form)
    np.testing.assert_allclose(read(tmp_path / "x", {14, 36}).numbers, POINTS)


def test_frames_of_json_may_have_names(tmp_path):
    frames = {f"{k}.png": np.full((14, 3), k).tolist() for k in range(9)}
    (tmp_path / "x").write_text(json.dumps(frames))
    assert read(tmp_path / "x", {14}).numbers[:, 0, 0].tolist() == list(range(9))


def test_of_several_arrays_one_must_be_named(tmp_path):
    parts = {"P0": POINTS[:2], "P1": POINTS[2:], "note": np.array(["text"])}
    np.savez((tmp_path / "x").open("wb"), **parts)
    with pytest.raises(FileError, match=r"P0 \(2, 14, 3\), P1 .* Name one with --key"):
        read(tmp_path / "x", {14})
    found = read(tmp_path / "x", {14}, names=("P0", "P1"))
    np.testing.assert_array_equal(found.numbers, POINTS)
    with pytest.raises(FileError, match=r"no points called \['P2'\]"):
        read(tmp_path / "x", {14}, names=("P2",))


def test_nothing_that_is_read_can_run(tmp_path):
    np.savez((tmp_path / "x").open("wb"), joints=np.array([{"a": 1}], object))
    with pytest.raises(FileError, match="can't be read as npz"):
        read(tmp_path / "x", {14})


def test_a_file_of_matlab_7_3_asks_for_h5py_or_is_read(tmp_path):
    path = tmp_path / "x.mat"
    try:
        import h5py
    except ImportError:
        path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n" * 9)
        with pytest.raises(FileError, match="pip install h5py"):
            read(path, {14})
        return
    with h5py.File(path, "w", userblock_size=512) as file:
        file["joints"] = POINTS.T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")
    np.testing.assert_allclose(read(path, {14}).numbers, POINTS)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 0, 2)])
def test_axes_of_an_array_may_come_in_any_order(order):
    found = as_points(POINTS.transpose(order), {14})
    np.testing.assert_array_equal(found, POINTS)


def test_uvd_is_seen_through_the_camera():
    found = to_camera(np.array([[[420.0, 200.0, 1000.0]]]), Reading("uvd"), CAMERA)
    assert found.tolist() == [[[200.0, -100.0, 1000.0]]]
    assert from_camera(found, "uvd", CAMERA).tolist() == [[[420.0, 200.0, 1000.0]]]
    lost = from_camera(np.zeros((1, 1, 3)), "uvd", CAMERA)
    assert lost.tolist() == [[[320.0, 240.0, 0.0]]]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["nyu", "icvl", "msra15"]))
def test_there_and_back_is_where_it_was(seed, name):
    camera = PROTOCOLS[name].camera
    joints = np.random.default_rng(seed).uniform(-200, 200, (2, 3, 3)) + np.array(
        [0, 0, 600]
    )
    back = to_camera(from_camera(joints, "uvd", camera), Reading("uvd"), camera)
    np.testing.assert_allclose(back, joints, atol=1e-9)


def test_a_reading_names_units_axes_order_and_places():
    numbers = np.array([[[2.0, 1.0, 3.0], [0.2, 0.1, 0.3]]])
    reading = Reading("xyz", 1000.0, "yz", axes="yxz", order=(1, 0))
    found = to_camera(numbers, reading, None)
    np.testing.assert_allclose(found[0], [[100, -200, -300], [1000, -2000, -3000]])
    wanted = "--format xyz --unit m --flip yz --axes yxz --order 1,0"
    assert reading.options == wanted


def test_rows_that_are_late_move_and_the_ends_are_filled():
    numbers = np.arange(4.0)[:, None, None] * np.ones(3)
    assert shifted(numbers, 1)[:, 0, 0].tolist() == [0, 0, 1, 2]
    assert shifted(numbers, -1)[:, 0, 0].tolist() == [1, 2, 3, 3]


def test_uvd_without_one_camera_is_refused():
    with pytest.raises(FileError, match="one camera for all frames"):
        to_camera(POINTS, Reading("uvd"), None)


@pytest.mark.parametrize("ending", [".txt", ".csv", ".npz", ".npy", ".mat", ".json"])
def test_what_is_written_is_read_again(tmp_path, ending):
    path = write(tmp_path / "new" / f"x{ending}", POINTS)
    np.testing.assert_allclose(read(path, {14}).numbers, POINTS, atol=1e-4)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"wants one of the endings .txt"):
        write(tmp_path / "x.dat", POINTS)
