"""`python -m handjax data`: check a download, prepare it, look at it."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from handjax import mano_command
from handjax.data.real import names
from handjax.data.real.download import Found, examine, missing, require_packages
from handjax.data.real.frame import About, DatasetError, FrameError, Reader
from handjax.data.real.offered import some
from handjax.data.real.records import Record
from handjax.hands.mano_files import ManoError
from handjax.unpickle import UnpickleError

HELP = "check the download of a real dataset, and prepare it for training and testing"
SHEET = "sheet.png"
COLUMNS = 8
"""Frames on a sheet."""
NAMED = 10
"""Views that could not be read, told by name."""
LOOKED_AT = 500
"""Frames whose fingers are looked at."""

FAULTS = (DatasetError, FrameError, ManoError, UnpickleError)


def add_to(commands) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser("data", help=HELP, description=HELP)
    known = ", ".join(names.MODULES)
    parser.add_argument("name", help=f"{known}; or {mano_command.NAME}, a hand model")
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
        "--strict", action="store_true", help="end at what can't be read"
    )
    parser.add_argument(
        "--again", action="store_true", help="prepare anew what is prepared"
    )
    parser.add_argument(
        "--check-only", action="store_true", help="say what is there, prepare nothing"
    )
    sheet = parser.add_mutually_exclusive_group()
    sheet.add_argument(
        "--sheet",
        type=Path,
        metavar="FILE",
        help=f"where frames are drawn, as a PNG; default: {SHEET} beside what is "
        "prepared",
    )
    sheet.add_argument("--no-sheet", action="store_true", help="draw none")
    mano_command.add_to(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Check, prepare, draw.

    Raises:
        DatasetError: the dataset is not there, or can't be used.
        FrameError: a frame can't be read, and `--strict`.
        ManoError, UnpickleError: a file of MANO's can't be used.
    """
    if chosen.name == mano_command.NAME:
        return mano_command.run(chosen)
    reader = names.reader(chosen.name)
    require_fitting(chosen)
    require_packages()
    reader = names.rooted(reader, chosen.root)
    # What reads stores takes a second to import: other commands don't wait for it.
    from handjax.data.real import store

    splits = store.check_names(reader, chosen.split)
    try:
        if chosen.root:
            check_download(reader, chosen, splits)
        if not chosen.check_only:
            show(reader.ABOUT, prepared(reader, chosen), splits, chosen)
    except OSError as wrong:
        where = wrong.filename or chosen.root or "a file"
        raise DatasetError(
            f"{where} can't be read or written: {wrong.strerror or wrong}"
        ) from wrong


def require_fitting(chosen: argparse.Namespace) -> None:
    """Refuse options that would do nothing.

    Raises:
        DatasetError: there are such.
    """
    if chosen.file or chosen.out or chosen.side or chosen.repair is not None:
        raise DatasetError(
            f"FILE, --out, --side and --repair are of {mano_command.NAME}; a dataset's "
            "download is named by --root PATH"
        )
    of_downloads = ("again", "strict", "check_only")
    named = [
        f"--{name.replace('_', '-')}" for name in of_downloads if getattr(chosen, name)
    ]
    if named and not chosen.root:
        say = "says" if len(named) == 1 else "say"
        raise DatasetError(
            f"{' and '.join(named)} {say} nothing without a download: add --root PATH"
        )
    if chosen.check_only and (chosen.sheet or chosen.again or chosen.strict):
        raise DatasetError(
            "--check-only prepares and draws nothing: leave out --sheet, --again and "
            "--strict"
        )


def check_download(
    reader: Reader, chosen: argparse.Namespace, splits: Sequence[str]
) -> None:
    """Print what a download is and has."""
    about = reader.ABOUT
    found = examine(reader, chosen.root.expanduser(), splits)
    print(f"{about.title}\nlicence    {about.licence}\nhome page  {about.home}")
    tell(about, found)
    others = [split for split in about.usual and about.frames if split not in splits]
    if others and not chosen.split:
        print(f"not asked  {', '.join(others)}: by --split, with pictures of their own")


def prepared(reader: Reader, chosen: argparse.Namespace) -> Any:
    """What is stored of a dataset, after a preparation where its download is named."""
    from handjax.data.real import store

    if not chosen.root:
        return store.open_store(reader, chosen.data_dir)
    return store.prepare(
        reader,
        chosen.root.expanduser(),
        data_dir=chosen.data_dir,
        splits=chosen.split,
        strict=chosen.strict,
        again=chosen.again,
    )


def show(
    about: About, stored: Any, splits: Sequence[str], chosen: argparse.Namespace
) -> None:
    """Print and draw what is stored.

    Raises:
        DatasetError: nothing is.
    """
    from handjax.data.real.order import Frames

    there = [split for split in splits if split in stored.splits]
    if not there:
        raise DatasetError(missing(about, chosen.root))
    for name in there:
        tell_stored(name, stored.splits[name])
    print(f"in         {stored.folder}")
    frames = Frames(stored, there)
    tell_sides(about, frames)
    if not chosen.no_sheet:
        draw(some(frames, COLUMNS), about, chosen.sheet or stored.folder / SHEET)


def draw(records: Sequence[Record], about: About, path: Path) -> None:
    """Draw frames with joints over them into a file.

    Raises:
        DatasetError: it can't be written.
    """
    from handjax.visualize import frames_sheet, save_png

    sheet = frames_sheet(records, about.joints)
    try:
        save_png(path, sheet)
    except (OSError, ValueError) as wrong:
        raise DatasetError(
            f"{path} can't be written ({getattr(wrong, 'strerror', None) or wrong}); "
            "--sheet FILE.png draws it elsewhere, --no-sheet not at all"
        ) from wrong
    print(f"wrote      {path}")


def tell_stored(name: str, split: Any) -> None:
    """Print how much of a split is stored, and which views of it are not."""
    skipped = f", {len(split.skipped)} could not be read" if split.skipped else ""
    print(f"prepared   {name}: {sum(split.shards)} frames{skipped}")
    faults = [why for whys in split.dropped.values() for why in whys]
    if faults:
        frames = len(split.dropped)
        print(f"left out   {len(faults)} views of {frames} frames of {name}:")
        for why in faults[:NAMED]:
            print(f"           {why}")
        if len(faults) > NAMED:
            print(f"           and {len(faults) - NAMED} more")


def tell(about: About, found: Found) -> None:
    """Print what a download has.

    Raises:
        DatasetError: no split of it can be read.
    """
    for path, count in found.files.items():
        print(f"{'found' if count else 'MISSING':10} {count:>7} {path}")
    for path in found.same:
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
    labelled = int(known.valid.any(axis=1).sum())
    if np.isfinite(share):
        print(
            f"hands      fingers bend to the palm in {share:.0%} of {labelled} labelled"
        )
    if share < 0.5:
        print(
            "WARNING    they bend backwards: pictures or labels are mirrored, or show "
            "the other hand than the dataset is said to show"
        )
