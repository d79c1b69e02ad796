"""DexYCB: four test sets, one named by --subset, and the toolkit's own text files."""

import numpy as np
import pytest

from handjax.data import dexycb_splits
from tests.data.test_dexycb import drawn, shots, whole
from tests.held_out.commands import evaluated, labels, predictions, refused


@pytest.fixture
def root(whole, monkeypatch, tmp_path):
    """The download, whose frames stand where s0 and s1 are tested."""
    monkeypatch.setenv("HANDJAX_CACHE", str(tmp_path / "cache"))
    parts = dict(dexycb_splits.SPLITS)
    for name, camera in (("s0_test", 2), ("s1_test", 5)):
        part = parts["s0_val"]
        parts[name] = part._replace(subjects=(0,), cameras=(camera,))
        monkeypatch.setitem(dexycb_splits.SPLITS, name, parts[name])
    return whole


def test_the_test_set_is_s0s_unless_another_is_named(root, tmp_path):
    for words, split in (((), "s0_test"), (("--subset", "s1_test"), "s1_test")):
        truth, _ = labels("dexycb", root, split)
        path = predictions(tmp_path / "ours.txt", truth, 6.0)
        words = (*words, "--predictions", path)
        found = evaluated("dexycb", root, *words, out=tmp_path / split)
        assert found["frames"] == len(truth)
        assert f"{split} alone, {len(truth)} frames" in found["notes"]
        e = np.linalg.norm(
            np.round(np.loadtxt(path), 4).reshape(truth.shape) - truth, axis=-1
        )
        assert found["mean_mm"] == pytest.approx(e.mean(), abs=1e-3)
        assert found["align"] == "none"
        assert {"none", "root", "procrustes"} <= found["aligned_mm"].keys()


def test_rows_of_the_toolkits_results_begin_with_numbers_that_leave_some_out(
    root, tmp_path
):
    truth, _ = labels("dexycb", root, "s0_test")
    path = tmp_path / "toolkit.txt"
    rows = [
        ",".join(map(str, [7 * k + 3, *row]))
        for k, row in enumerate((truth + 1.0).reshape(len(truth), -1))
    ]
    path.write_text("\n".join(rows))
    found = evaluated("dexycb", root, "--predictions", path, out=tmp_path / "out")
    assert found["mean_mm"] == pytest.approx(3**0.5, abs=1e-3)


def test_what_is_no_test_set_is_refused(root, tmp_path, capsys):
    words = ["--dataset", "dexycb", "--root", root, "--out", tmp_path]
    words += ["--predictions", tmp_path / "x.txt", "--subset", "s0_train"]
    said = refused(capsys, *words)
    assert "--subset 's0_train' is not known" in said
    assert "s0_test, s1_test, s2_test, s3_test" in said
