"""Released files are read as data, whoever wrote them; others are refused by name."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from handjax.hands import mano, mano_files
from handjax.hands.template import load_template
from handjax.unpickle import UnpickleError
from tests.data.python_2 import Made, python_2
from tests.hands import mano_model

MODEL = mano_model.random_model()
NAMES = {
    "vertices": "v_template",
    "shapes": "shapedirs",
    "correctives": "posedirs",
    "regressor": "J_regressor",
    "weights": "weights",
    "faces": "f",
    "components": "hands_components",
    "mean": "hands_mean",
}


def written(path, **changed):
    path.write_bytes(mano_model.pickled(MODEL, **changed))
    return path


def refused(path, message, error=mano.ManoError):
    """The file is refused by every way in."""
    for read in (mano.load, lambda p: load_template(str(p))):
        with pytest.raises(error, match=message):
            read(path)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {name: MODEL[name] for name in ("shapedirs", "J_regressor")},
        {name: mano_model.held(MODEL[name]) for name in ("posedirs", "weights")},
        {"J_regressor": mano_model.compressed(MODEL["J_regressor"], "csr", "_csr")},
        {"kintree_table": np.array([(-1, *mano_model.PARENTS[1:]), range(16)])},
    ],
)
def test_what_is_stored_comes_back(tmp_path, changed):
    released = mano_files.read_released(written(tmp_path / "hand.pkl", **changed))
    for ours, theirs in NAMES.items():
        np.testing.assert_array_equal(getattr(released, ours), MODEL[theirs])
    assert not released.left
    assert not released.repaired


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_so_does_what_python_3_stored(tmp_path, protocol):
    path = tmp_path / "hand.pkl"
    path.write_bytes(pickle.dumps(MODEL, protocol))
    released = mano_files.read_released(path)
    for ours, theirs in NAMES.items():
        np.testing.assert_array_equal(getattr(released, ours), MODEL[theirs])


class Runs:
    """Makes a file where it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_nothing_in_a_file_is_run(tmp_path, protocol):
    path, made = tmp_path / "MANO_RIGHT.pkl", tmp_path / "made"
    path.write_bytes(pickle.dumps(MODEL | {"bs_style": Runs(made)}, protocol))
    refused(
        path, r"MANO_RIGHT\.pkl asks for posix\.system, which is ref", UnpickleError
    )
    assert not made.exists()
    # Python's own reader would have run it.
    pickle.loads(path.read_bytes())
    assert made.exists()


@pytest.mark.parametrize(
    "name", ["chumpy.ch_ops.add", "chumpy.ch.ChLambda", "scipy.sparse.csc.os"]
)
def test_other_nodes_and_classes_are_refused_by_name(tmp_path, name):
    path = written(tmp_path / "hand.pkl", shapedirs=Made(name, {"x": 1}))
    refused(path, f"asks for {name}, which is refused", UnpickleError)


def endless():
    """chumpy's nodes within one another."""
    node = mano_model.held(MODEL["shapedirs"])
    for _ in range(20):
        node = Made("chumpy.ch.Ch", {"x": node})
    return node


PICKED = mano_model.picked(MODEL["shapedirs"])
SPARSE = mano_model.compressed(MODEL["J_regressor"])
FAR = np.full(3, 5_000, np.int32)


def but(made, **fields):
    return Made(made.name, made.fields | fields)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"shapedirs": endless()}, "shapedirs .* broken .*expressions within"),
        ({"shapedirs": but(PICKED, idxs=np.array([10**9]))}, "shapedirs .* is broken"),
        ({"shapedirs": but(PICKED, a=[[1.0]])}, "shapedirs .* broken .list, no array"),
        ({"shapedirs": but(PICKED, preferred_shape=(7,))}, "shapedirs .* is broken"),
        ({"shapedirs": Made("chumpy.ch.Ch", {})}, "shapedirs .* is broken"),
        ({"J_regressor": but(SPARSE, indices=FAR)}, "J_regressor .* is broken"),
        ({"J_regressor": but(SPARSE, _shape=(1 << 30, 778))}, "of another size"),
        ({"v_template": MODEL["v_template"][:9]}, "wants 778 x 3 numbers; got 9 x 3"),
        ({"v_template": None}, "v_template .* is broken .NoneType, no array"),
        ({"hands_mean": np.full(45, np.nan)}, "hands_mean .* holds NaN or infinity"),
        ({"hands_mean": np.array(["x"] * 45)}, "hands_mean .* holds <U1, no numbers"),
        ({"f": MODEL["f"] + 1000}, "f in .* points at what is not there"),
        ({"f": MODEL["f"].astype(float)}, "f in .* holds float64, no numbers"),
        ({"J_regressor": np.zeros((16, 778))}, "some of its joints coincide at rest"),
        ({"kintree_table": np.zeros((2, 16), int)}, "hang otherwise than MANO's"),
    ],
)
def test_what_is_no_mano_is_refused_with_what_is_wrong(tmp_path, changed, message):
    refused(written(tmp_path / "hand.pkl", **changed), message)


def test_what_holds_no_names_or_is_not_there_is_refused(tmp_path):
    path = tmp_path / "hand.pkl"
    path.write_bytes(python_2([1, 2]))
    refused(path, r"holds list, no MANO\. Take MANO_RIGHT\.pkl .*mano\.is\.tue")
    refused(tmp_path / "none.pkl", r"no file at .*none\.pkl", UnpickleError)
    path.write_bytes(mano_model.pickled(MODEL)[:1000])
    refused(path, "broken pickle", UnpickleError)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "hand.npz"
    released = tmp_path_factory.mktemp("released") / "hand.pkl"
    released.write_bytes(mano_model.pickled(MODEL))
    with path.open("wb") as file:
        arrays = mano.converted(mano_files.read_released(released))
        mano_files.write_stored(file, arrays)
    return dict(np.load(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tips": None}, r"has no tips: it is no hand\. Make it again: python -m"),
        ({"tips": np.array([0, 1, 2, 3, 778])}, "tips in .* points at what is not"),
        ({"uv_faces": np.full((1538, 3), 9999)}, "uv_faces in .* points at"),
        ({"weights": np.zeros((778, 16))}, "weights .* wants 778 x 17 .* got 778 x 16"),
        ({"shape_radii": np.zeros((3, 41))}, "shape_radii .* 10 x 41 .* got 3 x 41"),
        ({"mean": np.array([{}] * 45)}, "can't be read .*allow_pickle=False"),
    ],
)
def test_a_stored_file_is_looked_through(stored, tmp_path, change, message):
    path = tmp_path / "hand.npz"
    arrays = {k: v for k, v in (stored | change).items() if v is not None}
    np.savez(path, **arrays)
    refused(path, message)


def test_a_stored_file_that_is_none_or_far_too_large_is_refused(tmp_path):
    path = tmp_path / "hand.npz"
    refused(path, r"hand\.npz can't be read .*No such file")
    path.write_bytes(b"no archive")
    refused(path, "can't be read .*not a zip file")
    content = io.BytesIO()
    np.save(content, np.zeros(1 << 24))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vertices.npy", content.getvalue())
    refused(path, "takes more than .* bytes, and is no hand")
