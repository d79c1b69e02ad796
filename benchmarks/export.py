"""Released methods as ONNX and as StableHLO beside JAX: how far apart, and how fast.

    PYTHONPATH=. python benchmarks/export.py [NAME ...] [--count 32]
        [--pictures hand.jpg ...] [--depth frame.png ... --camera nyu]

Prints for each method and output the largest distance in mm, over all points and
crops, between the exported program and the method as `evaluate.py` runs it: on
held-out synthetic crops, and on whatever files are given, seen at the middle of
pictures and around the nearest thing in depth. Then milliseconds a crop, one at a time:
onnxruntime's CPU provider with as many threads as cores beside `jax.jit`, taking turns.
"""

import argparse
import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import timing
from PIL import Image

from handjax import weights
from handjax.batch import Batch, Labels, Views
from handjax.data.given import blobs, cameras
from handjax.data.given.frames import parse_camera, read_depth
from handjax.experiment import assemble
from handjax.export import ExportError, inference, onnx, stablehlo
from handjax.export.inference import Inference
from handjax.predicting import crops
from handjax.training.examine import TEST

Run = Callable[..., dict[str, Any]]


def main() -> None:
    chosen = read_arguments()
    threads = chosen.threads
    print(f"{jax.devices()[0].device_kind}, {os.cpu_count()} cores, {threads} threads")
    print(
        f"{'':15}{'output':10}{'crops':>16}{'ONNX':>12}{'StableHLO':>12}"
        f"{'MB':>8}{'ms ONNX':>9}{'ms JAX':>8}"
    )
    for name in chosen.names or weights.released():
        try:
            measure(name, chosen)
        except ExportError as wrong:
            print(f"{name:15}{wrong}")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--count", type=int, default=32, help="synthetic crops")
    parser.add_argument("--pictures", nargs="*", default=[], help="for colour")
    parser.add_argument("--depth", nargs="*", default=[], help="for depth")
    parser.add_argument("--camera", default="nyu", help="of the depth frames")
    parser.add_argument("--threads", type=int, default=2, help="of onnxruntime")
    parser.add_argument("--repeats", type=int, default=50)
    return parser.parse_args()


def measure(name: str, chosen: argparse.Namespace) -> None:
    """The rows of a method."""
    found = weights.from_release(name)
    made = inference.of_weights(name, found)
    content = onnx.content(made)
    session = onnx_run(content, made, chosen.threads)
    program = jax.jit(stablehlo.program(made).call)
    method = jax_run(found)
    seen = {f"{chosen.count} synthetic": synthetic(found, chosen.count)}
    seen |= real(made, chosen)
    far: dict[tuple[str, str], list[float]] = {}
    for kind, views in seen.items():
        given = arrays(made, views)
        truth = method(views)
        for run in (session, program):
            for output, points in run(**given).items():
                gap = np.linalg.norm(np.asarray(points) - truth[output], axis=-1)
                far.setdefault((kind, output), []).append(float(gap.max()))
    one = jax.tree.map(lambda x: x[:1], next(iter(seen.values())))
    feed = arrays(made, one)
    ms = timing.fastest(
        {"onnx": lambda: session(**feed), "jax": lambda: method(one)},
        repeats=chosen.repeats,
    )
    for k, ((kind, output), (by_onnx, by_hlo)) in enumerate(far.items()):
        row = (
            f"{'' if k else name:15}{output:10}{kind:>16}{by_onnx:12.5f}{by_hlo:12.5f}"
        )
        tail = (
            f"{len(content) / 2**20:8.1f}{1e3 * ms['onnx']:9.2f}{1e3 * ms['jax']:8.2f}"
        )
        print(row if k else row + tail, flush=True)


def onnx_run(content: bytes, made: Inference, threads: int) -> Run:
    """The ONNX program in onnxruntime, on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"]
    )
    names = [x.name for x in made.outputs]
    return lambda **given: dict(zip(names, session.run(names, given), strict=True))


def jax_run(found: weights.Weights) -> Callable[[Views], dict[str, Any]]:
    """The method as handjax itself runs it: whole batches, SVD and all."""
    method = assemble(found.config).method

    @jax.jit
    def predict(params: Any, state: Any, batch: Batch) -> Any:
        key = jax.random.key(0)
        prediction, _ = method.predict(params, state, batch, key=key, train=False)
        return inference.exported(method.joints(prediction, batch))

    def run(views: Views) -> dict[str, Any]:
        return predict(found.params, found.state, Batch(views, None, Labels()))

    return run


def synthetic(found: weights.Weights, count: int) -> Views:
    """Held-out crops of the kind that the method learnt from."""
    source = assemble(found.config).sources["synthetic"](count)
    draw = jax.jit(lambda key, held: source.sample(key, held).views)
    return draw(jax.random.fold_in(jax.random.key(0), TEST), source.held)


def real(made: Inference, chosen: argparse.Namespace) -> dict[str, Views]:
    """Crops of the files that were given, one each, if the method sees such."""
    if made.inputs[0].name == "depth":
        frames = [read_depth(path) for path in chosen.depth]
        camera = parse_camera(chosen.camera)
        each = [
            middle(crops.depth_views(D, camera, blobs.find(D, camera).centre))
            for D in frames
        ]
    else:
        each = [picture(path, made.inputs[0].shape[0]) for path in chosen.pictures]
    if not each:
        return {}
    stacked = jax.tree.map(lambda *x: jnp.concatenate(x), *each)
    return {f"{len(each)} real": stacked}


def middle(views: Views) -> Views:
    """Of crops at several places the one that stands on the place itself."""
    k = int(np.argmin(np.abs(crops.OFFSETS).sum(axis=-1)))
    return jax.tree.map(lambda x: x[k : k + 1], views)


def picture(path: str, edge: int) -> Views:
    """The square in the middle of a picture, by a camera that sees 60 degrees."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    height, width = pixels.shape[:2]
    side = float(min(height, width))
    box = (width - side) / 2, (height - side) / 2, side
    camera = cameras.of_frame(cameras.parse(None), height, width)
    return crops.image_views(pixels, camera, [box], edge)


def arrays(made: Inference, views: Views) -> dict[str, np.ndarray]:
    """What the exported program is given."""
    known = {"depth": views.depth, "image": views.image}
    known["centre"] = -views.crop_from_camera[:, :, :3, 3]
    known["focal"], known["principal_point"] = views.camera
    return {x.name: np.asarray(known[x.name][:, 0]) for x in made.inputs}


if __name__ == "__main__":
    main()
