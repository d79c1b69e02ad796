"""Generated frames to test on: of the synthesis, and of the studio."""

import argparse
from collections.abc import Sequence
from typing import Any

import jax

from handjax import training, visualize
from handjax.batch import FAR
from handjax.data import studio, synthetic
from handjax.evaluation.arguments import CENTERS, MOMENTS, refinement
from handjax.evaluation.predictions import FileError
from handjax.experiment import assemble, judge, judge_in_studio
from handjax.training import configs

OF_DRAWING = ("center", "view", "noise", "surroundings")
"""Options that are settings of the synthesis."""
DETECTED = "crop centre as from a detector, 10 mm off the truth"


def settle(chosen: argparse.Namespace, found: Any) -> None:
    """Give options that nobody gave their defaults, and refuse what is not there.

    The config is told what was chosen of synthetic frames.

    Args:
        chosen: the command line.
        found: `weights.Weights`.

    Raises:
        FileError: an option names what is not there.
    """
    in_colour = synthetic.modality(found.config.synthetic) == "rgb"
    if (
        chosen.dataset == "synthetic"
        and in_colour
        and chosen.center not in (None, "gt")
    ):
        raise FileError(
            f"--center {chosen.center} is of depth; pictures in colour are cropped "
            "around the true hand: leave it out"
        )
    if in_colour and chosen.surroundings is not None:
        raise FileError("--surroundings is of depth; leave it out for colour")
    defaults = {"seed": 0, "center": "gt" if in_colour else "depth", "view": "haar"}
    defaults |= {name: found.config.studio[name] for name in ("subject", "amount")}
    defaults |= {"moments": MOMENTS[0]}
    for name, value in defaults.items():
        if getattr(chosen, name) is None:
            setattr(chosen, name, value)
    known: dict[str, Any] = {"subject": studio.SUBJECTS, "amount": studio.AMOUNTS}
    known["moments"] = MOMENTS if studio.in_colour(found.config.studio) else MOMENTS[:1]
    known["center"] = [name for name in CENTERS if name != "file"]
    for name, choices in known.items():
        if getattr(chosen, name) not in choices:
            wanted, got = ", ".join(choices), getattr(chosen, name)
            raise FileError(f"--{name} wants one of {wanted}; got {got!r}")
    drawn = {name: getattr(chosen, name) for name in OF_DRAWING}
    with found.config.unlocked():  # configs of older weights lack some of them
        given = {name: value for name, value in drawn.items() if value is not None}
        found.config.synthetic.update(given)


def estimate(found: Any, chosen: argparse.Namespace) -> Any:
    """Predictions for held-out frames, beside the truth: `training.Estimates`."""
    config = found.config
    steps = refinement(chosen, config)
    if chosen.dataset == "studio":
        test = _captured(config, chosen)
        examiner = judge_in_studio(assemble(config), test, refine=steps)
        frames = min(chosen.frames or test.count, test.count)
        return examiner(found.params, found.state, jax.random.key(0), frames)
    examiner = judge(assemble(config), refine=steps)
    frames = chosen.frames or config.evaluation.frames
    key = jax.random.fold_in(jax.random.key(chosen.seed), training.TEST)
    return examiner(found.params, found.state, key, frames)


def _captured(config: Any, chosen: argparse.Namespace) -> studio.TestFrames:
    """A subject's test frames, in colour for what was configured for colour."""
    which = chosen.subject, chosen.amount, config.evaluation.batch_size
    if not studio.in_colour(config.studio):
        return studio.test_frames(*which)
    pixels = config.studio.rgb.pixels
    return studio.test_frames_in_colour(*which, pixels=pixels, split=chosen.moments)


def describe(chosen: argparse.Namespace, found: Any) -> tuple[dict[str, Any], str]:
    """What generated frames were: for results.json, and as a line."""
    if chosen.dataset == "studio":
        facts = {"subject": chosen.subject, "amount": chosen.amount}
        of_colour = studio.in_colour(found.config.studio)
        label = studio.colour.label() if of_colour else studio.label()
        line = f"{label}, subject {chosen.subject}, {chosen.amount}: {DETECTED}"
        if chosen.moments == "train":
            facts["moments"] = "train"
            line += "; moments that may have been LEARNT FROM"
        return facts | {"studio": label, "center": DETECTED}, line
    drawn = found.config.synthetic
    line = (
        f"synthetic, seed {chosen.seed}: {drawn.view} views, "
        f"crop centre from {CENTERS[chosen.center]} within {drawn.crop_jitter:g} mm, "
        f"sensor noise {'on' if drawn.noise else 'off'}"
        f"{', arm and background' if drawn.get('surroundings', False) else ''}"
    )
    facts = {"seed": chosen.seed, "center": chosen.center}
    return facts | {"synthetic": configs.plain(drawn)}, line


def sheet(estimates: Any, frames: Sequence[int], headings: Sequence[str] = ()) -> Any:
    """Frames beside what was estimated, as a picture; None where nothing was seen."""
    blind = estimates.depth is None and estimates.image is None
    if blind or "keypoints21" not in estimates.predicted:
        return None
    return visualize.estimates_sheet(estimates, frames, far=FAR, headings=headings)
