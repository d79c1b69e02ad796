"""Masks beside the true ones: from the command line to what is written.

Notation, shared by every function here and by the tests:
    n: pixels of each frame as `masks.Counts` has them, (frames, 4).
"""

import argparse
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from handjax import files
from handjax.evaluation import compare, masks, measure_tables, report
from handjax.evaluation.intervals import LEAST_BLOCKS
from handjax.evaluation.labelling import name_all
from handjax.evaluation.mask_files import open_masks
from handjax.evaluation.masks import Counts
from handjax.evaluation.predictions import FileError

NOTE = (
    "pooled over the pixels of all pictures [baek2019, Table 2]; 95 % of a bootstrap "
    "over blocks of frames"
)


def run(
    chosen: argparse.Namespace, truth: Any, block: int = compare.BLOCK
) -> list[str]:
    """Score every folder of --masks; returns what is to be printed.

    Args:
        chosen: the command line; `out` gets table.txt and results.json.
        truth: `data.real.masks.Masks`.
        block: frames in a row that are alike.

    Raises:
        FileError: a mask is missing or can't be read, or no frame can.
    """
    paths: list[Path] = chosen.masks
    names = name_all(chosen.names or (), [path.stem for path in paths])
    counted, unread = _count(paths, truth)
    if not len(counted[0]):
        raise FileError(f"no frame of {truth.title} can be read; {unread[0]}")
    methods = [
        {"method": name, "masks": figures(n, block)}
        for name, n in zip(names, counted, strict=True)
    ]
    head = [truth.title, f"frames: {chosen.root}, {len(counted[0])} frames"]
    if unread:
        head.append(f"{len(unread)} frames can't be read; the first: {unread[0]}")
    lines = compared(names, counted, block)
    blocks = [*measure_tables.blocks(methods), *([""] if lines else []), *lines]
    text = "\n".join([*head, *blocks, "", NOTE])
    files.write(chosen.out / "table.txt", f"{text}\n".encode())
    found = {
        **methods[0],
        "dataset": chosen.dataset,
        "frames": len(counted[0]),
        "unread": unread,
        "comparisons": lines,
        "note": NOTE,
    }
    if len(methods) > 1:
        found["methods"] = {one["method"]: one for one in methods}
    return [text, "", str(report.write_json(chosen.out, found))]


def figures(n: Int[np.ndarray, "frames 4"], block: int) -> dict[str, Any]:
    """IoU, precision, recall and F1 of all pixels together, each with its interval.

    Args:
        n: see above.
        block: frames in a row that are alike.

    Source: [baek2019] Table 2.
    """
    pooled = Counts(*n.sum(axis=0).tolist())
    found: dict[str, Any] = {"pixels": pooled._asdict(), "frames": len(n)}
    few = len(n) < LEAST_BLOCKS * block
    for name, fraction in masks.FRACTIONS.items():
        mean, low, high = compare.ratio(*fraction(*_tp_fp_fn(n)), block=block)
        found[name] = mean
        found[f"{name}_95"] = [np.nan, np.nan] if few else [low, high]
    return found


def compared(
    names: Sequence[str], n: Sequence[Int[np.ndarray, "frames 4"]], block: int
) -> list[str]:
    """A line on the IoU of each two methods, and whether the difference is more than
    other frames would make of it.

    Args:
        names: of the methods.
        n: see above, of each.
        block: frames in a row that are alike.
    """
    lines, pairs = [], list(combinations(range(len(names)), 2))
    for a, b in pairs if len(n[0]) >= LEAST_BLOCKS * block else ():
        ours, theirs = (masks.FRACTIONS["iou"](*_tp_fp_fn(n[k])) for k in (a, b))
        mean, low, high = compare.ratio_less(
            ours, theirs, block=block, pairs=len(pairs)
        )
        better, worse = (a, b) if mean >= 0.0 else (b, a)
        low, high = (low, high) if mean >= 0.0 else (-high, -low)
        sure = "significant" if low > 0.0 else "not significant"
        lines.append(
            f"{names[better]} has {abs(mean):.4f} more IoU than {names[worse]} "
            f"[{low:.4f}, {high:.4f}]: {sure}"
        )
    return lines


def _tp_fp_fn(n):
    return n.T[:3].astype(float)


def _count(
    paths: list[Path], truth: Any
) -> tuple[list[Int[np.ndarray, "frames 4"]], list[str]]:
    """n of each folder, and what is wrong with frames that can't be read."""
    finders = [open_masks(path, truth.count) for path in paths]
    found, unread = [[] for _ in paths], []
    for number, (name, mask) in enumerate(truth.frames):
        if mask is None:
            unread.append(name)
            continue
        for counts, find in zip(found, finders, strict=True):
            counts.append(masks.count(find(number, name, mask.shape), mask))
    return [np.array(counts, int).reshape(-1, 4) for counts in found], unread
