"""Measure a trained method on held-out frames.

    python evaluate.py --dataset synthetic --workdir runs/wan_spheres --out out/
    python evaluate.py --dataset synthetic --weights wan_spheres --out out/

Prints a table and writes results.json, figure.png, predictions.png (frames from the
best to the worst) and table.txt into --out.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np

from handjax import training, visualize, weights
from handjax.data.crop import FAR
from handjax.evaluation import metrics, report
from handjax.evaluation.protocols import PROTOCOLS, true_joints
from handjax.experiment import assemble
from handjax.training import Estimates

# Shares of the frames, by error, that predictions.png shows.
SHOWN = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and evaluate; returns the exit status."""
    chosen = read_arguments(arguments)
    if chosen.dataset not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        return refuse(f"no dataset is called {chosen.dataset!r}; there are: {known}")
    try:
        found = weights.from_run(chosen.workdir) if chosen.workdir else None
        found = found or weights.from_release(chosen.weights)
    except weights.MissingError as wrong:
        return refuse(str(wrong))
    estimates = estimate(found, chosen)
    print(f"{found.origin}, {chosen.dataset}, crop centre from {chosen.center}\n")
    write(estimates, chosen)
    return 0


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", required=True, help=", ".join(PROTOCOLS))
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--workdir", help="a run of train.py; its best checkpoint")
    source.add_argument("--weights", help="the name of a release")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--frames", type=int, help="how many; default: the config's")
    parser.add_argument("--seed", type=int, default=0, help="of the synthetic frames")
    parser.add_argument(
        "--center", choices=("depth", "gt"), default="depth", help="of the crops"
    )
    parser.add_argument(
        "--noise",
        action=argparse.BooleanOptionalAction,
        help="of the sensor; default: the config's",
    )
    return parser.parse_args(arguments)


def estimate(found: weights.Weights, chosen: argparse.Namespace) -> Estimates:
    """Predictions for held-out synthetic frames, beside the truth."""
    config = found.config
    config.synthetic.center = chosen.center
    if chosen.noise is not None:
        config.synthetic.noise = chosen.noise
    experiment = assemble(config)
    examiner = training.make_examiner(
        experiment.method,
        experiment.sources["held_out"],
        true_joints,
        config.evaluation.batch_size,
    )
    frames = chosen.frames or config.evaluation.frames
    return examiner(found.params, found.state, jax.random.key(chosen.seed), frames)


def write(estimates: Estimates, chosen: argparse.Namespace) -> None:
    """Print the table; write it, the figures and the pictures."""
    protocol = PROTOCOLS[chosen.dataset]
    errors, constant = {}, {}
    for name in protocol.counted(estimates.truth):
        truth = estimates.truth[name]
        errors[name] = metrics.joint_errors(estimates.predicted[name], truth)
        trivial = metrics.constant_predictor(truth)
        constant[name] = metrics.joint_errors(trivial, truth)
    results = report.results(errors, constant, protocol)
    results |= {name: getattr(chosen, name) for name in ("dataset", "seed", "center")}
    text = report.table(results, protocol)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "table.txt").write_text(text + "\n")
    written = [
        report.write_json(chosen.out, results),
        report.write_figure(chosen.out, errors, constant, protocol),
        write_predictions(chosen.out, estimates, errors[results["joint_set"]]),
    ]
    print(text, *written, sep="\n")


def write_predictions(out: Path, estimates: Estimates, errors: Any) -> Path:
    """Draw frames from the best to the worst; returns the picture's path."""
    mean = np.nanmean(errors, axis=1)
    order = np.argsort(mean)
    frames = [int(order[round(share * (len(order) - 1))]) for share in SHOWN]
    headings = [
        f"{100 * share:g} % err less, {mean[frame]:.1f} mm"
        for share, frame in zip(SHOWN, frames, strict=True)
    ]
    picture = visualize.estimates_sheet(estimates, frames, far=FAR, headings=headings)
    return visualize.save_png(out / "predictions.png", picture)


def refuse(message: str) -> int:
    """Say on stderr why nothing was done; returns exit status 2."""
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
