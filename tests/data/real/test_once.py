"""Label files are parsed once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

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


def test_what_failed_is_tried_anew():
    @once(keep=1)
    def parse(path):
        raise ValueError(path)

    for _ in range(2):
        with pytest.raises(ValueError, match="labels"):
            parse("labels")
