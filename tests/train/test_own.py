"""A recording of one's own is learnt from and tested on, as docs/own_data.md has it."""

import json
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import evaluate
import train
from configs import own as page
from handjax import weights
from handjax.data import own
from handjax.data.studio import recorded
from handjax.experiment import assemble, example
from tests.train.toy import entries

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A few frames of the studio's C, in files."""
    root = tmp_path_factory.mktemp("own")
    recorded.write(root, "C", "test", every=3)
    return root


def test_the_page_shows_the_config_that_there_is():
    text = (ROOT / "docs" / "own_data.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert code in (ROOT / "configs" / "own.py").read_text()


def test_a_recording_of_the_studio_is_read_as_it_was_written(recording):
    for split in own.SPLITS:
        entries = own.index(recording, split)
        frames = [own.read(recording, entry) for entry in entries]
        assert [len(frame.views) for frame in frames] == [3] * len(entries)
        for frame in frames:
            assert frame.valid.all()
            for view in frame.views:
                assert view.depth.shape == (recorded.HEIGHT, recorded.WIDTH)
                # Half a finger's depth; more where fingers hide one another.
                assert np.median(np.abs(before_joints(frame, view))) < 60.0


def before_joints(frame, view):
    """How far the surface that a camera measured is before each key point, mm."""
    R, t = view.camera_from_world[:3, :3], view.camera_from_world[:3, 3]
    p = frame.joints @ R.T + t
    uv = np.rint(p[:, :2] / p[:, 2:] * view.focal + view.centre).astype(int)
    u, v = np.clip(uv, 0, [recorded.WIDTH - 1, recorded.HEIGHT - 1]).T
    return p[:, 2] - view.depth[v, u]


def test_it_is_learnt_from_without_labels_and_tested_on(
    recording, tmp_path, monkeypatch
):
    config = page.get_config("test").unlock()
    config.real.root, config.phases[0].steps = str(recording), 2
    made = assemble(config.lock())
    blank = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), example(made))
    params, state = jax.jit(made.method.init)(jax.random.key(0), blank)
    other = weights.Weights(config, params, state, "another run")
    monkeypatch.setattr(weights, "find", lambda name: other)
    run = tmp_path / "run"
    assert train.train(made, run, init="another") == 0
    said = [entry for entry in entries(run) if "loss" in entry][-1]
    assert np.isfinite([said[f"terms/{n}"] for n in config.phases[0].weights]).all()
    words = ["--dataset", "own", "--root", str(recording), "--workdir", str(run)]
    assert evaluate.main([*words, "--out", str(tmp_path / "out")]) == 0
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["frames"] == len(own.index(recording, "test"))
    assert found["mean_mm"] < 400.0


def test_frames_without_key_points_can_t_be_tested_on(recording, tmp_path, capsys):
    bare = tmp_path / "bare"
    (bare / "test").mkdir(parents=True)
    for name in (own.recording.FILE, *(f"test/{c}" for c in recorded.CAMERAS)):
        (bare / name).symlink_to(recording / name)
    words = ["--dataset", "own", "--root", str(bare), "--weights", "wan_spheres"]
    assert evaluate.main([*words, "--out", str(tmp_path / "out")]) == 2
    assert "has key points to test on" in capsys.readouterr().err
