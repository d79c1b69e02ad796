"""All methods side by side: parameters, errors on held-out frames, speed.

    PYTHONPATH=. python benchmarks/methods.py
    PYTHONPATH=. python benchmarks/methods.py --methods wan_spheres runs/dense \\
        --frames 300 --out methods/

A method is a release or the folder of a run. Errors are means over the 21 key points,
on synthetic frames of evaluate.py's seed 0 and on the first test frames of a subject of
the studio: the same people, gestures and moments for all, before depth cameras or in
colour, as each method sees them. First as the method counts, with what it is told:
    keypoints21  nothing
    given21      scale and root depth; where a method refines, after that
    laid21       where wrist and finger roots are
then each hand moved, turned and scaled onto the true one (PA), which asks the same of
all. A model of one person is tested on that person alone.

Time is what one jitted call takes, picture to joints, the fastest of --repeats; the
methods take turns. Writes methods.json into --out, if that is given.
"""

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import timing
from absl import logging

from handjax import files, training, weights
from handjax.data import studio
from handjax.evaluation import aligned, compare, metrics
from handjax.evaluation.protocols import PROTOCOLS
from handjax.experiment import Experiment, assemble, judge, judge_in_studio

RELEASED = (
    "wan_spheres",
    "dual_grid",
    "graph_cnn",
    "deep_hand_mesh",
    "dense_hand_pose",
)
PERSONAL = ("deep_hand_mesh",)
"""Methods that know one subject, that of their config."""
SETS = ("laid21", "given21_refined", "given21", "keypoints21")
"""What a method counts: the first of these that it has."""
BATCHES = (1, 32)


class Entry(NamedTuple):
    """A method ready to be used.

    Attributes:
        name: of the release, or the folder.
        found: `weights.Weights`.
        made: what its config names.
    """

    name: str
    found: Any
    made: Experiment

    @property
    def personal(self) -> bool:
        """Whether it knows one subject alone."""
        return self.found.config.method in PERSONAL


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", default=RELEASED)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--subject", default="D", choices=studio.SUBJECTS)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    logging.set_verbosity(logging.ERROR)
    entries = [open_entry(name) for name in chosen.methods]
    rows = {entry.name: row_of(entry, chosen) for entry in entries}
    for size in BATCHES:
        for name, seconds in taken(entries, size, chosen.repeats).items():
            rows[name][f"ms_batch_{size}"] = 1e3 * seconds
    print(table_of(rows))
    if chosen.out:
        page = json.dumps(rows, indent=2) + "\n"
        print(files.write(chosen.out / "methods.json", page.encode()))


def open_entry(name: str) -> Entry:
    """A release or a run, brought together."""
    found = weights.find(name)
    found.config.unlock()
    return Entry(name, found, assemble(found.config))


def row_of(entry: Entry, chosen: argparse.Namespace) -> dict[str, Any]:
    """How large a method is, and how far it errs."""
    leaves = jax.tree.leaves(entry.found.params)
    row: dict[str, Any] = {"parameters": sum(np.size(leaf) for leaf in leaves)}
    if not entry.personal:
        key = jax.random.fold_in(jax.random.key(0), training.TEST)
        errors = errors_of(entry, judge(entry.made), key, chosen.frames)
        row["synthetic"] = shown(errors, PROTOCOLS["synthetic"].block)
    subject = entry.found.config.studio.subject if entry.personal else chosen.subject
    test = frames_of(entry.found.config, subject)
    count = min(chosen.frames, test.count)
    look = judge_in_studio(entry.made, test._replace(surface=None, masks=None))
    errors = errors_of(entry, look, jax.random.key(0), count)
    row["studio"] = shown(errors, PROTOCOLS["studio"].block)
    return row | {"subject": subject}


def frames_of(config: Any, subject: str) -> studio.TestFrames:
    """A subject's first test frames, as a method sees them."""
    which = subject, "tiny", config.evaluation.batch_size
    if studio.in_colour(config.studio):
        return studio.test_frames_in_colour(*which, pixels=config.studio.rgb.pixels)
    return studio.test_frames(*which)


def errors_of(
    entry: Entry, look: Callable[..., Any], key: Any, frames: int
) -> dict[str, np.ndarray]:
    """Mean errors of each frame, mm: as the method counts, and PA."""
    found = look(entry.found.params, entry.found.state, key, frames)
    name = next(name for name in SETS if name in found.predicted)
    parts = (found.predicted, found.truth, found.valid)
    x, y, valid = (np.asarray(part[name]) for part in parts)
    nearest = aligned.procrustes(x, y, valid)
    own, pa = (metrics.joint_errors(joints, y, valid) for joints in (x, nearest))
    return {name: metrics.per_frame(own), "pa": metrics.per_frame(pa)}


def shown(errors: dict[str, np.ndarray], block: int) -> dict[str, Any]:
    """Means with their intervals, by name."""
    return {
        name: compare.interval(each[None], block=block)._asdict()
        for name, each in errors.items()
    }


def taken(entries: list[Entry], size: int, repeats: int) -> dict[str, float]:
    """Seconds of each method's fastest call with a batch of this size."""
    return timing.fastest(
        {entry.name: call_of(entry, size) for entry in entries}, repeats=repeats
    )


def call_of(entry: Entry, size: int) -> Callable[[], Any]:
    """Pictures to joints, jitted."""
    name = "studio" if entry.personal else "synthetic"
    source = entry.made.sources[name](size)
    batch = jax.jit(source.sample)(jax.random.key(0), source.held)
    method, key = entry.made.method, jax.random.key(1)

    @jax.jit
    def call(params: Any, state: Any, batch: Any) -> Any:
        found, _ = method.predict(params, state, batch, key=key, train=False)
        return method.joints(found, batch)

    return partial(call, entry.found.params, entry.found.state, batch)


def table_of(rows: dict[str, dict[str, Any]]) -> str:
    """A line a method."""
    head = f"{'method':28}{'parameters':>11}{'counts':>13}"
    head += "".join(f"{text:>18}{'PA':>7}" for text in ("synthetic", "studio"))
    lines = [head + "".join(f"{f'ms, batch {size}':>14}" for size in BATCHES)]
    for name, row in rows.items():
        (counts, _), subject = row["studio"], row["subject"]
        line = f"{name:28}{row['parameters']:11,}{counts:>13}"
        for source in ("synthetic", "studio"):
            line += told(row.get(source), subject if source == "studio" else "")
        times = (row[f"ms_batch_{size}"] for size in BATCHES)
        lines.append(line + "".join(f"{time:14.1f}" for time in times))
    return "\n".join([*lines, "mm; of the studio the subject stands behind"])


def told(errors: dict[str, Any] | None, subject: str) -> str:
    """Both means, the first with its interval."""
    if errors is None:
        return f"{'-':>18}{'-':>7}"
    (own, pa) = errors.values()
    within = f"{own['mean']:.1f} [{own['low']:.0f}, {own['high']:.0f}]{subject:>2}"
    return f"{within:>18}{pa['mean']:7.1f}"


if __name__ == "__main__":
    main()
