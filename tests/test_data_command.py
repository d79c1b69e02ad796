"""`python -m handjax data` says what is there, prepares it and shows it."""

import sys

import numpy as np
import pytest
from PIL import Image

from handjax import __main__, data_command, visualize
from handjax.data.real import download, names, order, store
from tests.data.real import scenes, toy

INK = np.array(visualize.surface.INK)


@pytest.fixture
def downloaded(tmp_path, monkeypatch):
    """A dataset by the name of toy, of which one frame can't be read."""
    reader = toy.reader(bad=(2,))
    monkeypatch.setattr(data_command.names, "reader", lambda name: reader)
    (tmp_path / "labels.txt").touch()
    return tmp_path


def run(*arguments):
    return __main__.main(["data", *map(str, arguments)])


def test_a_download_is_checked_prepared_and_drawn(downloaded, capsys):
    out = downloaded / "sheet.png"
    where = ("--root", downloaded, "--data-dir", downloaded / "stores")
    assert run("toy", *where, "--sheet", out) == 0
    said = capsys.readouterr()
    for line in (
        "licence    none",
        "found            1 *.txt",
        "split      train: 10 of 10 frames",
        "prepared   train: 9 frames, 1 could not be read",
        "prepared   test: 2 frames, 1 could not be read",
    ):
        assert line in said.out
    assert "toy/2.png can't be read" in said.err
    assert Image.open(out).width > 8 * 256
    beside = downloaded / "stores" / "toy" / toy.ABOUT.version / "sheet.png"
    assert not beside.exists()
    # What is prepared needs no download any more.
    assert run("toy", "--data-dir", downloaded / "stores", "--split", "test") == 0
    said = capsys.readouterr().out
    assert "prepared   test: 2 frames" in said
    assert f"wrote      {beside}" in said
    assert Image.open(beside).width > 2 * 256


def test_a_sheet_may_be_left_out(downloaded, capsys):
    where = ("--root", downloaded, "--data-dir", downloaded / "stores")
    assert run("toy", *where, "--no-sheet") == 0
    assert "wrote" not in capsys.readouterr().out
    assert not list(downloaded.rglob("*.png"))


def test_a_sheet_that_can_t_be_written_is_told(downloaded, capsys):
    (downloaded / "file").touch()
    where = ("--root", downloaded, "--data-dir", downloaded / "stores")
    assert run("toy", *where, "--sheet", downloaded / "file" / "sheet.png") == 2
    said = capsys.readouterr().err
    assert "sheet.png can't be written" in said
    assert "--no-sheet not at all" in said
    assert run("toy", *where, "--sheet", downloaded / "sheet") == 2
    assert "sheet can't be written (unknown file extension" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (("--again",), "--again says nothing without a download: add --root"),
        (("--strict",), "--strict says nothing without a download"),
        (("--check-only", "--strict"), "--strict and --check-only say nothing without"),
        (("--root", ".", "--check-only", "--again"), "--check-only prepares and draws"),
        (
            ("--root", ".", "--check-only", "--sheet", "a.png"),
            "leave out --sheet, --again",
        ),
    ],
)
def test_options_that_would_do_nothing_are_refused(downloaded, capsys, options, answer):
    assert run("toy", "--data-dir", downloaded / "stores", *options) == 2
    assert answer in capsys.readouterr().err


def test_views_that_were_left_out_are_counted_and_named(tmp_path, monkeypatch, capsys):
    scenes.write_nyu(tmp_path, "test", 2, kinects=2)
    (tmp_path / "test" / "depth_2_0000002.png").write_bytes(b"no picture")
    where = ("--root", tmp_path, "--data-dir", tmp_path / "stores", "--no-sheet")
    for told in (where, where[2:]):
        assert run("nyu", *told, "--split", "test") == 0
        said = capsys.readouterr().out
        assert "left out   1 views of 1 frames of test:" in said
        assert "depth_2_0000002.png can't be read" in said


def test_splits_that_share_pictures_are_named_and_not_prepared(
    downloaded, monkeypatch, capsys
):
    reader = toy.reader(about=toy.ABOUT._replace(usual=("test",)))
    monkeypatch.setattr(data_command.names, "reader", lambda name: reader)
    where = ("--root", downloaded, "--data-dir", downloaded / "stores", "--no-sheet")
    assert run("toy", *where) == 0
    said = capsys.readouterr().out
    assert "not asked  train: by --split, with pictures" in said
    assert "prepared   train" not in said
    assert "prepared   test: 3 frames" in said


def test_check_only_prepares_nothing(downloaded, capsys):
    where = ("--root", downloaded, "--data-dir", downloaded / "stores")
    assert run("toy", *where, "--check-only") == 0
    assert "test: 3 of 3 frames" in capsys.readouterr().out
    assert not (downloaded / "stores").exists()


def test_strict_ends_at_the_frame_that_can_t_be_read(downloaded, capsys):
    where = ("--root", downloaded, "--data-dir", downloaded / "stores")
    assert run("toy", *where, "--strict") == 2
    assert "toy/2.png can't be read" in capsys.readouterr().err


def test_a_download_that_is_missing_is_answered_with_where_to_get_it(
    tmp_path, capsys, monkeypatch
):
    for root in ((), ("--root", tmp_path)):
        assert run("nyu", *root, "--data-dir", tmp_path) == 2
        said = capsys.readouterr().err
        about = names.reader("nyu").ABOUT
        for part in (about.home, about.licence, "test/joint_data.mat", "--root PATH"):
            assert part in said


def test_an_unknown_dataset_or_split_is_answered_with_those_that_there_are(
    tmp_path, capsys
):
    assert run("nuy") == 2
    assert "nyu, icvl, msra15" in capsys.readouterr().err
    assert run("nyu", "--split", "val", "--data-dir", tmp_path) == 2
    assert "has the splits train, test" in capsys.readouterr().err


def test_packages_that_are_missing_are_named(monkeypatch, capsys):
    monkeypatch.setattr(download, "PACKAGES", ("grain", "no_such_package"))
    assert run("nyu") == 2
    said = capsys.readouterr().err
    assert "no_such_package, not installed" in said
    assert "handjax[datasets]" in said


def test_every_dataset_can_be_asked_for_and_says_what_it_is(capsys, tmp_path):
    for name in names.MODULES:
        assert run(name, "--data-dir", tmp_path) == 2
        about = names.reader(name).ABOUT
        assert about.name == name
        assert about.home in capsys.readouterr().err
    assert "tensorflow" not in sys.modules


def test_joints_are_drawn_where_they_appear(tmp_path):
    scenes.write_nyu(tmp_path, "test", 1)
    nyu = names.reader("nyu")
    prepared = store.prepare(nyu, tmp_path, data_dir=tmp_path, splits=["test"])
    sheet = visualize.frames_sheet(order.Frames(prepared, ["test"]), "nyu36")
    # Three views, one below the other, each 64 pixels of 4.
    assert sheet.shape[1] == 6 + 262
    palm = scenes.joints_of(0, 0)[30] - scenes.joints_of(0, 0).mean(axis=0)
    u, v = np.rint((palm[:2] / (300 / 64) + 32) * 4).astype(int)
    top = 18 + 6
    near = sheet[top + v - 4 : top + v + 5, 6 + u - 4 : 6 + u + 5].reshape(-1, 3)
    assert np.abs(near.astype(int) - INK).sum(axis=1).min() < 60
