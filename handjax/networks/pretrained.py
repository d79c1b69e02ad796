"""Weights of a ResNet that somebody else has trained, from a file of the user's.

Names and layout are torchvision's, which timm's plain ResNets share (resnet18,
resnet50, ...). Its others (resnet50d, resnet50_gn, seresnet50, ...) have other arrays
and are refused. Beware of those that have the same and compute something else: what
blurs before it halves (timm's resnetblur50 and resnetaa50), and networks that halve in
the first convolution of a bottleneck, as [he2016] printed it. No file tells.

    network = ResNet(RESNET_50, norm="frozen")
    params = load_resnet("resnet50.safetensors", network)
    features = network.apply({"params": params}, standardize(image))

Source: torchvision/models/resnet.py and timm/models/resnet.py, names of modules.
"""

import re
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.networks.resnet import ResNet
from handjax.networks.stored import Arrays, StoredError, read

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue over the pictures of ImageNet, as torchvision has them."""
IGNORED = re.compile(r"fc\..*|.*\.num_batches_tracked")
"""The classifier, and how long the statistics were gathered."""
LEAVES = {"kernel": "weight", "scale": "weight", "bias": "bias"}
LEAVES |= {"mean": "running_mean", "var": "running_var"}


def standardize(image: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3"]:
    """A picture as these networks were trained on.

        (image - MEAN) / DEVIATION

    Args:
        image: RGB in [0, 1].
    """
    return (image - jnp.asarray(MEAN)) / jnp.asarray(DEVIATION)


def load_resnet(path: str | Path, network: ResNet) -> dict[str, Any]:
    """Parameters of a network from a file with torchvision's names.

    Args:
        path: a .safetensors or .npz file. Floats of 16 bits are widened, those of 64
            rounded; the classifier is left out.
        network: of the same stages, with the norm "frozen".

    Returns:
        its parameters, float32: what stands under "params" for `network.apply`.

    Raises:
        StoredError: the file can't be read, or is of another network; every array that
            is missing, surplus or not as wanted is named.
    """
    if network.norm != "frozen":
        raise ValueError(
            f"weights from elsewhere come with the statistics of their norm; make the "
            f"network with norm='frozen', not {network.norm!r}"
        )
    shapes = _shapes(network)
    stored = {k: v for k, v in read(path).items() if not IGNORED.fullmatch(k)}
    wrong = _complaints(stored, shapes)
    if wrong:
        raise StoredError(
            f"{path} is not of {network.stages}:\n    " + "\n    ".join(wrong)
        )
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: _inward(stored[torch_name(_keys(path))], leaf.ndim), shapes
    )


def torch_name(path: tuple[str, ...]) -> str:
    """What torchvision calls a parameter.

    Args:
        path: of ours, such as ("layer1_0", "skip_norm", "mean"), which becomes
            layer1.0.downsample.1.running_mean.
    """
    *modules, leaf = path
    name = ".".join(modules)
    name = re.sub(r"^(layer\d+)_", r"\1.", name)
    name = name.replace("skip_norm", "downsample.1").replace("skip", "downsample.0")
    return f"{re.sub(r'norm(?=[0-9])', 'bn', name)}.{LEAVES[leaf]}"


def _shapes(network: ResNet) -> Any:
    picture = jax.ShapeDtypeStruct((1, 32, 32, 3), jnp.float32)
    key = jax.eval_shape(lambda: jax.random.key(0))
    return jax.eval_shape(network.init, key, picture)["params"]


def _keys(path: Any) -> tuple[str, ...]:
    return tuple(str(part.key) for part in path)


def _complaints(stored: Arrays, shapes: Any) -> list[str]:
    """A line for everything that is not as the network wants it, by name."""
    wanted = {
        torch_name(_keys(path)): _outward(leaf.shape)
        for path, leaf in jax.tree_util.tree_leaves_with_path(shapes)
    }
    found = [
        f"{name!r} is surplus, {array.dtype} {array.shape}"
        for name, array in stored.items()
        if name not in wanted
    ]
    for name, shape in wanted.items():
        if name not in stored:
            found.append(f"{name!r} is missing, {shape}")
        elif complaint := _complaint(name, stored[name], shape):
            found.append(f"{name!r} {complaint}")
    return sorted(found)


def _complaint(name: str, array: np.ndarray, shape: tuple[int, ...]) -> str:
    if array.shape != shape:
        return f"is {array.shape}, wanted {shape}"
    if not jnp.issubdtype(array.dtype, jnp.floating):
        return f"is {array.dtype}, wanted are floats of 16, 32 or 64 bits"
    # What is too large for 32 bits shows as infinite, and is named.
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32)
    if not np.isfinite(narrow).all():
        return "has values that are no finite numbers"
    if name.endswith("running_var") and (narrow < 0.0).any():
        return "has variances below 0"
    return ""


def _outward(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape there of what has this shape here; a `Dense` is a 1x1 convolution there."""
    if len(shape) == 1:
        return shape
    height, width, inputs, outputs = (1, 1, *shape)[-4:]
    return outputs, inputs, height, width


def _inward(array: np.ndarray, axes: int) -> Array:
    """What stands there, in our order of axes: OIHW becomes HWIO, or IO."""
    if axes == 1:
        return jnp.asarray(array.astype(np.float32))
    moved = array.astype(np.float32).transpose(2, 3, 1, 0)
    return jnp.asarray(moved.reshape(moved.shape[-axes:]))
