"""`python -m handjax data mano FILE`: a released file of MANO's as plain arrays."""

import argparse
from pathlib import Path

from handjax.files import whole

NAME = "mano"
LICENCE = "no commercial use; see the home page"
ELSEWHERE = ("root", "split", "strict", "again", "check_only", "sheet", "no_sheet")
"""Options that are of datasets."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add what only this takes to the parser of `data`."""
    group = parser.add_argument_group(f"with {NAME}, which is a hand, no dataset")
    group.add_argument(
        "file",
        type=Path,
        nargs="?",
        help="MANO_RIGHT.pkl or MANO_LEFT.pkl, as released",
    )
    group.add_argument(
        "--out",
        type=Path,
        metavar="FILE.npz",
        help="where it is written, without pickles; default: beside the file",
    )
    group.add_argument(
        "--side",
        choices=("right", "left"),
        help="of the hand; default: by the direction of its fingers",
    )
    group.add_argument(
        "--repair",
        action=argparse.BooleanOptionalAction,
        help="whether the shape directions of a left hand have the wrong sign along x, "
        "as before version 1.2; default: by the shapes themselves",
    )


def run(chosen: argparse.Namespace) -> None:
    """Read, say what was read, write.

    Raises:
        ManoError: the file or where it is to go can't be used.
        UnpickleError: it is not there, is broken, or would run something.
    """
    from handjax.hands import mano, mano_files

    others = [name for name in ELSEWHERE if getattr(chosen, name)]
    if chosen.file is None or others:
        raise mano.ManoError(
            "mano wants a file, and of options only --out, --side and --repair: "
            f"python -m handjax data {NAME} MANO_RIGHT.pkl --out FILE.npz"
        )
    out = chosen.out or chosen.file.with_suffix(".npz")
    if out.suffix.lower() != ".npz":
        raise mano.ManoError(f"--out wants a name that ends in .npz; got {out}")
    released = mano_files.read_released(
        chosen.file, side=chosen.side, repair=chosen.repair
    )
    side = "left" if released.left else "right"
    points, shapes = len(released.vertices), released.shapes.shape[-1]
    print(f"MANO\nlicence    {LICENCE}\nhome page  {mano_files.HOME}")
    print(f"found      a {side} hand, {points} vertices, {shapes} directions of shape")
    if released.repaired:
        print(f"REPAIRED   {mano.REPAIRED}")
    try:
        with whole(out) as file:
            mano_files.write_stored(file, mano.converted(released))
    except OSError as wrong:
        raise mano.ManoError(
            f"{out} can't be written: {wrong.strerror or wrong}"
        ) from wrong
    print(f"wrote      {out}")
