"""An encoder that begins with what somebody else has trained."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import deep_hand_mesh as page
from handjax.methods import deep_hand_mesh
from handjax.methods.deep_hand_mesh import encoder
from handjax.networks import resnet
from handjax.networks.pretrained import standardize
from handjax.networks.stored import StoredError
from tests.methods.deep_hand_mesh.capture import TEMPLATE, batch_of
from tests.networks import torch_resnet
from tests.networks.safetensors_file import save

STAGES = resnet.STAGES["tiny"]


def make(file, norm="frozen", variant="test"):
    config = page.get_config(variant)
    config.model.update({"pretrained": str(file), "norm": norm})
    return deep_hand_mesh.make(config, TEMPLATE)


def begin(method):
    batch = batch_of(TEMPLATE.vertices[None])
    return jax.jit(lambda: method.init(jax.random.key(0), batch)[0])()


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_features_are_those_of_the_file_and_the_rest_is_as_it_was(suffix, tmp_path):
    weights = torch_resnet.random_weights(*STAGES)
    file = tmp_path / f"weights{suffix}"
    if suffix == ".npz":
        np.savez(file, **weights)
    else:
        save(file, weights)
    method = make(file)
    before = begin(method)
    params, said = method.given(before)
    assert str(file) in said
    assert jax.tree.structure(params) == jax.tree.structure(before)
    assert params["decoder"] is before["decoder"]
    ours, theirs = params["encoder"]["params"], before["encoder"]["params"]
    assert all(ours[name] is theirs[name] for name in ours if name != encoder.RESNET)
    image = jax.random.uniform(jax.random.key(1), (1, 16, 16, 3))  # shrunk by 2
    seen = np.asarray(standardize(image)).transpose(0, 3, 1, 2)
    wanted = torch_resnet.run(seen, weights).transpose(0, 2, 3, 1).reshape(1, -1)
    h = np.maximum(wanted @ ours["pose1"]["kernel"] + ours["pose1"]["bias"], 0.0)
    theta = np.pi * np.tanh(h @ ours["pose2"]["kernel"] + ours["pose2"]["bias"])
    net = encoder.Encoder(STAGES, "frozen", hidden=8, pooled=False)
    np.testing.assert_allclose(net.apply(params["encoder"], image)[0], theta, atol=1e-5)


def test_statistics_stay_as_they_were_and_kernels_learn(tmp_path):
    method = make(
        save(tmp_path / "w.safetensors", torch_resnet.random_weights(*STAGES))
    )
    flat = jax.tree_util.tree_leaves_with_path(begin(method)["encoder"])
    paths = [("encoder", *(part.key for part in path)) for path, _ in flat]
    moves = {path[-1]: method.trainable["weak"](path) for path in paths}
    assert moves == {
        **{"kernel": True, "bias": True, "scale": True},
        **{"mean": False, "var": False},
    }


def test_shapes_are_known_where_the_file_is_not(tmp_path):
    """A run is evaluated where its first weights need not be."""
    method = make(tmp_path / "gone.npz")
    shapes = jax.eval_shape(
        lambda: method.init(jax.random.key(0), batch_of(jnp.zeros((1, 790, 3))))[0]
    )
    assert encoder.RESNET in shapes["encoder"]["params"]


def test_weights_of_another_network_and_none_are_refused(tmp_path):
    method = make(tmp_path / "gone.npz")
    params = begin(method)
    with pytest.raises(StoredError, match=r"no file at .*gone\.npz"):
        method.given(params)
    weights = torch_resnet.random_weights(*resnet.STAGES["small"])
    method = make(save(tmp_path / "small.safetensors", weights))
    with pytest.raises(StoredError, match=r"(?s)small\.safetensors.*'conv1.weight' is"):
        method.given(params)


def test_without_a_file_nothing_is_given():
    assert make("", norm="group").given is None


@pytest.mark.parametrize(
    ("file", "norm", "variant", "complaint"),
    [
        ("w.npz", "group", "test", "set model.norm to 'frozen', not 'group'"),
        ("", "frozen", "test", "nothing gives its statistics.*model.pretrained"),
        ("w.npz", "frozen", "test,general", "hands of others.*'group'"),
    ],
)
def test_statistics_that_nobody_has_are_asked_for(file, norm, variant, complaint):
    with pytest.raises(ValueError, match=complaint):
        make(file, norm, variant)


def test_a_run_that_brings_all_parameters_needs_no_file():
    assert make("", "frozen", "test,textured,adapt").given is None
