"""The command line of evaluate.py."""

import argparse
from pathlib import Path
from typing import Any

from handjax.evaluation.option_values import axes, camera, numbers, positive, turn
from handjax.evaluation.predictions.reading import FORMATS, UNITS
from handjax.evaluation.protocols import ALIGNED, PROTOCOLS
from handjax.hands.poses import VIEWS

CENTERS = {"depth": "depth", "file": "a file", "gt": "GROUND TRUTH"}
"""What the crop centres of --center come from, as it is printed."""
OF_STUDIO = ("subject", "amount", "moments")
MOMENTS = ("test", "train")
"""Of the studio, those to test on and, of methods of one person, those learnt from."""
OF_SYNTHETIC = ("seed", "view", "noise", "surroundings")
OF_READING = (
    *("format", "unit", "flip", "axes", "order", "palm", "shift", "camera", "key"),
)
OF_FILES = (*OF_READING, "unchecked")
OF_LABELS = tuple(
    f"labels{end}"
    for end in ("", "_format", "_unit", "_flip", "_key", "_palm", "_vertices")
)
OF_RUNS = ("center", "centers", "denoiser", "refine")
OF_MASKS = ("root", "subset", "names")
OF_REAL = (
    *("root", *OF_LABELS, "centers", "align", "subset", "predictions", "names"),
    *("save_predictions", "save_format", "data_dir"),
)
MAY_BE_OFF = ("refine", "noise", "surroundings", "labels_palm")
"""Flags that say something when they are off, too."""


def read(description: str, arguments: list[str] | None) -> argparse.Namespace:
    """The command line.

    Args:
        description: of the program.
        arguments: the words; those of the process by default.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", required=True, help=", ".join(PROTOCOLS))
    _add_methods(parser.add_argument_group("what is measured; one or more"))
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument(
        "--frames", type=positive, help="how many; default: the config's, or all"
    )
    parser.add_argument(
        "--denoiser",
        action="store_true",
        help="report the 14 joints after the palm denoiser too [wan2019]",
    )
    parser.add_argument(
        "--refine",
        type=positive,
        metavar="STEPS",
        help="of refinement, of methods that can; default: the config's",
    )
    parser.add_argument(
        "--no-refine",
        dest="refine",
        action="store_const",
        const=0,
        help="measure estimates as they are alone",
    )
    parser.add_argument(
        "--center", choices=tuple(CENTERS), help="of the crops; default: depth"
    )
    _add_generated(parser)
    _add_real(parser.add_argument_group("real datasets"))
    _add_reading(
        parser.add_argument_group("--predictions; of all files, or one a file each")
    )
    chosen = parser.parse_args(arguments)
    measured = "workdir", "weights", "predictions", "masks"
    if not any(getattr(chosen, name) for name in measured):
        parser.error(f"nothing to measure; one of --{', --'.join(measured)}")
    return chosen


def _add_methods(group: Any) -> None:
    runs = group.add_argument
    runs("--workdir", nargs="+", help="runs of train.py; each one's best checkpoint")
    runs("--weights", nargs="+", metavar="NAME", help="names of releases")
    group.add_argument(
        "--predictions",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="joints as text, .mat, .npz or JSON",
    )
    group.add_argument(
        "--masks",
        nargs="+",
        type=Path,
        metavar="DIR",
        help="masks of hands alone: a PNG a frame, or .npz; with --root",
    )
    group.add_argument(
        "--names", nargs="+", metavar="NAME", help="of all, in this order"
    )


def _add_generated(parser: argparse.ArgumentParser) -> None:
    synthetic = parser.add_argument_group("--dataset synthetic")
    synthetic.add_argument("--seed", type=int, help="of the frames; default: 0")
    synthetic.add_argument(
        "--view", choices=VIEWS, help="how views are drawn; default: haar"
    )
    synthetic.add_argument(
        "--noise",
        action=argparse.BooleanOptionalAction,
        help="of the sensor; default: the config's",
    )
    synthetic.add_argument(
        "--surroundings",
        action=argparse.BooleanOptionalAction,
        help="an arm and background in depth; default: the config's",
    )
    captured = parser.add_argument_group("--dataset studio")
    captured.add_argument("--subject", help="A to D; default: the config's")
    captured.add_argument("--amount", help="of frames; default: the config's")
    captured.add_argument(
        "--moments",
        help="in colour: test or, of a method of one person, train; default: test",
    )


def _add_real(group: Any) -> None:
    group.add_argument("--root", type=Path, help="the dataset as downloaded")
    group.add_argument(
        "--data-dir", type=Path, help="where it is stored, if not where it is usual"
    )
    group.add_argument(
        "--labels",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="its labels alone, in any form of predictions; one after another",
    )
    group.add_argument(
        "--labels-format", choices=FORMATS, help="default: uvd if it can"
    )
    group.add_argument("--labels-unit", choices=tuple(UNITS), help="see --unit")
    group.add_argument("--labels-flip", type=axes, metavar="AXES", help="see --flip")
    group.add_argument("--labels-key", nargs="+", metavar="NAME", help="see --key")
    group.add_argument(
        "--labels-vertices",
        type=Path,
        metavar="FILE",
        help="true surfaces of the same frames, as in evaluation_verts.json",
    )
    group.add_argument(
        "--labels-palm",
        action=argparse.BooleanOptionalAction,
        help="stb: joint 0 is the palm and not the wrist; default: it is",
    )
    group.add_argument(
        "--centers", type=Path, metavar="FILE", help="x y z a frame; --center file"
    )
    group.add_argument("--align", choices=tuple(ALIGNED), help="default: the protocol")
    group.add_argument("--subset", help="score these frames alone: P3, 'subject 1'")
    group.add_argument(
        "--save-predictions",
        type=Path,
        metavar="FILE",
        help="joints for others' tools; .txt, .csv, .npz, .npy, .mat, .json",
    )
    group.add_argument("--save-format", choices=FORMATS, help="default: uvd if it can")


def _add_reading(group: Any) -> None:
    group.add_argument(
        "--format",
        nargs="+",
        choices=FORMATS,
        help="default: uvd with one camera, else xyz",
    )
    group.add_argument(
        "--unit", nargs="+", choices=tuple(UNITS), help="of lengths; default: mm"
    )
    group.add_argument(
        "--flip", nargs="+", type=axes, metavar="AXES", help="that point away: y; none"
    )
    group.add_argument(
        "--axes",
        nargs="+",
        type=turn,
        help="which is each of three numbers: yxz if v u d",
    )
    group.add_argument(
        "--order",
        nargs="+",
        type=numbers,
        metavar="K,K,...",
        help="the file's joint for each; own if that is its own",
    )
    group.add_argument("--palm", action="store_true", help="stb: joint 0 is the palm")
    group.add_argument(
        "--shift",
        nargs="+",
        type=int,
        metavar="K",
        help="row 1 is of frame 1 + K; default: 0",
    )
    group.add_argument(
        "--camera",
        nargs="+",
        type=camera,
        metavar="NAME",
        help="that uvd was made with: icvl, or fx,fy,u0,v0; own for the dataset's",
    )
    group.add_argument("--key", nargs="+", metavar="NAME", help="arrays to take")
    group.add_argument(
        "--unchecked", action="store_true", help="score what looks mistaken too"
    )


def foreign(chosen: argparse.Namespace) -> list[str]:
    """Options that were given and say nothing about what is evaluated."""
    if chosen.masks:
        others = {*OF_SYNTHETIC, *OF_STUDIO, *OF_RUNS, *OF_FILES, *OF_REAL}
        others = sorted(others - set(OF_MASKS) | {"workdir", "weights", "frames"})
    elif chosen.dataset in ("synthetic", "studio"):
        others = (*OF_FILES, *OF_REAL)
        of_studio = (*OF_SYNTHETIC, "center")
        others += OF_STUDIO if chosen.dataset == "synthetic" else of_studio
    else:
        runs = chosen.workdir or chosen.weights
        others = (*OF_SYNTHETIC, *OF_STUDIO, *(OF_LABELS if runs else OF_RUNS))
        others += () if chosen.predictions else OF_FILES
        others += ("data_dir",) if chosen.labels else OF_LABELS[1:]
        others += () if chosen.save_predictions else ("save_format",)
        palms = () if chosen.dataset == "stb" else ("palm", "labels_palm")
        others = (*dict.fromkeys((*others, *palms)),)
    return [f"--{n.replace('_', '-')}" for n in others if _given(chosen, n)]


def refinement(chosen: argparse.Namespace, config: Any) -> int:
    """Steps by which estimates are refined too: those of the command line, or those of
    the config, where there are any."""
    if getattr(chosen, "refine", None) is not None:
        return chosen.refine
    return config.get("refinement", {}).get("steps", 0)


def source(chosen: argparse.Namespace) -> str:
    """What is measured, as a refusal calls it."""
    if chosen.masks:
        return "masks"
    if chosen.dataset in ("synthetic", "studio"):
        return chosen.dataset
    if chosen.workdir or chosen.weights:
        return "trained methods, which want pictures beside labels: --root DIR"
    return "files of predictions"


def _given(chosen: argparse.Namespace, name: str) -> bool:
    """Whether somebody gave an option; most flags that are off nobody gave."""
    value = getattr(chosen, name)
    return value is not None and (value is not False or name in MAY_BE_OFF)
