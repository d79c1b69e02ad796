"""Refinement of any method's estimates: errors before and after, and what a step costs.

    PYTHONPATH=. python benchmarks/refinement.py --weights wan_spheres
    PYTHONPATH=. python benchmarks/refinement.py --workdir runs/dense \\
        --dataset studio --steps 0 5 10 20 50
    PYTHONPATH=. python benchmarks/refinement.py --workdir runs/dense --time 1 32

Methods that refine their own estimates (dense_hand_pose) do so; of others the
template is laid on their key points and goes down from there, against the depth that
was seen or, in colour, against the peaks of their heat-maps. Nothing is read of labels.
Figures are of the 21 key points, and of those that are told scale and root depth.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import timing
from absl import logging

from handjax import refinement, training, weights
from handjax.batch import FAR
from handjax.data import studio
from handjax.evaluation import compare, metrics
from handjax.evaluation.protocols import PROTOCOLS, true_joints
from handjax.experiment import assemble
from handjax.geometry import transforms
from handjax.hands.template import load_template
from handjax.methods import pictures
from handjax.methods.method import Method
from handjax.refinement import Evidence, Settings

STEPS = (0, 1, 2, 5, 10, 20, 50)
"""Source: [baek2019] Fig. 5(e) shows some."""
WEIGHTS = {
    "depth": {"mask": 1.0, "depth": 0.1, "stay": 0.01},
    "rgb": {"keypoints": 1.0, "stay": 0.01},
}
"""What evidence of depth and of colour weighs."""


def main() -> int:
    """Print a line for each number of steps, or what a step costs."""
    chosen = read_arguments()
    logging.set_verbosity(logging.ERROR)
    name = chosen.workdir or chosen.weights
    found = weights.from_run(name) if chosen.workdir else weights.from_release(name)
    found.config.unlock()
    made = assemble(found.config)
    method = made.method
    if method.refine is None:
        method = with_neutral(found.config, method, chosen.rate)
    if chosen.time:
        return costs(found, made, method, chosen.time)
    source, part, count = frames(chosen, found.config, made)
    count, each = min(chosen.frames, count), {}
    for steps in chosen.steps:
        look = training.make_examiner(
            method,
            source,
            true_joints,
            found.config.evaluation.batch_size,
            part,
            pictures=False,
            refine=steps,
        )
        key = jax.random.fold_in(jax.random.key(0), training.TEST)
        estimates = look(found.params, found.state, key, count)
        each[steps] = errors_of(estimates, chosen.dataset)
    print(f"{found.origin} on {chosen.dataset}, {count} frames, mm")
    for steps, errors in each.items():
        first = each[chosen.steps[0]]
        lines = lines_of(errors, first, chosen.dataset)
        print(f"{steps:4} steps", *lines, sep="\n    ")
    return 0


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--workdir", help="a run of train.py")
    which.add_argument("--weights", help="a release")
    parser.add_argument(
        "--dataset", default="synthetic", choices=("synthetic", "studio")
    )
    parser.add_argument("--frames", type=int, default=256)
    parser.add_argument("--steps", type=int, nargs="+", default=list(STEPS))
    parser.add_argument("--rate", type=float, default=0.01, help="of the first steps")
    parser.add_argument("--time", type=int, nargs="+", help="batch sizes to be timed")
    return parser.parse_args()


def frames(
    chosen: argparse.Namespace, config: Any, made: Any
) -> tuple[Any, Callable[[int], Any] | None, int]:
    """Held-out frames: their source, what it holds for each batch, and how many."""
    size = config.evaluation.batch_size
    if chosen.dataset == "synthetic":
        return made.sources["synthetic"](size), None, chosen.frames
    which = config.studio.subject, config.studio.amount, size
    if studio.in_colour(config.studio):
        test = studio.test_frames_in_colour(*which, pixels=config.studio.rgb.pixels)
    else:
        test = studio.test_frames(*which)
    return test.source, test.part, test.count


def with_neutral(config: Any, method: Method, rate: float) -> Method:
    """A method that has no refinement of its own, with that of its key points.

    What is refined is no prediction then, but joint sets.
    """

    def joints(prediction: Any, batch: Any) -> Any:
        refined = isinstance(prediction, dict)
        return prediction if refined else method.joints(prediction, batch)

    refine = neutral(config, method, rate)
    return method._replace(joints=joints, refine=refine)


def neutral(config: Any, method: Method, rate: float) -> Callable[..., Any]:
    """(params, prediction, batch, *, steps) -> refined key points in the world, mm."""
    template = load_template(config.template)
    depth = config.synthetic.get("modality", "depth") == "depth"
    pixels = 64 if depth else config.synthetic.rgb.pixels
    down = refinement.refiner(
        partial(refinement.posed, template=template),
        refinement.skin_of(template, samples=1),
        pixels,
        Settings(WEIGHTS["depth" if depth else "rgb"], rate),
    )
    place = jax.jit(partial(refinement.posed, template=template))

    @jax.jit
    def look(prediction: Any, batch: Any) -> Any:
        to_crop = training.examine.crop_from_world(batch)
        found = method.joints(prediction, batch)["keypoints21"]
        found = jax.vmap(transforms.apply)(to_crop, found)
        return refinement.laid_on(template, found), evidence(prediction, batch, pixels)

    def refine(params: Any, prediction: Any, batch: Any, *, steps: int) -> Any:
        del params
        begun, known = look(prediction, batch)
        variables = down(begun, known, steps).variables
        joints = place(variables, known).joints
        back = jax.vmap(transforms.invert)(training.examine.crop_from_world(batch))
        return {"keypoints21": jax.vmap(transforms.apply)(back, joints)}

    return refine


def evidence(prediction: Any, batch: Any, pixels: int) -> Evidence:
    """What was seen: depth along parallel rays, or peaks of heat-maps in a picture."""
    views = batch.views
    camera = jax.tree.map(lambda x: x[:, 0], views.camera)
    if views.image is not None:
        maps = prediction.heatmaps[-1]
        at = jax.vmap(partial(pictures.peaks, pixels=pixels))(maps)
        height = jnp.clip(maps.max(axis=(1, 2)), 0.0, 1.0)
        return Evidence(camera, at, height)
    D = views.depth[:, 0]
    return Evidence(camera, mask=(D < FAR).astype(jnp.float32), depth=D)


def errors_of(estimates: Any, dataset: str) -> dict[str, np.ndarray]:
    """Mean error of each frame, by joint set; refined ones where there are any."""
    known = PROTOCOLS[dataset].counted(estimates.truth)
    names = [name for name in known if "21" in name]
    errors = metrics.errors_by_set(
        estimates.predicted, estimates.truth, estimates.valid, names
    )
    refined = {k: e for k, e in errors.items() if k.endswith(training.examine.REFINED)}
    found = refined or errors
    return {
        k.removesuffix(training.examine.REFINED): metrics.per_frame(e)
        for k, e in found.items()
    }


def lines_of(
    errors: dict[str, np.ndarray], first: dict[str, np.ndarray], dataset: str
) -> list[str]:
    """A line for each joint set, beside the first number of steps."""
    block = PROTOCOLS[dataset].block
    lines = []
    for name, e in errors.items():
        line = f"{name:14}{e.mean():8.2f}"
        if e is not first[name]:
            less = compare.paired(e[None], first[name][None], block=block)
            line += f"   {less!s}"
        lines.append(line)
    return lines


def costs(found: Any, made: Any, method: Method, sizes: list[int]) -> int:
    """Print milliseconds a step by batch size."""
    assert method.refine is not None
    for size in sizes:
        source = made.sources["synthetic"](size)
        batch = jax.jit(source.sample)(jax.random.key(0), source.held)
        look = jax.jit(partial(method.predict, key=jax.random.key(0), train=False))
        predict = partial(look, found.params, found.state, batch)
        prediction, _ = predict()
        refine = partial(method.refine, found.params, prediction, batch)
        calls = {"few": partial(refine, steps=5), "many": partial(refine, steps=25)}
        took = timing.fastest({"first": predict, **calls}, repeats=10)
        step = 1e3 * (took["many"] - took["few"]) / 20
        first = 1e3 * took["first"]
        print(f"batch {size}: {first:.1f} ms the first estimate, {step:.2f} a step")
    return 0


if __name__ == "__main__":
    sys.exit(main())
