"""`python -m handjax export`: a method, or a hand, as one file for other programs."""

import argparse
import json
from pathlib import Path
from typing import Any

from handjax import export
from handjax.export import ExportError
from handjax.files import write
from handjax.hands.template import LEVELS, is_file

HELP = "write a trained method as StableHLO or ONNX, or a hand as GLB, for others"
FORMATS = ("stablehlo", "onnx", "glb")
HAND = "glb"
"""The format that holds a hand, not a method."""

# What loads and traces methods takes seconds to import: such imports stand where they
# are used.


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser("export", help=HELP, description=HELP)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="a released method (`python -m handjax.weights list`); for glb also a "
        f"hand, {', '.join(LEVELS)} or a file of one",
    )
    source.add_argument("--workdir", metavar="RUN", help="or the folder of a training")
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Find, trace, write.

    Raises:
        ExportError: what was asked for is not there, or can't be written.
        FolderError: nothing can be written there.
    """
    if chosen.out.is_dir():
        raise ExportError(f"--out wants the name of a file; {chosen.out} is a folder")
    make = _hand if chosen.format == HAND else _program
    make(chosen)


def _program(chosen: argparse.Namespace) -> None:
    """A method as one file, and a page about it beside."""
    from handjax.export import inference, onnx, stablehlo

    if chosen.format == "onnx":
        onnx.require_packages()
    found = _weights(chosen)
    export.prepare(chosen.out.parent)
    name = chosen.name or Path(chosen.workdir).resolve().name
    made = inference.of_weights(name, found)
    form = {"onnx": onnx, "stablehlo": stablehlo}[chosen.format]
    content = form.content(made)
    page = (json.dumps(form.page(made), indent=1) + "\n").encode()
    _written(chosen.out, content)
    _written(chosen.out.with_name(chosen.out.name + ".json"), page)
    for way, tensors in (("in ", made.inputs), ("out", made.outputs)):
        for x in tensors:
            shape = ", ".join(map(str, ("batch", *x.shape)))
            print(f"{way}   {x.name} ({shape}) {x.unit}")


def _hand(chosen: argparse.Namespace) -> None:
    """A hand at rest with its skeleton and skin."""
    from handjax.export import rigged
    from handjax.hands.template import load_template

    if chosen.out.suffix.lower() != ".glb":
        raise ExportError(f"--format glb wants a name in .glb; got {chosen.out}")
    named = chosen.name or ""
    is_hand = named in LEVELS or is_file(named)
    template = named if is_hand else _weights(chosen).config.template
    try:
        hand = load_template(template)
    except (ValueError, OSError) as wrong:
        raise ExportError(str(wrong)) from wrong
    export.prepare(chosen.out.parent)
    _written(chosen.out, rigged.glb(hand))


def _written(path: Path, content: bytes) -> None:
    """Write a file and say so.

    Raises:
        ExportError: it can't be.
    """
    try:
        write(path, content)
    except OSError as wrong:
        why = wrong.strerror or wrong
        raise ExportError(f"--out {path} can't be written: {why}") from wrong
    print(f"wrote {path} ({len(content) / 2**20:.1f} MB)")


def _weights(chosen: argparse.Namespace) -> Any:
    """Of the release or run that was asked for.

    Raises:
        ExportError: there are none.
    """
    from absl import logging

    from handjax import weights

    # Orbax warns of what is meant: that it will only read.
    logging.set_verbosity(logging.ERROR)
    try:
        if chosen.workdir:
            return weights.from_run(chosen.workdir)
        return weights.from_release(chosen.name)
    except weights.MissingError as wrong:
        raise ExportError(
            str(wrong) if chosen.workdir else _instead(chosen, weights.released())
        ) from wrong


def _instead(chosen: argparse.Namespace, released: list[str]) -> str:
    """What to ask for in place of a name that nothing has."""
    methods = ", ".join(released) or "none yet"
    hands = ", ".join(LEVELS)
    name = chosen.name
    if chosen.format == HAND:
        return (
            f"no hand is called {name!r}; hands: {hands}, files of a hand, and those "
            f"of the methods {methods}"
        )
    if name in LEVELS or is_file(name):
        return (
            f"{name} is a hand, which --format glb holds; {chosen.format} holds a "
            f"method: {methods}"
        )
    if Path(name).is_dir():
        return f"{name} is a folder; of a training, give --workdir {name}"
    return f"no method is released as {name!r}; released: {methods}"
