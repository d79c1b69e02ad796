"""Text of joints reads the same whatever program wrote it, or says what is odd."""

import numpy as np
import pytest

from handjax.evaluation.predictions import FileError, read
from handjax.evaluation.predictions.text import parse

RNG = np.random.default_rng(0)
POINTS = np.round(RNG.uniform(100.0, 700.0, (5, 14, 3)), 3)
ROWS = [" ".join(f"{x:.3f}" for x in row) for row in POINTS.reshape(5, -1)]
PLAIN = "\n".join(ROWS)
COMMAS = [row.replace(".", ",") for row in ROWS]


def numbers(path, content, joints=(14, 36)):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path, joints)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_of_wide_letters_is_read(tmp_path, encoding):
    found = numbers(tmp_path / "x", PLAIN.encode(encoding))
    np.testing.assert_array_equal(found.numbers, POINTS)
    listed = str(POINTS.tolist()).encode(encoding)
    np.testing.assert_array_equal(numbers(tmp_path / "x", listed).numbers, POINTS)


def test_a_mark_of_wide_letters_before_something_else_is_told(tmp_path):
    with pytest.raises(FileError, match="begins as UTF-16 text does and is none"):
        numbers(tmp_path / "x", b"\xff\xfe\x00\xd8\x00\xd8 1")


@pytest.mark.parametrize(
    "rows",
    [
        COMMAS,
        [row.replace(" ", ";") for row in COMMAS],
        [row.replace(" ", ";") + ";" for row in COMMAS],
        [row.replace(" ", "\t") for row in COMMAS],
        [row.replace(" ", "; ") for row in COMMAS],
        [f"{k}.png;{row.replace(' ', ';')}" for k, row in enumerate(COMMAS)],
        [",".join(f'"{x}"' for x in row.split()) for row in COMMAS],
    ],
)
def test_decimal_commas_are_understood(tmp_path, rows):
    found = numbers(tmp_path / "x", "\n".join(rows))
    np.testing.assert_array_equal(found.numbers, POINTS)


def test_whole_numbers_among_decimal_commas_are_no_pairs():
    assert parse("1,5;2;3,25\n4;5,5;6\n").numbers.tolist() == [
        [1.5, 2, 3.25],
        [4, 5.5, 6],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3\n4,5,6\n",
        "1, 2, 3\n4, 5, 6\n",
        "1.0,2 3\n4.0,5 6\n",
        "a,1,2,3\nb,4,5,6\n",
    ],
)
def test_commas_between_numbers_separate_them(text):
    assert parse(text).numbers.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_commas_within_every_pair_separate_u_from_v():
    assert parse("1,2 3 4,5 6\n").numbers.tolist() == [[1, 2, 3, 4, 5, 6]]
    assert parse("1,2;3,4;5,6;7,8\n").numbers.tolist() == [[1.2, 3.4, 5.6, 7.8]]


def test_names_at_the_end_of_rows_are_names():
    found = parse("1 2 3 a/b 1.png\n4 5 6 a/b 2.png\n")
    assert found.names == ("a/b 1.png", "a/b 2.png")
    assert found.numbers.tolist() == [[1, 2, 3], [4, 5, 6]]
    with pytest.raises(FileError, match=r"line 2 has 'b.png' where a number should"):
        parse("1 2 3\n4 5 b.png\n1 2 3\n")


def test_whole_numbers_that_name_each_row_once_are_names():
    assert parse("1.5 2 3 7\n4 5 6 5\n").names == ("7", "5")
    assert parse("9 1.5 2 3\n7 4.5 5 6\n").names == ("9", "7")
    assert parse("9 1.5 2 3.5\n9 4.5 5 6\n").names == ()


def test_a_joint_a_row_is_read_and_named_as_its_first(tmp_path):
    rows = [" ".join(map(str, point)) for point in POINTS.reshape(-1, 3)]
    found = numbers(tmp_path / "x", "\n".join(rows))
    np.testing.assert_array_equal(found.numbers, POINTS)
    named = [f"{k // 14}.png {row}" for k, row in enumerate(rows)]
    found = numbers(tmp_path / "x", "\n\n".join(named))
    np.testing.assert_array_equal(found.numbers, POINTS)
    assert found.names == ("0.png", "1.png", "2.png", "3.png", "4.png")


@pytest.mark.parametrize(
    "word", ["nan", "-nan", "NaN", "-nan(ind)", "1.#QNAN", "-1.#IND"]
)
def test_numbers_that_are_none_are_named_as_the_frames_they_are_in(tmp_path, word):
    row = ROWS[2].replace(ROWS[2].split()[4], word)
    with pytest.raises(FileError, match=r"not finite in frames 3; a frame that was l"):
        numbers(tmp_path / "x", "\n".join([*ROWS[:2], row, *ROWS[3:]]))


def test_rows_that_count_coordinates_are_turned(tmp_path):
    columns = "\n".join(" ".join(map(str, c)) for c in POINTS.reshape(5, -1).T)
    found = numbers(tmp_path / "x", columns)
    np.testing.assert_array_equal(found.numbers, POINTS)
