"""Measure a trained method on held-out frames.

    python evaluate.py --dataset synthetic --workdir runs/wan_spheres --out out/
    python evaluate.py --dataset synthetic --weights wan_spheres --out out/
    python evaluate.py --dataset studio --subject D --weights wan_spheres --out out/

Prints a table and writes results.json, figure.png, predictions.png (frames from the
best to the worst), errors.npz (of every joint and frame) and table.txt into --out.
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
from handjax.data import studio
from handjax.evaluation import metrics, report
from handjax.evaluation.protocols import DENOISED, PROTOCOLS
from handjax.experiment import assemble, judge, judge_in_studio
from handjax.hands.poses import VIEWS
from handjax.training import Estimates, configs

# What the crop centres of --center come from, as it is printed.
CENTERS = {"depth": "depth", "gt": "GROUND TRUTH"}
OF_STUDIO = ("subject", "amount")
OF_SYNTHETIC = ("seed", "center", "view", "noise")
DETECTED = "crop centre as from a detector, 10 mm off the truth"
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
    if others := foreign(chosen):
        return refuse(f"{' and '.join(others)} say nothing about {chosen.dataset}")
    try:
        export.prepare(chosen.out)
        found = weights.from_run(chosen.workdir) if chosen.workdir else None
        found = found or weights.from_release(chosen.weights)
    except (weights.MissingError, export.FolderError) as wrong:
        return refuse(str(wrong))
    settle(chosen, found)
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
    parser.add_argument(
        "--denoiser",
        action="store_true",
        help="report the 14 joints after the palm denoiser too [wan2019]",
    )
    synthetic = parser.add_argument_group("--dataset synthetic")
    synthetic.add_argument("--seed", type=int, help="of the frames; default: 0")
    synthetic.add_argument(
        "--center", choices=tuple(CENTERS), help="of the crops; default: depth"
    )
    synthetic.add_argument(
        "--view", choices=VIEWS, help="how views are drawn; default: haar"
    )
    synthetic.add_argument(
        "--noise",
        action=argparse.BooleanOptionalAction,
        help="of the sensor; default: the config's",
    )
    captured = parser.add_argument_group("--dataset studio")
    captured.add_argument(
        "--subject", choices=studio.SUBJECTS, help="default: the config's"
    )
    captured.add_argument(
        "--amount", choices=studio.AMOUNTS, help="of frames; default: the config's"
    )
    return parser.parse_args(arguments)


def foreign(chosen: argparse.Namespace) -> list[str]:
    """Options that were given and belong to the other dataset."""
    others = OF_SYNTHETIC if chosen.dataset == "studio" else OF_STUDIO
    return [f"--{name}" for name in others if getattr(chosen, name) is not None]


def settle(chosen: argparse.Namespace, found: weights.Weights) -> None:
    """Give options that nobody gave their defaults."""
    captured = found.config.studio
    defaults = {"seed": 0, "center": "depth", "view": "haar"}
    defaults |= {name: captured[name] for name in OF_STUDIO}
    for name, value in defaults.items():
        if getattr(chosen, name) is None:
            setattr(chosen, name, value)


def positive(text: str) -> int:
    """A whole number above 0."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {text}")
    return int(text)


def estimate(found: weights.Weights, chosen: argparse.Namespace) -> Estimates:
    """Predictions for held-out frames, beside the truth."""
    config = found.config
    if chosen.dataset == "studio":
        size = config.evaluation.batch_size
        test = studio.test_frames(chosen.subject, chosen.amount, size)
        examiner = judge_in_studio(assemble(config), test)
        frames = min(chosen.frames or test.count, test.count)
        return examiner(found.params, found.state, jax.random.key(0), frames)
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
    if chosen.denoiser and DENOISED in estimates.predicted:
        protocol = protocol._replace(sets=(*protocol.sets, DENOISED))
    names = protocol.counted(estimates.truth)
    truth, valid = estimates.truth, estimates.valid
    trivial = {k: metrics.constant_predictor(truth[k], valid[k]) for k in names}
    errors, constant = (
        metrics.errors_by_set(predicted, truth, valid, names)
        for predicted in (estimates.predicted, trivial)
    )
    results = report.results(errors, constant, protocol)
    about, line = describe(chosen, found)
    results |= {"dataset": chosen.dataset, "weights": found.origin, **about}
    text = f"{found.origin} on {line}\n\n{report.table(results, protocol)}"
    (chosen.out / "table.txt").write_text(text + "\n")
    written = [
        report.write_json(chosen.out, results),
        report.write_figure(chosen.out, errors, constant, protocol),
        write_predictions(chosen.out, estimates, errors[results["joint_set"]]),
        report.write_errors(chosen.out, errors),
    ]
    print(text, *written, sep="\n")


def describe(
    chosen: argparse.Namespace, found: weights.Weights
) -> tuple[dict[str, Any], str]:
    """What the frames were: for results.json, and as a line."""
    if chosen.dataset == "studio":
        about = {"subject": chosen.subject, "amount": chosen.amount}
        line = (
            f"{studio.label()}, subject {chosen.subject}, {chosen.amount}: {DETECTED}"
        )
        return about | {"studio": studio.label(), "center": DETECTED}, line
    drawn = found.config.synthetic
    line = (
        f"synthetic, seed {chosen.seed}: {drawn.view} views, "
        f"crop centre from {CENTERS[chosen.center]} within {drawn.crop_jitter:g} mm, "
        f"sensor noise {'on' if drawn.noise else 'off'}"
    )
    about = {"seed": chosen.seed, "center": chosen.center}
    return about | {"synthetic": configs.plain(drawn)}, line


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
