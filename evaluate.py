"""Measure a trained method on held-out frames, or files of predictions.

    python evaluate.py --dataset synthetic --workdir runs/wan_spheres --out out/
    python evaluate.py --dataset studio --subject D --weights wan_spheres --out out/
    python evaluate.py --dataset nyu --root NYU --weights wan_spheres --out out/
    python evaluate.py --dataset rhd --root RHD --masks masks/ --out out/
    python evaluate.py --dataset nyu --labels nyu_test_groundtruth_label.txt \\
        --predictions ours.txt theirs.mat --names ours theirs --out out/

Prints a table and writes table.txt and results.json into --out; of joints errors.npz;
of trained methods predictions.png (frames from the best to the worst); of real datasets
report.html, success.png, joints.png and curves.csv, of the others figure.png.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from handjax import export
from handjax.batch import FAR
from handjax.data.real.names import MODULES
from handjax.evaluation import arguments, contest, mask_contest, own, surveyed, trained
from handjax.evaluation.arguments import CENTERS, OF_STUDIO
from handjax.evaluation.matching import span_of_frames
from handjax.evaluation.predictions import FileError
from handjax.evaluation.protocols import PROTOCOLS, Protocol

# What trains and what draws takes seconds to import, and files of predictions need
# neither: such imports stand where they are used.

DETECTED = "crop centre as from a detector, 10 mm off the truth"
SPLITS = ("test", "evaluation")


def main(words: list[str] | None = None) -> int:
    """Read the command line and evaluate; returns the exit status."""
    chosen = arguments.read(__doc__ or "", words)
    known = MODULES if chosen.masks else PROTOCOLS
    if chosen.dataset not in known:
        there = ", ".join(known)
        return refuse(f"no dataset is called {chosen.dataset!r}; there are: {there}")
    protocol = PROTOCOLS.get(chosen.dataset, PROTOCOLS["studio"])
    files = protocol.title and chosen.predictions and "files of predictions"
    source = "masks" if chosen.masks else files or chosen.dataset
    if others := arguments.foreign(chosen):
        say = "says" if len(others) == 1 else "say"
        return refuse(f"{' and '.join(others)} {say} nothing about {source}")
    try:
        export.prepare(chosen.out)
        run = on_files if chosen.predictions else on_frames
        lines = (on_masks if chosen.masks else run)(chosen, protocol)
    except (FileError, export.FolderError) as wrong:
        return refuse(str(wrong))
    except OSError as wrong:
        place, said = wrong.filename or chosen.out, wrong.strerror or wrong
        return refuse(f"{place} can't be read or written: {said}; is the disk full?")
    print(*lines, sep="\n")
    return 0


def on_files(chosen: argparse.Namespace, protocol: Protocol) -> list[str]:
    """Score files of predictions; returns what is to be printed."""
    if chosen.labels and chosen.root:
        raise FileError("--labels FILE and --root DIR are two places for labels; one!")
    if chosen.labels:
        known = contest.labels_of_file(chosen, protocol)
        return contest.run(chosen, known, protocol)
    surveys, origin = load(chosen), str(chosen.root or "prepared before")
    known = surveyed.known_of(surveys, splits_of(chosen), protocol, origin)
    return contest.run(chosen, known, protocol)


def on_masks(chosen: argparse.Namespace, protocol: Protocol) -> list[str]:
    """Score masks of hands; returns what is to be printed."""
    from handjax.data.real import loading, masks

    splits = [chosen.subset] if chosen.subset else list(splits_of(chosen))
    try:
        truth = masks.of_split(chosen.dataset, chosen.root, splits)
        return mask_contest.run(chosen, truth, protocol.block)
    except loading.FAULTS as wrong:
        raise FileError(str(wrong)) from wrong


def on_frames(chosen: argparse.Namespace, protocol: Protocol) -> list[str]:
    """Let a trained method predict and score it; returns what is to be printed."""
    from absl import logging

    from handjax import weights

    # Orbax warns of what is meant: that it will only read.
    logging.set_verbosity(logging.ERROR)
    try:
        found = weights.from_run(chosen.workdir) if chosen.workdir else None
        found = found or weights.from_release(chosen.weights)
    except weights.MissingError as wrong:
        raise FileError(str(wrong)) from wrong
    if protocol.title:
        return on_real(found, chosen, protocol)
    settle(chosen, found)
    return on_generated(found, chosen, protocol)


def settle(chosen: argparse.Namespace, found: Any) -> None:
    """Give options that nobody gave their defaults, and refuse what is not there."""
    from handjax.data import studio

    defaults = {"seed": 0, "center": "depth", "view": "haar"}
    defaults |= {name: found.config.studio[name] for name in OF_STUDIO}
    for name, value in defaults.items():
        if getattr(chosen, name) is None:
            setattr(chosen, name, value)
    known = {"subject": studio.SUBJECTS, "amount": studio.AMOUNTS}
    known["center"] = [name for name in CENTERS if name != "file"]
    for name, choices in known.items():
        if getattr(chosen, name) not in choices:
            wanted, got = ", ".join(choices), getattr(chosen, name)
            raise FileError(f"--{name} wants one of {wanted}; got {got!r}")


def on_generated(found: Any, chosen: argparse.Namespace, protocol: Protocol) -> list:
    """Score a method on generated frames; returns what is to be printed."""
    facts, line = describe(chosen, found)
    facts |= {"dataset": chosen.dataset, "weights": found.origin}
    estimates, title = estimate(found, chosen), f"{found.origin} on {line}"
    return trained.tell(chosen, estimates, protocol, title, facts, sheet)


def estimate(found: Any, chosen: argparse.Namespace) -> Any:
    """Predictions for held-out frames, beside the truth: `training.Estimates`."""
    import jax

    from handjax import training
    from handjax.data import studio
    from handjax.experiment import assemble, judge, judge_in_studio

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


def describe(chosen: argparse.Namespace, found: Any) -> tuple[dict[str, Any], str]:
    """What generated frames were: for results.json, and as a line."""
    from handjax.data import studio
    from handjax.training import configs

    if chosen.dataset == "studio":
        facts = {"subject": chosen.subject, "amount": chosen.amount}
        line = (
            f"{studio.label()}, subject {chosen.subject}, {chosen.amount}: {DETECTED}"
        )
        return facts | {"studio": studio.label(), "center": DETECTED}, line
    drawn = found.config.synthetic
    line = (
        f"synthetic, seed {chosen.seed}: {drawn.view} views, "
        f"crop centre from {CENTERS[chosen.center]} within {drawn.crop_jitter:g} mm, "
        f"sensor noise {'on' if drawn.noise else 'off'}"
    )
    facts = {"seed": chosen.seed, "center": chosen.center}
    return facts | {"synthetic": configs.plain(drawn)}, line


def on_real(found: Any, chosen: argparse.Namespace, protocol: Protocol) -> list:
    """Score a method on a real dataset; returns what is to be printed."""
    import jax

    from handjax.experiment import assemble
    from handjax.training import make_examiner

    method, size = assemble(found.config).method, found.config.evaluation.batch_size
    test, name = load(chosen, size), protocol.sets[0]
    method = method._replace(joints=own.joints_of(method.joints, name))
    truth = own.truth_of(name)
    examiner = make_examiner(method, test.source, truth, size, test.part)
    frames = min(chosen.frames or test.count, test.count)
    estimates = examiner(found.params, found.state, jax.random.key(0), frames)
    split, count = next(iter(splits_of(chosen).items()))
    count = count if frames == test.count else 0
    estimates = own.whole(estimates, test.survey.places[:frames], count)
    # These are the split's first, whatever subset has as many.
    span = span_of_frames(len(estimates.valid[name]), protocol, split)
    beside = surveyed.beside(test.survey, frames, {split: count}, protocol)
    return trained.run(chosen, estimates, span, protocol, found.origin, sheet, beside)


def splits_of(chosen: argparse.Namespace) -> dict[str, int]:
    """The splits of a real dataset that are tested on, and their numbers of frames."""
    from handjax.data.real.names import reader

    known = reader(chosen.dataset).ABOUT.frames
    named = [n for n in (chosen.subset, *SPLITS) if n in known]
    # Where no split is for tests, each subject is one, by a method of the others.
    return {split: known[split] for split in named[:1] or known}


def load(chosen: argparse.Namespace, size: int | None = None) -> Any:
    """The frames a real dataset is tested on, `size` a batch; or surveys of them."""
    from handjax.data.real import loading
    from handjax.data.real.download import missing
    from handjax.data.real.names import reader

    if (chosen.center == "file") != (chosen.centers is not None):
        raise FileError("--center file and --centers FILE want one another")
    about, name, root = reader(chosen.dataset).ABOUT, chosen.dataset, chosen.root
    splits = list(splits_of(chosen))
    if size and len(splits) > 1:
        raise FileError(f"{name} is tested one by one: --subset, of {splits}")
    try:
        if size is None:
            return [loading.survey(name, root, s, surfaces=True) for s in splits]
        center = chosen.centers or chosen.center or "depth"
        return loading.test_frames(name, root, splits[0], size, center=center)
    except loading.FAULTS as wrong:
        said, where = str(wrong), missing(about, root)
        said = said if "home page" in said else f"{said}\n{where}"
        alone = "" if size else "\nor give its labels alone: --labels FILE"
        raise FileError(said + alone) from wrong
    except ImportError as wrong:
        raise FileError(f"{wrong}; install handjax[datasets]") from wrong


def sheet(estimates: Any, frames: Sequence[int], headings: Sequence[str] = ()) -> Any:
    """Frames beside what was estimated, as a picture; None where there is no depth."""
    from handjax import visualize

    if estimates.depth is None or "keypoints21" not in estimates.predicted:
        return None
    return visualize.estimates_sheet(estimates, frames, far=FAR, headings=headings)


def refuse(message: str) -> int:
    """Say on stderr why nothing was done; returns exit status 2."""
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
