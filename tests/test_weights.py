"""Weights are found by the name of a release or the folder of a run."""

import pytest

from handjax import weights
from handjax.training import configs


def test_a_folder_of_results_hides_no_release_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wan_spheres").mkdir()
    assert weights.find("wan_spheres").origin.startswith("release wan_spheres")
    (tmp_path / "wan_spheres" / configs.FILE).write_text("{}")
    with pytest.raises(weights.MissingError, match="no config"):
        weights.find("wan_spheres")
    (tmp_path / "results").mkdir()
    with pytest.raises(weights.MissingError, match="no run in"):
        weights.find("results")
