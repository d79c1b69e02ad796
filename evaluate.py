"""Measure trained methods, files of predictions and masks on held-out frames.

    python evaluate.py --dataset synthetic --workdir runs/wan_spheres --out out/
    python evaluate.py --dataset studio --subject D --weights wan_spheres --out out/
    python evaluate.py --dataset nyu --root NYU --weights wan_spheres \\
        --predictions theirs.txt --out out/
    python evaluate.py --dataset rhd --root RHD --masks masks/ --out out/
    python evaluate.py --dataset nyu --labels nyu_test_groundtruth_label.txt \\
        --predictions ours.txt theirs.mat --names ours theirs --out out/

Prints a table and writes table.txt and results.json into --out; of joints errors.npz
(of each in every frame) and, where pictures are at hand, predictions.png (frames from
the best to the worst); of real datasets report.html, success.png, joints.png and
curves.csv, of the others figure.png.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from handjax import export
from handjax.data.real.names import MODULES
from handjax.evaluation import arguments, contest, mask_contest, save, trained
from handjax.evaluation.labelling import shown
from handjax.evaluation.predictions import FileError
from handjax.evaluation.protocols import PROTOCOLS, Protocol

# What trains and what draws takes seconds to import, and files of predictions need
# neither: such imports stand where they are used.


def main(words: list[str] | None = None) -> int:
    """Read the command line and evaluate; returns the exit status."""
    chosen = arguments.read(__doc__ or "", words)
    known = MODULES if chosen.masks else PROTOCOLS
    if chosen.dataset not in known:
        there = ", ".join(known)
        return refuse(f"no dataset is called {chosen.dataset!r}; there are: {there}")
    protocol = PROTOCOLS[chosen.dataset]
    if others := arguments.foreign(chosen):
        say = "says" if len(others) == 1 else "say"
        source = arguments.source(chosen)
        return refuse(f"{' and '.join(others)} {say} nothing about {source}")
    try:
        export.prepare(chosen.out)
        run = on_real if protocol.title else on_generated
        lines = (on_masks if chosen.masks else run)(chosen, protocol)
    except (FileError, export.FolderError) as wrong:
        return refuse(str(wrong))
    except OSError as wrong:
        place, said = wrong.filename or chosen.out, wrong.strerror or wrong
        return refuse(f"{place} can't be read or written: {said}; is the disk full?")
    print(*lines, sep="\n")
    return 0


def on_real(chosen: argparse.Namespace, protocol: Protocol) -> list[str]:
    """Score methods on a real dataset; returns what is to be printed."""
    if (chosen.center == "file") != (chosen.centers is not None):
        raise FileError("--center file and --centers FILE want one another")
    if chosen.labels and chosen.root:
        raise FileError("--labels FILE and --root DIR are two places for labels; one!")
    runs = [*(chosen.workdir or ()), *(chosen.weights or ())]
    # The folder of a run may be given as a dot.
    usual = [Path(run).resolve().name or run for run in runs]
    names = contest.name_methods(chosen, [shown(name) for name in usual])
    contest.alignment(chosen, protocol)
    if chosen.save_predictions:
        read = contest.inputs(chosen)
        save.require(chosen.save_predictions, protocol, chosen.save_format, read=read)
    found, methods = load_runs(chosen), []
    if chosen.labels:
        known, sheet = contest.labels_of_files(chosen, protocol), None
    else:
        from handjax.held_out import real

        known, sheet = real.labels_of_root(chosen, protocol)
        for one, name in zip(found, names, strict=False):
            methods.append(real.score_run(one, chosen, known, protocol, name))
    methods += contest.judge_files(chosen, names[len(runs) :], known, protocol)
    origins = [one.origin for one in found]
    return contest.tell(chosen, methods, known, protocol, origins, sheet)


def on_masks(chosen: argparse.Namespace, protocol: Protocol) -> list[str]:
    """Score masks of hands; returns what is to be printed."""
    from handjax.data.real import loading, masks

    splits = [chosen.subset] if chosen.subset else protocol.splits
    try:
        truth = masks.of_split(chosen.dataset, chosen.root, splits)
        return mask_contest.run(chosen, truth, protocol.block)
    except loading.FAULTS as wrong:
        raise FileError(str(wrong)) from wrong


def on_generated(chosen: argparse.Namespace, protocol: Protocol) -> list[str]:
    """Score a method on generated frames; returns what is to be printed."""
    found, *others = load_runs(chosen)
    if others:
        raise FileError(
            f"{chosen.dataset} takes one method at a time; got {1 + len(others)}"
        )
    from handjax.held_out import generated

    generated.settle(chosen, found)
    facts, line = generated.describe(chosen, found)
    facts |= {"dataset": chosen.dataset, "weights": found.origin}
    estimates, title = generated.estimate(found, chosen), f"{found.origin} on {line}"
    return trained.tell(chosen, estimates, protocol, title, facts, generated.sheet)


def load_runs(chosen: argparse.Namespace) -> list[Any]:
    """The trained methods that were asked for: `weights.Weights` of each."""
    if not (chosen.workdir or chosen.weights):
        return []
    from absl import logging

    from handjax import weights

    # Orbax warns of what is meant: that it will only read.
    logging.set_verbosity(logging.ERROR)
    try:
        runs = [weights.from_run(workdir) for workdir in chosen.workdir or ()]
        return runs + [weights.from_release(name) for name in chosen.weights or ()]
    except weights.MissingError as wrong:
        raise FileError(str(wrong)) from wrong


def refuse(message: str) -> int:
    """Say on stderr why nothing was done; returns exit status 2."""
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
