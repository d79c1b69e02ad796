"""DexYCB's four ways to split: by sequences, subjects, cameras and grasped objects.

Source: NVlabs/dex-ycb-toolkit, dex_ycb_toolkit/dex_ycb.py.
"""

from collections.abc import Mapping
from typing import NamedTuple

SUBJECTS = (
    "20200709-subject-01",
    "20200813-subject-02",
    "20200820-subject-03",
    "20200903-subject-04",
    "20200908-subject-05",
    "20200918-subject-06",
    "20200928-subject-07",
    "20201002-subject-08",
    "20201015-subject-09",
    "20201022-subject-10",
)
CAMERAS = (
    "836212060125",
    "839512060362",
    "840412060917",
    "841412060263",
    "932122060857",
    "932122060861",
    "932122061900",
    "932122062010",
)
SEQUENCES = 100
"""Of each subject; splits go by their places in the order of their names."""


class Part(NamedTuple):
    """Numbers of the subjects, cameras and sequences that make up a split."""

    subjects: tuple[int, ...] = tuple(range(10))
    cameras: tuple[int, ...] = tuple(range(8))
    sequences: tuple[int, ...] = tuple(range(SEQUENCES))


def _tries(*numbers: int) -> tuple[int, ...]:
    """Five sequences in a row grasp one object: the tries of these numbers."""
    return tuple(k for k in range(SEQUENCES) if k % 5 in numbers)


def _grasps(*objects: int) -> tuple[int, ...]:
    """All tries at these objects."""
    return tuple(k for k in range(SEQUENCES) if k // 5 in objects)


SPLITS: Mapping[str, Part] = {
    "s0_train": Part(sequences=_tries(0, 1, 2, 3)),
    "s0_val": Part(subjects=(0, 1), sequences=_tries(4)),
    "s0_test": Part(subjects=tuple(range(2, 10)), sequences=_tries(4)),
    "s1_train": Part(subjects=(0, 1, 2, 3, 4, 5, 9)),
    "s1_val": Part(subjects=(6,)),
    "s1_test": Part(subjects=(7, 8)),
    "s2_train": Part(cameras=(0, 1, 2, 3, 4, 5)),
    "s2_val": Part(cameras=(6,)),
    "s2_test": Part(cameras=(7,)),
    "s3_train": Part(
        sequences=_grasps(*(k for k in range(20) if k not in (3, 7, 11, 15, 19)))
    ),
    "s3_val": Part(sequences=_grasps(3, 19)),
    "s3_test": Part(sequences=_grasps(7, 11, 15)),
}
