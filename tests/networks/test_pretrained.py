import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.networks.pretrained import load_resnet, standardize, torch_name
from handjax.networks.resnet import RESNET_50, ResNet, Stages
from handjax.networks.stored import StoredError
from tests.networks import torch_resnet
from tests.networks.safetensors_file import save

PLAIN = Stages((4, 6, 8, 10), (2, 1, 1, 1))
DEEP = Stages((3, 4, 5, 6), (1, 2, 1, 1), bottleneck=True)
TINY = Stages((2, 3), (1, 1))


@pytest.fixture
def tiny():
    return torch_resnet.random_weights(*TINY)


def load_tiny(tmp_path, weights):
    path = save(tmp_path / "weights.safetensors", weights)
    return load_resnet(path, ResNet(TINY, "frozen"))


@pytest.mark.parametrize("stages", [PLAIN, DEEP], ids=["plain", "deep"])
def test_a_network_computes_what_torchvision_does(stages, tmp_path):
    weights = torch_resnet.random_weights(*stages)
    path = save(tmp_path / "weights.safetensors", weights)
    network = ResNet(stages, "frozen")
    params = load_resnet(path, network)
    # Every stage halves an odd height and an even width.
    x = np.random.default_rng(1).normal(size=(2, 33, 64, 3)).astype(np.float32)
    found = jax.jit(network.apply)({"params": params}, jnp.asarray(x))
    wanted = torch_resnet.run(x.transpose(0, 3, 1, 2), weights)
    assert wanted.shape == (2, stages.features, 2, 2)
    assert wanted.std() > 0.1
    np.testing.assert_allclose(
        found.pixels, wanted.transpose(0, 2, 3, 1), atol=1e-4 * wanted.max()
    )
    np.testing.assert_allclose(
        found.mean, wanted.mean(axis=(2, 3)), atol=1e-4 * wanted.max()
    )


def test_parameters_are_what_the_network_has_at_the_start(tiny, tmp_path):
    params = load_tiny(tmp_path, tiny)
    picture = jax.ShapeDtypeStruct((1, 16, 16, 3), jnp.float32)
    network = ResNet(TINY, "frozen")
    wanted = jax.eval_shape(network.init, jax.random.key(0), picture)["params"]
    assert jax.tree.structure(params) == jax.tree.structure(wanted)
    assert jax.tree.all(jax.tree.map(lambda a, b: a.shape == b.shape, params, wanted))
    assert jax.tree.all(jax.tree.map(lambda a, b: a.dtype == b.dtype, params, wanted))


def test_a_kernel_keeps_its_numbers_in_another_order(tiny, tmp_path):
    kernel = load_tiny(tmp_path, tiny)["layer2_0"]["conv1"]["kernel"]
    assert kernel[0, 2, 1, 2] == tiny["layer2.0.conv1.weight"][2, 1, 0, 2]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("conv1/kernel", "conv1.weight"),
        ("norm1/var", "bn1.running_var"),
        ("layer3_5/conv3/kernel", "layer3.5.conv3.weight"),
        ("layer4_0/norm2/scale", "layer4.0.bn2.weight"),
        ("layer1_0/skip/kernel", "layer1.0.downsample.0.weight"),
        ("layer1_0/skip_norm/bias", "layer1.0.downsample.1.bias"),
    ],
)
def test_parameters_are_known_by_torchvisions_names(ours, theirs):
    assert torch_name(tuple(ours.split("/"))) == theirs


def test_resnet_50_wants_the_265_arrays_of_torchvisions(tmp_path):
    path = save(tmp_path / "empty.safetensors", {})
    with pytest.raises(StoredError) as refused:
        load_resnet(path, ResNet(RESNET_50, "frozen"))
    named = str(refused.value).splitlines()[1:]
    # 53 convolutions, and four arrays for the norm behind each.
    assert len(named) == 265
    wanted = {
        f"    {name!r} is missing, {shape}"
        for name, shape in torch_resnet.names_and_shapes(*RESNET_50[:3])
        if not name.startswith("fc.") and not name.endswith("tracked")
    }
    assert set(named) == wanted
    assert "    'layer4.0.downsample.0.weight' is missing, (2048, 1024, 1, 1)" in named


@pytest.mark.parametrize("dtype", ["float16", jnp.bfloat16, "float64"])
@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_floats_of_other_sizes_are_taken(dtype, suffix, tiny, tmp_path):
    tiny = {
        name: array.astype(dtype) if array.dtype == np.float32 else array
        for name, array in tiny.items()
    }
    path = tmp_path / f"weights{suffix}"
    if suffix == ".npz":
        np.savez(path, **tiny)
    else:
        save(path, tiny)
    params = load_resnet(path, ResNet(TINY, "frozen"))
    found = params["layer1_0"]["norm2"]["mean"]
    assert found.dtype == jnp.float32
    wanted = tiny["layer1.0.bn2.running_mean"].astype(np.float32)
    np.testing.assert_array_equal(found, wanted)


def test_all_that_is_wrong_is_named_at_once(tiny, tmp_path):
    del tiny["layer1.0.conv2.weight"]
    tiny["conv1.weight"] = tiny["conv1.weight"][:, :1]
    tiny["bn1.bias"] = tiny["bn1.bias"].astype(np.int32)
    tiny["bn1.running_var"] = -tiny["bn1.running_var"]
    tiny["layer2.0.bn1.weight"] = tiny["layer2.0.bn1.weight"] * np.float32(np.nan)
    tiny["layer2.0.bn2.bias"] = np.full(3, 1e300)
    tiny["layer1.0.se.fc1.weight"] = np.zeros((2, 2), np.float32)
    with pytest.raises(StoredError) as refused:
        load_tiny(tmp_path, tiny)
    assert [line.strip() for line in str(refused.value).splitlines()[1:]] == [
        "'bn1.bias' is int32, wanted are floats of 16, 32 or 64 bits",
        "'bn1.running_var' has variances below 0",
        "'conv1.weight' is (2, 1, 7, 7), wanted (2, 3, 7, 7)",
        "'layer1.0.conv2.weight' is missing, (2, 2, 3, 3)",
        "'layer1.0.se.fc1.weight' is surplus, float32 (2, 2)",
        "'layer2.0.bn1.weight' has values that are no finite numbers",
        "'layer2.0.bn2.bias' has values that are no finite numbers",
    ]


def test_weights_without_a_classifier_or_counts_are_whole(tiny, tmp_path):
    full = load_tiny(tmp_path, tiny)
    bare = {k: v for k, v in tiny.items() if "fc." not in k and "tracked" not in k}
    assert len(bare) < len(tiny)
    jax.tree.map(np.testing.assert_array_equal, full, load_tiny(tmp_path, bare))


def test_a_network_of_group_norms_has_no_place_for_statistics(tmp_path):
    with pytest.raises(ValueError, match="norm='frozen', not 'group'"):
        load_resnet(tmp_path / "any.npz", ResNet(TINY))


def test_imagenets_mean_colour_becomes_zero():
    picture = jnp.array([[0.485, 0.456, 0.406], [0.714, 0.68, 0.631]])
    np.testing.assert_allclose(standardize(picture), [[0] * 3, [1] * 3], atol=1e-6)
