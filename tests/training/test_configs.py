"""A run's config survives the disk, and a change is named."""

from ml_collections import ConfigDict

from configs import wan_spheres
from handjax.training import configs


def test_a_config_comes_back_from_the_disk_as_it_was(tmp_path):
    config = wan_spheres.get_config("test")
    configs.write(tmp_path / "config.json", config)
    back = configs.read(tmp_path / "config.json")
    assert configs.differences(config, back) == []
    assert back.phases[0].weights == config.phases[0].weights
    assert back.model.widths == config.model.widths


def test_differences_name_the_field_and_both_values():
    ours = ConfigDict({"a": {"b": 1, "same": 2}, "phases": (ConfigDict({"steps": 5}),)})
    theirs = ConfigDict(ours.to_dict())
    theirs.a.b = 3
    theirs.phases = (ConfigDict({"steps": 6, "more": "x"}),)
    assert configs.differences(ours, theirs) == [
        "a.b: 1, 3",
        "phases.0.more: absent, x",
        "phases.0.steps: 5, 6",
    ]
