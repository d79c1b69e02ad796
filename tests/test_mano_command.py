"""`python -m handjax data mano` turns a released file into arrays, and says what of."""

import os
import pickle

import numpy as np
import pytest

from handjax import __main__
from handjax.hands import mano
from tests.hands import mano_model

MODEL = mano_model.random_model()


@pytest.fixture
def released(tmp_path):
    path = tmp_path / "MANO_LEFT.pkl"
    old = mano_model.left_of(MODEL, wrong=True)
    path.write_bytes(mano_model.pickled(old))
    return path


def run(*arguments):
    return __main__.main(["data", *map(str, arguments)])


def test_a_released_file_is_written_as_arrays(released, tmp_path, capsys):
    out = tmp_path / "hands" / "left.npz"
    assert run("mano", released, "--out", out) == 0
    said = capsys.readouterr().out
    for line in (
        "found      a left hand, 778 vertices, 10 directions of shape",
        "REPAIRED   the shape directions of this left hand had the wrong sign",
        "home page  https://mano.is.tue.mpg.de",
        f"wrote      {out}",
    ):
        assert line in said
    found, wanted = mano.load(out), mano.load(released, repair=True)
    for one, other in zip(found.template[:13], wanted.template[:13], strict=True):
        np.testing.assert_array_equal(one, other)
    # The file's own digits are kept.
    with np.load(out, allow_pickle=False) as file:
        assert file["correctives"].dtype == np.float64
        np.testing.assert_array_equal(
            file["mean"], mano_model.left_of(MODEL)["hands_mean"]
        )


def test_side_and_repair_may_be_said_and_the_name_left_out(released, capsys):
    assert run("mano", released, "--no-repair", "--side", "left") == 0
    said = capsys.readouterr().out
    assert "REPAIRED" not in said
    assert f"wrote      {released.with_suffix('.npz')}" in said
    left_alone = mano.load(released, repair=False).template.shape_vertices
    found = mano.load(released.with_suffix(".npz")).template.shape_vertices
    np.testing.assert_array_equal(found, left_alone)


def test_a_file_that_would_run_something_is_refused(tmp_path, capsys):
    class Runs:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'made'}",)

    path = tmp_path / "MANO_RIGHT.pkl"
    path.write_bytes(pickle.dumps({"v_template": Runs()}, 2))
    assert run("mano", path) == 2
    assert "asks for posix.system, which is refused" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["MANO_RIGHT.pkl"]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("mano",), "mano wants a file"),
        (
            ("mano", "x.pkl", "--root", "."),
            "of options only --out, --side and --repair",
        ),
        (("mano", "x.pkl"), "no file at x.pkl"),
        (
            ("mano", "x.pkl", "--out", "x.pickle"),
            "--out wants a name that ends in .npz",
        ),
        (("nyu", "x.pkl"), "FILE, --out, --side and --repair are of mano"),
        (("nyu", "--no-repair"), "FILE, --out, --side and --repair are of mano"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, answer, capsys):
    assert run(*arguments) == 2
    assert answer in capsys.readouterr().err


def test_a_place_that_can_t_be_written_is_told(released, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert run("mano", released, "--out", tmp_path / "file" / "x.npz") == 2
    assert "x.npz can't be written" in capsys.readouterr().err
