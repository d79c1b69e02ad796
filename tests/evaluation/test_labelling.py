"""Names fit into every table and file, and tell files apart."""

import pytest

from handjax.evaluation.labelling import cut_all, find_disorder, name_all, shown
from handjax.evaluation.predictions import FileError


def test_names_are_the_usual_ones_and_told_apart():
    usual = ["x", "x", "y"]
    assert name_all((), usual) == ["1: x", "2: x", "y"]
    assert name_all(("p", "q", "r"), usual) == ["p", "q", "r"]
    for names in (("p",), ("p", "p", "q")):
        with pytest.raises(FileError, match="--names wants 3 different ones"):
            name_all(names, usual)


def test_a_file_that_is_called_like_anothers_number_is_told_apart_too():
    usual = ["x", "x", "1: x"]
    assert name_all((), usual) == ["1: x", "2: x", "3: 1: x"]


def test_names_that_are_cut_stay_different():
    assert cut_all(["short", "a long name indeed"], 10) == ["short", "a lon…deed"]
    alike = cut_all(["a long name indeed", "a long game indeed", "x"], 10)
    assert alike == ["1: a l…eed", "2: a l…eed", "3: x"]
    assert max(map(len, cut_all([f"{k:050}" for k in range(12)], 15))) <= 15


def test_what_no_table_can_hold_is_replaced():
    assert shown("a\nb\tc\x1b") == "a\ufffdb\ufffdc\ufffd"
    # As Linux gives a name that is Latin-1.
    assert shown("m\udce9thode").encode() == "m\ufffdthode".encode()
    assert shown("méthode 手") == "méthode 手"
    assert name_all(("a\r",), ["x"]) == ["a\ufffd"]


def test_names_of_nothing_are_refused():
    for names in (("",), ("  ",)):
        with pytest.raises(FileError, match="got an empty one"):
            name_all(names, ["x"])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), ""),
        (("1.png", "2.png", "10.png"), ""),
        (("a/9 1", "a/10 0", "b/1 1"), ""),
        (("1.png", "10.png", "2.png"), "in another order"),
        (("1", "2", "2", "2"), "names 1 frame more than once"),
        (("1", "2", "1", "2"), "names 2 frames more than once"),
    ],
)
def test_frames_that_are_repeated_or_not_in_turn_are_told(names, said):
    found = find_disorder(names)
    assert [one.certain for one in found] == ([False] if said else [])
    assert all(said in one.cause for one in found)
