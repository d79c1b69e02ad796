"""Files are there whole or not at all."""

import stat

import pytest

from handjax import files


def test_a_file_survives_a_write_that_fails(tmp_path, monkeypatch):
    path = files.write(tmp_path / "folder" / "hand.ply", b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_who_stops_half_way_leaves_what_was_there(tmp_path):
    path = files.write(tmp_path / "table.txt", b"old")

    def stop():
        with files.whole(path) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_it_as_they_may_any_file(tmp_path):
    (tmp_path / "any").touch()
    path = files.write(tmp_path / "ours", b"")
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, tmp_path / "any")]
    assert modes[0] == modes[1]
