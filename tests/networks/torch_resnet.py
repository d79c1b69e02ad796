"""A ResNet as torchvision runs it, in plain NumPy on arrays with torchvision's names.

Slow, in double precision, in PyTorch's layout: (batch, channels, height, width), and
(out, in, height, width) for kernels. It knows nothing of ours.
"""

import numpy as np


def names_and_shapes(widths, blocks, bottleneck):
    """What torchvision's state dictionary would hold, with its classifier of 5."""
    yield from _convolution("conv1", widths[0], 3, 7)
    yield from _norm("bn1", widths[0])
    inputs = widths[0]
    for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        outputs = width * (4 if bottleneck else 1)
        for block in range(count):
            at = f"layer{stage + 1}.{block}"
            sizes = [(width, 3), (width, 3)]
            if bottleneck:
                sizes = [(width, 1), (width, 3), (outputs, 1)]
            last = inputs
            for number, (channels, size) in enumerate(sizes, start=1):
                yield from _convolution(f"{at}.conv{number}", channels, last, size)
                yield from _norm(f"{at}.bn{number}", channels)
                last = channels
            if block == 0 and (stage > 0 or inputs != outputs):
                yield from _convolution(f"{at}.downsample.0", outputs, inputs, 1)
                yield from _norm(f"{at}.downsample.1", outputs)
            inputs = outputs
    yield "fc.weight", (5, inputs)
    yield "fc.bias", (5,)


def _convolution(name, outputs, inputs, size):
    yield f"{name}.weight", (outputs, inputs, size, size)


def _norm(name, channels):
    for leaf in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{leaf}", (channels,)
    yield f"{name}.num_batches_tracked", ()


def draw(rng, name, shape):
    """Numbers at which features stay of the order of 1."""
    if name.endswith("num_batches_tracked"):
        return np.array(7, np.int64)
    values = rng.normal(size=shape)
    if name.endswith("running_var"):
        return (0.5 + values**2).astype(np.float32)
    if len(shape) == 4:
        return (values * np.sqrt(2.0 / np.prod(shape[1:]))).astype(np.float32)
    centre = 1.0 if name.endswith("weight") else 0.0
    return (centre + 0.3 * values).astype(np.float32)


def random_weights(widths, blocks, bottleneck, seed=0):
    rng = np.random.default_rng(seed)
    named = names_and_shapes(widths, blocks, bottleneck)
    return {name: draw(rng, name, shape) for name, shape in named}


def windows(x, size, stride, fill):
    """(tap, batch, channels, p, q): what each tap of a window sees, padded alike."""
    pad = size // 2
    sides = ((0, 0), (0, 0), (pad, pad), (pad, pad))
    x = np.pad(x, sides, constant_values=fill)
    p, q = ((n - size) // stride + 1 for n in x.shape[2:])
    return np.stack(
        [
            x[:, :, i : i + stride * p : stride, j : j + stride * q : stride][
                :, :, :p, :q
            ]
            for i in range(size)
            for j in range(size)
        ]
    )


def convolve(x, kernel, stride=1):
    seen = windows(x, kernel.shape[-1], stride, 0.0)
    taps = kernel.reshape(*kernel.shape[:2], -1)
    return np.einsum("tbcpq,oct->bopq", seen, taps)


def normalize(x, weights, name):
    scale, bias, mean, var = (
        weights[f"{name}.{leaf}"].astype(np.float64)[:, None, None]
        for leaf in ("weight", "bias", "running_mean", "running_var")
    )
    return (x - mean) / np.sqrt(var + 1e-5) * scale + bias


def run_block(x, weights, at, stride):
    bottleneck = f"{at}.conv3.weight" in weights
    strides = (1, stride, 1) if bottleneck else (stride, 1)
    y = x
    for number, step in enumerate(strides, start=1):
        y = convolve(y, weights[f"{at}.conv{number}.weight"], step)
        y = normalize(y, weights, f"{at}.bn{number}")
        y = y if number == len(strides) else np.maximum(y, 0.0)
    if f"{at}.downsample.0.weight" in weights:
        x = convolve(x, weights[f"{at}.downsample.0.weight"], stride)
        x = normalize(x, weights, f"{at}.downsample.1")
    return np.maximum(x + y, 0.0)


def run(x, weights):
    """Features of the last block."""
    x = convolve(np.asarray(x, np.float64), weights["conv1.weight"], 2)
    x = np.maximum(normalize(x, weights, "bn1"), 0.0)
    x = windows(x, 3, 2, -np.inf).max(axis=0)
    stage = 1
    while f"layer{stage}.0.conv1.weight" in weights:
        block = 0
        while f"layer{stage}.{block}.conv1.weight" in weights:
            stride = 2 if stage > 1 and block == 0 else 1
            x = run_block(x, weights, f"layer{stage}.{block}", stride)
            block += 1
        stage += 1
    return x
