"""Archives of one file are read; of others it is said what they hold."""

import io
import json
import zipfile

import numpy as np
import pytest

from handjax.evaluation.predictions import FileError, read

POINTS = np.round(np.random.default_rng(0).uniform(100.0, 700.0, (5, 14, 3)), 3)
TEXT = "\n".join(" ".join(map(str, row)) for row in POINTS.reshape(5, -1))


def pack(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def test_the_one_file_of_an_archive_is_read_as_if_it_stood_alone(tmp_path):
    as_json = json.dumps([POINTS.tolist(), []])
    for name, content in (("pred__json", as_json), ("a__txt", TEXT)):
        path = pack(tmp_path / "x.zip", **{name: content})
        np.testing.assert_allclose(read(path, {14}).numbers, POINTS)
    with zipfile.ZipFile(tmp_path / "x.zip", "a") as archive:
        archive.writestr("__MACOSX/._a.txt", b"\0")
    np.testing.assert_allclose(read(tmp_path / "x.zip", {14}).numbers, POINTS)


def test_an_archive_in_an_archive_is_read_once(tmp_path):
    stream = io.BytesIO()
    np.savez(stream, joints=POINTS)
    path = pack(tmp_path / "x.zip", a__npz=stream.getvalue())
    np.testing.assert_array_equal(read(path, {14}).numbers, POINTS)


def test_several_files_or_a_broken_archive_are_refused(tmp_path):
    several = pack(tmp_path / "x.zip", a__txt=TEXT, b__txt=TEXT)
    with pytest.raises(FileError, match=r"wants one file in it; it has a.txt, b.txt"):
        read(several, {14})
    broken = tmp_path / "y.zip"
    broken.write_bytes(several.read_bytes()[:200])
    with pytest.raises(FileError, match="archive that can't be read"):
        read(broken, {14})


def test_frames_of_json_are_read_as_their_names_are_counted(tmp_path):
    frames = {f"{k}.png": np.full((14, 3), k).tolist() for k in (*range(10, 20), 2, 1)}
    (tmp_path / "x").write_text(json.dumps(frames))
    found = read(tmp_path / "x", {14}).numbers[:, 0, 0].tolist()
    assert found == [1, 2, *range(10, 20)]


def test_numbers_that_nobody_set_are_refused(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.where(np.arange(5)[:, None, None] == 3, -3e38, POINTS))
    with pytest.raises(FileError, match=r"beyond 1e\+06 in frames 4: are they pixels"):
        read(path, {14})
    np.save(path, np.where(POINTS > 600.0, np.nan, POINTS))
    assert np.isnan(read(path, {14}, gaps=True).numbers).any()
