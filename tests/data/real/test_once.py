"""Label files are parsed once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from handjax.data.real.frame import DatasetError
from handjax.data.real.numbers import read_json
from handjax.data.real.once import once


def test_eight_threads_parse_a_file_once():
    parsed = []

    @once(keep=2)
    def parse(path):
        time.sleep(0.05)
        parsed.append(path)
        return [path]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(parse, ["labels"] * 8))
    assert parsed == ["labels"]
    assert all(one is found[0] for one in found)
    parse.cache_clear()
    parse("labels")
    assert parsed == ["labels"] * 2


def test_a_file_that_can_t_be_parsed_is_parsed_once_and_told_every_time(tmp_path):
    parsed, path = [], tmp_path / "labels.json"
    path.write_text("[1, 2")

    @once(keep=1)
    def parse(path):
        parsed.append(path)
        raise DatasetError(f"{path.name} is no JSON")

    for _ in range(3):
        with pytest.raises(DatasetError, match=r"labels\.json is no JSON"):
            parse(path)
    assert parsed == [path]


def test_a_file_that_was_written_anew_is_parsed_anew(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text("[1, 2")
    parse = once(keep=1)(read_json)
    with pytest.raises(DatasetError, match="no JSON"):
        parse(path)
    path.write_text("[1, 2, 3]")
    assert parse(path) == [1, 2, 3]
    path.unlink()
    with pytest.raises(DatasetError, match="no file at"):
        parse(path)


def test_an_error_that_is_no_fault_of_a_file_is_not_kept():
    @once(keep=1)
    def parse(path):
        raise MemoryError(path)

    for _ in range(2):
        with pytest.raises(MemoryError, match="labels"):
            parse("labels")
