"""Write the studio's frames as a recording of one's own, to try docs/own_data.md with.

    PYTHONPATH=. python benchmarks/own_recording.py --subject D --out runs/own_d

Prints how many of the frames' views are read, and how far from the hand's middle their
crops stand, which are placed by the depth alone.
"""

import argparse
from pathlib import Path

import numpy as np

from handjax.data import own
from handjax.data.real.centres import centroid
from handjax.data.real.frame import FrameError
from handjax.data.studio import AMOUNTS, SUBJECTS, recorded

LOOKED_AT = 100
"""Frames of a split that are read."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", choices=SUBJECTS, default="D")
    parser.add_argument("--amount", choices=AMOUNTS, default="tiny")
    parser.add_argument("--split", choices=own.SPLITS, action="append")
    parser.add_argument("--every", type=int, default=1, help="so manieth frame")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    splits, every = chosen.split or own.SPLITS, chosen.every
    recorded.write(
        chosen.out, chosen.subject, chosen.amount, splits=splits, every=every
    )
    for split in splits:
        report(chosen.out, split)


def report(root: Path, split: str) -> None:
    """Print where the hand is found in some frames."""
    entries = own.index(root, split)
    step = max(len(entries) // LOOKED_AT, 1)
    away, lost = [], 0
    for entry in entries[::step]:
        known = entry.known
        try:
            # Without key points, as a user's frames are.
            views = own.read(root, entry._replace(known=None)).views
        except FrameError:
            views = ()
        lost += len(entry.files) - len(views)
        for view in views:
            true = centroid(known.joints, known.valid, view.camera_from_world)
            away.append(np.linalg.norm(view.found - true))
    few = np.percentile(away, (50, 90, 99))
    print(
        f"{split}: {len(entries)} frames; of {len(away) + lost} views the hand is not "
        f"found in {lost}, in the others {few[0]:.0f} mm (median), {few[1]:.0f} (90 %) "
        f"and {few[2]:.0f} (99 %) from the middle of its key points"
    )


if __name__ == "__main__":
    main()
