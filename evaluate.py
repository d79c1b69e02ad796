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
from absl import logging

from handjax import export, training, visualize, weights
from handjax.batch import FAR
from handjax.evaluation import metrics, report
from handjax.evaluation.protocols import PROTOCOLS
from handjax.experiment import assemble, judge
from handjax.hands.poses import VIEWS
from handjax.training import Estimates, configs

# What the crop centres of --center come from, as it is printed.
CENTERS = {"depth": "depth", "gt": "GROUND TRUTH"}
# The frames that predictions.png shows: which share of all has less error.
SHOWN = {
    "best": 0.0,
    "first 10 %": 0.1,
    "first 25 %": 0.25,
    "median": 0.5,
    "last 25 %": 0.75,
    "last 10 %": 0.9,
    "last 1 %": 0.99,
    "worst": 1.0,
}


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and evaluate; returns the exit status."""
    # Orbax warns of what is meant: that it will only read.
    logging.set_verbosity(logging.ERROR)
    chosen = read_arguments(arguments)
    if chosen.dataset not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        return refuse(f"no dataset is called {chosen.dataset!r}; there are: {known}")
    try:
        export.prepare(chosen.out)
        found = weights.from_run(chosen.workdir) if chosen.workdir else None
        found = found or weights.from_release(chosen.weights)
    except (weights.MissingError, export.FolderError) as wrong:
        return refuse(str(wrong))
    write(estimate(found, chosen), chosen, found)
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
    parser.add_argument(
        "--frames", type=positive, help="how many; default: the config's"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the synthetic frames")
    parser.add_argument(
        "--center", choices=tuple(CENTERS), default="depth", help="of the crops"
    )
    parser.add_argument(
        "--view", choices=VIEWS, default="haar", help="how views are drawn"
    )
    parser.add_argument(
        "--noise",
        action=argparse.BooleanOptionalAction,
        help="of the sensor; default: the config's",
    )
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """A whole number above 0."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {text}")
    return int(text)


def estimate(found: weights.Weights, chosen: argparse.Namespace) -> Estimates:
    """Predictions for held-out synthetic frames, beside the truth."""
    config = found.config
    config.synthetic.center, config.synthetic.view = chosen.center, chosen.view
    if chosen.noise is not None:
        config.synthetic.noise = chosen.noise
    examiner = judge(assemble(config))
    frames = chosen.frames or config.evaluation.frames
    key = jax.random.fold_in(jax.random.key(chosen.seed), training.TEST)
    return examiner(found.params, found.state, key, frames)


def write(
    estimates: Estimates, chosen: argparse.Namespace, found: weights.Weights
) -> None:
    """Print the table; write it, the figures and the pictures."""
    protocol = PROTOCOLS[chosen.dataset]
    names = protocol.counted(estimates.truth)
    truth, valid = estimates.truth, estimates.valid
    trivial = {k: metrics.constant_predictor(truth[k], valid[k]) for k in names}
    errors, constant = (
        metrics.errors_by_set(predicted, truth, valid, names)
        for predicted in (estimates.predicted, trivial)
    )
    results = report.results(errors, constant, protocol)
    results |= {name: getattr(chosen, name) for name in ("dataset", "seed", "center")}
    drawn = found.config.synthetic
    results |= {"weights": found.origin, "synthetic": configs.plain(drawn)}
    title = (
        f"{found.origin} on {chosen.dataset}, seed {chosen.seed}: {drawn.view} views, "
        f"crop centre from {CENTERS[chosen.center]} within {drawn.crop_jitter:g} mm, "
        f"sensor noise {'on' if drawn.noise else 'off'}"
    )
    text = f"{title}\n\n{report.table(results, protocol)}"
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
    places = [round(share * (len(order) - 1)) for share in SHOWN.values()]
    frames = order[places].tolist()
    headings = [
        f"{name}: {mean[frame]:.1f} mm"
        for name, frame in zip(SHOWN, frames, strict=True)
    ]
    picture = visualize.estimates_sheet(estimates, frames, far=FAR, headings=headings)
    return visualize.save_png(out / "predictions.png", picture)


def refuse(message: str) -> int:
    """Say on stderr why nothing was done; returns exit status 2."""
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
