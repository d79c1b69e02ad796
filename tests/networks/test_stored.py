import io
import json
import pickle
import shlex
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from handjax.networks import stored
from handjax.networks.stored import StoredError, read
from tests.networks.safetensors_file import packed, page_and_body, save

ARRAYS = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "count": np.array(7, np.int64),
    "b": np.arange(4, dtype=np.float16),
}


def refuse(path, content):
    path.write_bytes(content)
    with pytest.raises(StoredError) as refused:
        read(path)
    assert "torch.load" in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_what_was_stored_is_read(suffix, tmp_path):
    path = tmp_path / f"arrays{suffix}"
    np.savez(path, **ARRAYS) if suffix == ".npz" else save(path, ARRAYS)
    found = read(path)
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_a_file_cut_at_any_byte_is_refused(tmp_path):
    content = packed(*page_and_body(ARRAYS))
    for length in range(len(content)):
        refuse(tmp_path / "cut.safetensors", content[:length])


def test_an_archive_cut_short_is_refused(tmp_path):
    file = io.BytesIO()
    np.savez(file, **ARRAYS)
    content = file.getvalue()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        refuse(tmp_path / "cut.npz", content[:length])


def changed(name="b", **changes):
    page, body = page_and_body(ARRAYS)
    page[name] = page[name] | changes
    return packed(page, body)


def with_page(text):
    return packed(text, page_and_body(ARRAYS)[1])


DOUBLED = json.dumps(page_and_body(ARRAYS)[0])[:-1] + ', "a": {}}'
HEADERS = {
    "no JSON": (with_page("{"), "no JSON"),
    "not text": (b"\2" + bytes(7) + b"\xff\xfe", "no JSON"),
    "brackets without end": (with_page("[" * 100_000), "no JSON"),
    "a list": (with_page("[]"), "no dictionary"),
    "a name twice": (with_page(DOUBLED), "name twice"),
    "an array that is a number": (with_page('{"a": 3}'), "wants"),
    "nothing of the array": (with_page('{"a": {}}'), "wants"),
    "one key more": (changed(strides=[1]), "wants"),
    "an unknown kind": (changed(dtype="F8_E4M3"), "F8_E4M3"),
    "a kind that is a list": (changed(dtype=["F16"]), "none of"),
    "a shape below 0": (changed(shape=[-1, -4]), "can't be"),
    "a shape of 0": (changed(shape=[0, 10**30], data_offsets=[32, 32]), "can't be"),
    "a shape of truths": (changed(shape=[True, 4]), "can't be"),
    "a shape of fractions": (changed(shape=[4.0]), "can't be"),
    "a shape of many axes": (changed(shape=[1] * 70 + [4]), "can't be"),
    "a shape too large": (changed(shape=[2**62, 4]), "takes"),
    "a shape too small": (changed(shape=[3]), "takes 6 bytes"),
    "one offset": (changed(data_offsets=[32]), "begin and end"),
    "an offset below 0": (changed(data_offsets=[-8, 0]), "begin and end"),
    "an end before the begin": (changed(data_offsets=[40, 32]), "takes 8"),
    "an end beyond the file": (changed(data_offsets=[36, 44]), "begins at byte 36"),
    "an overlap": (changed(data_offsets=[24, 32]), "begins at byte 24"),
    "bytes behind": (packed(*page_and_body(ARRAYS)) + b"x", "41 are there"),
    "a length beyond the file": (b"\xff" * 8 + b"{}", "not the whole"),
}


@pytest.mark.parametrize("what", HEADERS)
def test_a_header_is_refused_that_has(what, tmp_path):
    content, said = HEADERS[what]
    assert said in refuse(tmp_path / "bad.safetensors", content)


def test_a_header_is_refused_that_is_larger_than_any_resnets(tmp_path, monkeypatch):
    path = save(tmp_path / "large.safetensors", ARRAYS)
    monkeypatch.setattr(stored, "HEADER_LIMIT", 100)
    refuse(path, path.read_bytes())


class Trap:
    """Unpickled, it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize(
    "name", ["weights.pth", "weights.pt", "bin", "weights.npz", "weights.safetensors"]
)
def test_a_pickle_is_refused_and_never_run(name, tmp_path):
    sprung = tmp_path / "sprung"
    said = refuse(tmp_path / name, pickle.dumps({"a": Trap(sprung)}))
    assert "pickles, which can run anything" in said
    assert not sprung.exists()


def test_pickles_within_archives_are_refused_and_never_run(tmp_path):
    sprung = tmp_path / "sprung"
    file = io.BytesIO()
    np.savez(file, a=np.array([Trap(sprung)], object))
    refuse(tmp_path / "objects.npz", file.getvalue())
    # As PyTorch packs its own.
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Trap(sprung)))
    assert "other things" in refuse(tmp_path / "torch.npz", file.getvalue())
    assert not sprung.exists()


def test_an_archive_that_swells_is_refused_before_it_does(tmp_path, monkeypatch):
    file = io.BytesIO()
    np.savez_compressed(file, a=np.zeros(10_000))
    assert len(file.getvalue()) < 1000
    monkeypatch.setattr(stored, "LIMIT", 50_000)
    assert "unpacked" in refuse(tmp_path / "bomb.npz", file.getvalue())
    monkeypatch.setattr(stored, "LIMIT", 500)
    content = packed(*page_and_body({"a": np.zeros(100)}))
    assert "more than 500" in refuse(tmp_path / "large.safetensors", content)


def test_an_archive_that_claims_more_than_it_holds_is_refused(tmp_path):
    page = np.lib.format.header_data_from_array_1_0(np.zeros(1))
    page["shape"] = (2**40,)
    file, member = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(member, page)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", member.getvalue() + bytes(8))
    refuse(tmp_path / "claims.npz", file.getvalue())


def test_where_there_is_no_file_that_is_said(tmp_path):
    with pytest.raises(StoredError, match="no file at"):
        read(tmp_path / "none.safetensors")


TORCH = """
import numpy
class Tensor(numpy.ndarray):
    def detach(self): return self
    def float(self): return self.astype(numpy.float32)
    def numpy(self): return numpy.asarray(self)
def load(path, map_location, weights_only):
    assert map_location == "cpu" and weights_only and path.endswith("my nets.pth")
    return {"conv1.weight": numpy.ones((2, 3)).view(Tensor)}
"""


def test_the_advice_makes_a_file_that_can_be_read(tmp_path, monkeypatch):
    said = refuse(tmp_path / "my nets.pth", b"")
    # PyTorch, as far as the advice needs it.
    (tmp_path / "torch.py").write_text(TORCH)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    _, program, *arguments = shlex.split(said.splitlines()[-1])[1:]
    command = [sys.executable, "-c", program, *arguments]
    subprocess.run(command, check=True)
    found = read(tmp_path / "my nets.npz")["conv1.weight"]
    np.testing.assert_array_equal(found, np.ones((2, 3), np.float32))
