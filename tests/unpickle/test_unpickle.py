"""Pickles are read as data: what Python wrote comes back, what would run is refused."""

import collections
import contextlib
import os
import pickle

import numpy as np
import pytest
import scipy.sparse

from handjax import unpickle
from handjax.unpickle import UnpickleError
from tests.data.python_2 import python_2

PLAIN = {
    "numbers": [0, -3, 255, 70000, -(10**20), 2.5, float("inf"), True, False, None],
    "text": ["", "wrist", "knöchel", "手"],
    "bytes": [b"", b"\x00\xff\n'"],
    "tuples": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
    "sets": [{1, 2}, frozenset({3}), set()],
    3: collections.OrderedDict(a=1),
}
ARRAYS = {
    "xyz": np.arange(126.0).reshape(42, 3),
    "fortran": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    "other end first": np.arange(6, dtype=">i4"),
    "bytes": np.arange(5, dtype=np.uint8),
    "truth": np.array([True, False]),
    "text": np.array(["thumb", "index"]),
    "short text": np.array([b"ab", b"c"]),
    "empty": np.zeros((0, 3)),
    "scalar": np.float32(1.5),
}


class Caller:
    """Asks whoever reads it to run a command."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def python_2_text(labels: dict) -> bytes:
    """{'xyz': array} in protocol 0, which Python 2 wrote unless told otherwise."""
    values = labels["xyz"]
    raw = repr(values.astype("<f8").tobytes())[1:].encode()
    shape = "".join(f"I{n}\n" for n in values.shape).encode()
    return (
        b"(dp0\nS'xyz'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\n"
        b"p3\n(I0\ntp4\nS'b'\np5\ntp6\nRp7\n(I1\n("
        + shape
        + b"tp8\ncnumpy\ndtype\np9\n"
        b"(S'f8'\np10\nI0\nI1\ntp11\nRp12\n(I3\nS'<'\np13\nNNNI-1\nI-1\nI0\ntp14\nbI00\nS"
        + raw
        + b"\np15\ntp16\nbs."
    )


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_data_comes_back_as_pickle_wrote_it(protocol):
    assert unpickle.loads(pickle.dumps(PLAIN, protocol)) == PLAIN
    arrays = unpickle.loads(pickle.dumps(ARRAYS, protocol))
    for name, wanted in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], wanted)
        assert arrays[name].dtype.newbyteorder("=") == wanted.dtype.newbyteorder("=")


@pytest.mark.parametrize("write", [python_2, python_2_text])
def test_pickles_of_python_2_are_read_with_text_as_text(write):
    values = np.array([[0.1, -2.5, 1e300], [np.pi, 0.0, -0.0]])
    read = unpickle.loads(write({"xyz": values}))
    np.testing.assert_array_equal(read["xyz"], values)
    assert read["xyz"].dtype == np.float64
    # Python's own reader agrees that this is what the bytes say.
    np.testing.assert_array_equal(
        pickle.loads(write({"xyz": values}), encoding="latin1")["xyz"], values
    )


def test_what_is_named_twice_is_read_once():
    array = np.arange(3.0)
    first, second = unpickle.loads(pickle.dumps([array, array]))
    assert first is second


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (Caller(os.system, "touch it"), "posix.system"),
        (Caller(eval, "1"), "eval"),
        (Caller(getattr, "x", "upper"), "getattr"),
        (Caller(np.load, "x.npy"), "numpy"),
        (np.load, "numpy"),
        (ValueError("x"), "ValueError"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_what_would_call_something_is_refused_by_name(thing, name, protocol, tmp_path):
    path = tmp_path / "labels.pickle"
    path.write_bytes(pickle.dumps({"xyz": thing}, protocol))
    with pytest.raises(
        UnpickleError, match=rf"labels\.pickle asks for .*{name}.*refuse"
    ):
        unpickle.read(path)


@pytest.mark.parametrize(
    ("program", "what"),
    [
        (b"(S'ls'\nios\nsystem\n.", "INST"),
        (b"\x80\x02Pid\n.", "PERSID"),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"\x80\x02U\x02os)R.", "calls str"),
        (b"\x80\x02cnumpy\nndarray\n)R.", "calls a class"),
        (b"\x80\x02cnumpy\nndarray\n.", "holds numpy.ndarray, which is no data"),
        (b"\x80\x02]}U\x01aK\x01sb.", "gives list a state"),
        (b"\x80\x02cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R.", "the type 'O8'; refused"),
        (b"\x80\x02\xfe.", "unknown"),
    ],
)
def test_other_instructions_are_refused(program, what):
    with pytest.raises(UnpickleError, match=what):
        unpickle.loads(program)


def test_an_array_must_have_the_bytes_that_its_shape_says():
    program = python_2({"xyz": np.zeros((2, 3))})
    two, fifty = b"J\x02\0\0\0", b"J\x32\0\0\0"
    assert program.count(two) == 1
    with pytest.raises(UnpickleError, match="1200 bytes has 48"):
        unpickle.loads(program.replace(two, fifty))


@pytest.mark.parametrize("keep", [0, 1, 20, 60, 150])
def test_half_a_pickle_is_broken_not_data(keep):
    with pytest.raises(UnpickleError, match=r"broken pickle.*download it again"):
        unpickle.loads(python_2({"xyz": np.zeros((2, 3))})[:keep])


def test_noise_is_never_anything_but_data_or_an_error():
    rng = np.random.default_rng(0)
    whole = pickle.dumps([PLAIN, ARRAYS], 2)
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[rng.integers(2, len(whole))] = rng.integers(256)
        with contextlib.suppress(UnpickleError):
            unpickle.loads(bytes(damaged))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnpickleError, match=r"no file at .*none\.pkl"):
        unpickle.read(tmp_path / "none.pkl")


def test_classes_that_are_allowed_become_records_of_their_fields():
    matrix = scipy.sparse.csc_matrix(np.diag([1.0, 2.0, 3.0]))
    data = pickle.dumps({"J_regressor": matrix}, 2)
    with pytest.raises(UnpickleError, match=r"scipy\.sparse.*csc_matrix"):
        unpickle.loads(data)
    kind = type(matrix)
    names = unpickle.records(f"{kind.__module__}.{kind.__qualname__}")
    record = unpickle.loads(data, allowed={**unpickle.NUMPY, **names})["J_regressor"]
    np.testing.assert_array_equal(record.fields["data"], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(record.fields["indices"], [0, 1, 2])
