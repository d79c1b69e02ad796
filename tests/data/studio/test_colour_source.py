"""The studio in colour as a source: what a config names, and what it may not."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import common, wan_spheres
from handjax.batch import Batch, Labels, Views
from handjax.data import studio
from handjax.data.studio import colour, version
from handjax.data.studio.colour import dome, takes
from handjax.experiment import assemble
from handjax.geometry.cameras import Pinhole
from handjax.hands import appearance
from handjax.render import occlusion
from handjax.training import configs

PIXELS = 32
EYE = jnp.eye(4)[None, None]
CAMERA = Pinhole(jnp.ones((1, 1, 2)), jnp.zeros((1, 1, 2)))
NOTHING = Batch(
    Views(None, None, None, jnp.ones((1, 1), bool), CAMERA, EYE, EYE), None, Labels()
)


def settings(*, targets=0, **changes):
    config: Any = common.studio().unlock()
    config.rgb.update({"pixels": PIXELS, "targets": targets})
    config.update({"modality": "rgb", "subject": "B", "amount": "test"} | changes)
    return config


def watch(monkeypatch):
    """What `take` is asked for, from now on."""
    asked = []

    def take(stage, moments, seen, **more):
        del stage
        asked.append((np.asarray(moments), np.asarray(seen), more))
        return NOTHING

    monkeypatch.setattr(colour, "take", take)
    return asked


@pytest.mark.parametrize(
    ("named", "targets", "known"),
    [
        ((), 0, set()),
        (("joints",), 0, {"joints", "joints_valid"}),
        (("keypoints2d", "mask"), 0, {"keypoints2d", "mask"}),
        (("joints", "depth"), 6, {"joints", "joints_valid", "depth"}),
        (("depth", "mask"), 2, {"depth", "mask"}),
    ],
)
def test_only_labels_that_are_named_are_there(named, targets, known):
    source = studio.source(settings(labels=named, targets=targets), 2)
    batch = jax.eval_shape(source.sample, jax.random.key(0), source.held)
    seen = batch.targets or batch.views
    found = {k for k, x in batch.labels._asdict().items() if x is not None}
    found |= {k for k in ("depth", "mask") if getattr(seen, k) is not None}
    assert found == known
    assert batch.views.image.shape == (2, 1, PIXELS, PIXELS, 3)
    if targets:
        assert batch.targets.valid.shape == (2, targets)
        assert batch.targets.image is batch.views.depth is batch.views.mask is None


def test_no_camera_is_drawn_twice(monkeypatch):
    source = colour.source(settings(labels=("depth",), targets=23), 4)
    asked = watch(monkeypatch)
    source.sample(jax.random.key(1), source.held)
    assert all(sorted(row) == list(range(24)) for row in asked[0][1].tolist())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ("vertices",)}, "'vertices'.*it may name .'joints'"),
        ({"targets": 24, "labels": ("depth",)}, "there are 23 cameras"),
        ({"targets": 6, "labels": ("joints",)}, "name one of .'depth', 'mask'"),
        ({"subject": "E"}, "studio.subject is 'E'.*'D'"),
        ({"split": "both"}, "studio.split is 'both'.*'train', 'test'"),
        ({"multi_view": 0.5}, "studio.multi_view is 0.5.*leave it at 1"),
    ],
)
def test_what_is_not_there_is_refused(changes, said):
    chosen = settings(**changes)
    with pytest.raises(ValueError, match=said):
        colour.source(chosen, 2)
    config = wan_spheres.get_config("test").unlock()
    config.studio = chosen
    with pytest.raises(configs.ConfigError, match=r"studio\."):
        assemble(config)


def test_amounts_have_the_names_that_those_of_depth_have():
    assert colour.AMOUNTS.keys() == studio.AMOUNTS.keys()


@pytest.mark.parametrize(("backend", "rounds"), [("cpu", 4), ("gpu", 1)])
def test_moments_wait_for_one_another_on_a_cpu_alone(monkeypatch, backend, rounds):
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    monkeypatch.setattr(takes, "_see", lambda stage, *rest, **more: stage.cameras[0])
    monkeypatch.setattr(takes, "_known", lambda *rest: ())
    monkeypatch.setattr(takes, "_views", lambda seen: seen)
    monkeypatch.setattr(takes, "Batch", lambda *parts: parts)
    monkeypatch.setattr(takes.shots, "pose", lambda look, motion: motion.wrist)
    stage = colour.load_stage("B", "test", "train")

    def look(moments):
        return takes.take.__wrapped__(stage, moments, jnp.zeros((16, 1), jnp.int32))

    found = str(jax.make_jaxpr(look)(jnp.arange(16)))
    assert f"length={rounds}" in found


def test_a_share_of_the_moments_is_a_share_of_every_second(monkeypatch):
    whole, half = (
        colour.source(settings(amount="tiny", frames=share), 400)
        for share in (1.0, 0.5)
    )
    asked = watch(monkeypatch)
    for source in (whole, half):
        source.sample(jax.random.key(1), source.held)
    every, some = (set((moments // 30).tolist()) for moments, _, _ in asked)
    assert len(every) > 45
    assert max(some) > 45
    assert 20 <= len(some) <= 25


def test_test_moments_come_in_order_each_by_its_own_camera(monkeypatch):
    source, count = colour.held_out("B", "test")
    assert count == 12
    asked = watch(monkeypatch)
    for _ in range(2):
        source.sample(jax.random.key(0), (source.held[0], jnp.arange(12)))
    (_, first, more), (_, second, _) = asked
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first)) > 4
    assert set(more["labels"]) == {*colour.LABELS, "vertices"}


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (colour, "KEY", 6),
        (colour, "TESTED", 1_001),
        (dome, "AMBIENT", 0.31),
        (appearance, "TONES", 1.01 * appearance.TONES),
        (appearance, "MARKS", version.ASSET),
        (occlusion, "STRENGTH", 0.9),
    ],
)
def test_no_constant_changes_without_the_hash(monkeypatch, module, name, value):
    before, of_depth = colour.label(), version.label()
    monkeypatch.setattr(module, name, value)
    assert colour.label() != before
    assert version.label() == of_depth


def test_the_hash_is_the_same_wherever_handjax_lies(monkeypatch):
    before = colour.label()
    monkeypatch.setattr(appearance.__spec__, "origin", "/elsewhere/appearance.py")
    assert "elsewhere" in repr(appearance)
    assert colour.label() == before
