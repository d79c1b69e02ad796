"""`python -m handjax data`: check a download, prepare it, look at it."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from handjax.data.real import names
from handjax.data.real.download import Found, examine, missing, require_packages
from handjax.data.real.frame import About, DatasetError, FrameError
from handjax.data.real.records import Record

HELP = "check the download of a real dataset, and prepare it for training and testing"
COLUMNS = 8
"""Frames on a sheet."""
LOOKED_AT = 500
"""Frames whose fingers are looked at."""

FAULTS = (DatasetError, FrameError)


def add_to(commands) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser("data", help=HELP, description=HELP)
    parser.add_argument("name", help=", ".join(names.MODULES))
    parser.add_argument(
        "--root", type=Path, help="the download; not needed once it is prepared"
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        help="where prepared datasets are; default: $HANDJAX_CACHE/datasets, or "
        "~/.cache/handjax/datasets",
    )
    parser.add_argument(
        "--split", action="append", default=[], help="this one alone; may be repeated"
    )
    parser.add_argument(
        "--strict", action="store_true", help="end at a frame that can't be read"
    )
    parser.add_argument(
        "--again", action="store_true", help="prepare anew what is prepared"
    )
    parser.add_argument(
        "--check-only", action="store_true", help="say what is there, prepare nothing"
    )
    parser.add_argument("--sheet", type=Path, help="a picture of frames, as a PNG")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Check, prepare, draw.

    Raises:
        DatasetError: the dataset is not there, or can't be used.
        FrameError: a frame can't be read, and `--strict`.
    """
    reader = names.reader(chosen.name)
    require_packages()
    # What reads stores takes a second to import: other commands don't wait for it.
    from handjax.data.real import store
    from handjax.data.real.order import Frames
    from handjax.visualize import frames_sheet, save_png

    about = reader.ABOUT
    splits = store.check_names(reader, chosen.split)
    if chosen.root:
        root = chosen.root.expanduser()
        found = examine(reader, root, splits)
        print(f"{about.title}\nlicence    {about.licence}\nhome page  {about.home}")
        tell(about, found)
        if chosen.check_only:
            return
        stored = store.prepare(
            reader,
            root,
            data_dir=chosen.data_dir,
            splits=chosen.split,
            strict=chosen.strict,
            again=chosen.again,
        )
    else:
        stored = store.open_store(reader, chosen.data_dir)
    there = [split for split in splits if split in stored.splits]
    if not there:
        raise DatasetError(missing(about, chosen.root))
    for name in there:
        split = stored.splits[name]
        skipped = f", {len(split.skipped)} could not be read" if split.skipped else ""
        print(f"prepared   {name}: {sum(split.shards)} frames{skipped}")
    print(f"in         {stored.folder}")
    frames = Frames(stored, there)
    tell_sides(about, frames)
    if chosen.sheet:
        records = some(frames, COLUMNS)
        save_png(chosen.sheet, frames_sheet(records, about.joints))
        print(f"wrote      {chosen.sheet}")


def tell(about: About, found: Found) -> None:
    """Print what a download has.

    Raises:
        DatasetError: no split of it can be read.
    """
    for path, count in found.files.items():
        print(f"{'found' if count else 'MISSING':10} {count:>7} {path}")
    for path in about.checksums.keys() - set(found.changed):
        if found.files.get(path):
            print(f"as released        {path}")
    for path in found.changed:
        print(f"NOT AS RELEASED    {path}")
    for split, count in found.frames.items():
        wanted = about.frames[split]
        expected = f" of {wanted}" if wanted else ""
        if isinstance(count, int):
            print(f"{'split':10} {split}: {count}{expected} frames")
        else:
            print(f"{'split':10} {split}: none{expected} frames; {count}")
    faults = [fault for fault in found.frames.values() if isinstance(fault, str)]
    if len(faults) == len(found.frames):
        raise DatasetError(faults[0])


def tell_sides(about: About, frames: Sequence[Record]) -> None:
    """Print in how many frames fingers bend as they should, if labels can say."""
    from handjax.data.real.sides import bending_right
    from handjax.data.real.survey import look_over

    known = look_over(some(frames, LOOKED_AT))
    share = bending_right(about.joints, known.joints, known.valid)
    if np.isfinite(share):
        print(
            f"hands      fingers bend to the palm in {share:.0%} of {len(known.names)}"
        )
    if share < 0.5:
        print(
            "WARNING    they bend backwards: pictures or labels are mirrored, or show "
            "the other hand than the dataset is said to show"
        )


def some(frames: Sequence[Record], count: int) -> list[Record]:
    """So many of the frames, from the first to the last."""
    chosen = np.linspace(0, len(frames) - 1, min(count, len(frames))).round()
    return [frames[number] for number in chosen.astype(int).tolist()]
