"""No pickle takes down who reads it: not by size, not by depth, not by names."""

import pickle
import struct
import time

import numpy as np
import pytest

from handjax import unpickle
from handjax.data.real.frame import FrameError
from handjax.data.real.numbers import checked, shape_of
from handjax.unpickle import UnpickleError, limits

DTYPE = b"cnumpy\ndtype\nU\x02%sK\x00K\x01\x87R"
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"


def array(code, shape, raw):
    sizes = b"".join(b"\x8a\x09" + n.to_bytes(9, "little") for n in shape)
    state = b"K\x01(" + sizes + b"t" + DTYPE % code + b"\x89" + raw + b"tb"
    return b"\x80\x02" + ARRAY + b"(" + state + b"."


def nested(depth, first=b")"):
    """Tuples within tuples."""
    return b"\x80\x02" + first + b"\x85" * depth


def test_an_array_of_the_right_size_passes():
    assert unpickle.loads(array(b"u1", (2, 3), b"U\x06abcdef")).shape == (2, 3)


@pytest.mark.parametrize("code", [b"S0", b"U0", b"|S", b"|U"])
def test_a_type_without_bytes_is_refused(code):
    with pytest.raises(UnpickleError, match=r"holds arrays of the type .*; refused"):
        unpickle.loads(array(code, (1 << 40,), b"U\x00"))


@pytest.mark.parametrize(
    "shape", [(1 << 63,), (1 << 40, 1 << 40), (1,) * 33, (1 << 40, 0, 1 << 61)]
)
def test_an_array_of_an_impossible_shape_is_broken(shape):
    with pytest.raises(UnpickleError, match="broken pickle"):
        unpickle.loads(array(b"u1", shape, b"U\x01a"))


@pytest.mark.parametrize("what", [b"U\x02f8", b"U\x05f8,f8", b"U\x01O", b"K\x01"])
def test_only_a_type_that_was_made_by_name_is_one(what):
    scalar = b"\x80\x02cnumpy.core.multiarray\nscalar\n" + what + b"U\x08abcdefgh\x86R."
    with pytest.raises(UnpickleError, match="a dtype is"):
        unpickle.loads(scalar)


def test_what_is_made_is_limited_by_the_size_of_the_file(monkeypatch):
    monkeypatch.setattr(limits, "SLACK", 1 << 16)
    text = b"X" + struct.pack("<I", 5000) + b"x" * 5000
    encode = b"c_codecs\nencode\nq\x01" + text + b"q\x02\x85R"
    once, more = encode, b"h\x01h\x02\x85R"
    assert len(unpickle.loads(b"\x80\x02(" + once + more * 5 + b"t.")) == 6
    with pytest.raises(UnpickleError, match="far more data than its"):
        unpickle.loads(b"\x80\x02(" + once + more * 50 + b"t.")


@pytest.mark.parametrize("name", [b"set", b"frozenset"])
def test_so_are_sets_of_one_list(monkeypatch, name):
    monkeypatch.setattr(limits, "SLACK", 1 << 16)
    items = (
        b"](" + b"".join(b"M" + struct.pack("<H", n) for n in range(2000)) + b"eq\x01"
    )
    named = b"c__builtin__\n" + name + b"\n"
    calls = (named + b"h\x01\x85R") * 100
    with pytest.raises(UnpickleError, match="far more data than its"):
        unpickle.loads(b"\x80\x02(" + items + calls + b"t.")


KEYED = {
    "a key": (b"}", b"K\x01s."),
    "of keys": (b"}(", b"K\x01u."),
    "in a dict of pairs": (b"(", b"K\x01d."),
    "of a set": (b"\x8f(", b"\x90."),
    "of a frozen set": (b"(", b"\x91."),
    "of a set that is called": (b"c__builtin__\nset\n(", b"l\x85R."),
    "of an ordered dict": (b"ccollections\nOrderedDict\n(", b"K\x01\x86l\x85R."),
}


@pytest.mark.parametrize("where", KEYED)
def test_tuples_in_tuples_are_keys_to_a_depth(where):
    before, after = KEYED[where]
    unpickle.loads(b"\x80\x02" + before + nested(90)[2:] + after)
    with pytest.raises(UnpickleError, match="too deep or too large"):
        unpickle.loads(b"\x80\x02" + before + nested(2_000)[2:] + after)


def test_a_key_that_names_itself_twice_at_every_depth_takes_no_time():
    doubled = b"2\x86" * 60
    started = time.monotonic()
    with pytest.raises(UnpickleError, match="too deep or too large"):
        unpickle.loads(b"\x80\x02})" + doubled + b"K\x01s.")
    assert time.monotonic() - started < 1.0


def test_keys_that_datasets_have_pass():
    labels = {1: "a", "K": 2, (3, (4, 5)): {6, (7, 8)}, None: frozenset({("x",)})}
    assert unpickle.loads(pickle.dumps(labels, 2)) == labels


@pytest.mark.parametrize("deep", [nested(20_000), b"\x80\x02]" + b"]" * 20_000])
def test_depth_alone_does_no_harm(deep):
    close = b"a" * 20_000 if b"]" in deep else b""
    values = unpickle.loads(deep + close + b".")
    with pytest.raises(FrameError, match="label wants 21 x 3 numbers; got 1 x 1 x 1"):
        checked(values, (21, 3), "label")
    # Python takes it apart again without harm.
    del values


def test_a_deep_size_is_not_printed():
    deep = nested(20_000)[2:]
    state = b"K\x01(" + deep + b"t" + DTYPE % b"u1" + b"\x89U\x00tb."
    with pytest.raises(UnpickleError, match="a size is tuple"):
        unpickle.loads(b"\x80\x02" + ARRAY + b"(" + state)


def test_a_list_that_holds_another_a_million_times_is_never_copied():
    row = [0.0] * 100_000
    started = time.monotonic()
    for values in ([row] * 100_000, [[row] * 100_000] * 100_000):
        with pytest.raises(FrameError, match="label wants"):
            checked(values, (None, None), "label")
        with pytest.raises(FrameError, match="label wants 21 x 3"):
            checked(values, (21, 3), "label")
    with pytest.raises(FrameError, match="label wants"):
        checked([[0.0, 0.0, 0.0], *[[row, row, row]] * 20], (21, 3), "label")
    assert time.monotonic() - started < 2.0


def test_a_shape_is_told_without_a_copy():
    assert shape_of([[1, 2], [3]]) == (1 + 1, 2)
    assert shape_of([np.zeros((2, 3))] * 4) == (4, 2, 3)
    assert shape_of([]) == (0,)
    assert shape_of("text") == ()
