"""Mean joint errors that others published: facts to stand beside, with their source.

Those of `RECOMPUTED` are computed there from each method's public predictions as we do
it: over all joints of all frames of the test set. Its address is
github.com/xinghaochen/awesome-hand-pose-estimation, evaluation/README.md.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Published(NamedTuple):
    """A method's result as it was published.

    Attributes:
        name: of the method.
        mean_mm: mean joint error.
        source: where that stands.
    """

    name: str
    mean_mm: float
    source: str


RECOMPUTED = "awesome-hand-pose-estimation, recomputed"


def _recomputed(means: Mapping[str, float]) -> tuple[Published, ...]:
    return tuple(Published(name, mm, RECOMPUTED) for name, mm in means.items())


_NYU = {
    "DeepPrior": 20.750,
    "DeepPrior-Refine": 19.726,
    "DeepModel": 17.036,
    "Feedback": 15.973,
    "Guo-Baseline": 14.588,
    "Lie-X": 14.507,
    "DeepHPS": 14.415,
    "3DCNN": 14.113,
    "REN-4x6x6": 13.393,
    "REN-9x6x6": 12.694,
    "DeepPrior++": 12.238,
    "Pose-REN": 11.811,
    "Generalized-Feedback": 10.894,
    "SHPR-Net": 10.775,
    "HandPointNet": 10.540,
    "DenseReg": 10.214,
    "CrossInfoNet": 10.078,
    "MURAUER": 9.466,
    "WHSP-Net": 9.421,
    "SHPR-Net (three views)": 9.371,
    "Point-to-Point": 9.045,
    "V2V-PoseNet": 8.419,
    "TriHorn-Net": 7.68,
    "FeatureMapping": 7.441,
}
_ICVL = {
    "LRF": 12.578,
    "DeepModel": 11.561,
    "Guo-Baseline": 8.358,
    "REN-4x6x6": 7.628,
    "REN-9x6x6": 7.305,
    "DenseReg": 7.239,
    "SHPR-Net": 7.219,
    "HandPointNet": 6.935,
    "Pose-REN": 6.791,
    "CrossInfoNet": 6.732,
    "Point-to-Point": 6.328,
    "V2V-PoseNet": 6.284,
    "TriHorn-Net": 5.73,
}
_MSRA15 = {
    "REN-9x6x6": 9.792,
    "3DCNN": 9.584,
    "Pose-REN": 8.649,
    "HandPointNet": 8.505,
    "CrossInfoNet": 7.862,
    "SHPR-Net": 7.756,
    "Point-to-Point": 7.707,
    "DenseReg": 7.234,
    "TriHorn-Net": 7.13,
}

_WAN_2019 = "Wan et al., CVPR 2019, Table 1"
_WAN_2020 = "Wan et al., ECCV 2020, Table 2"

PUBLISHED: Mapping[str, tuple[Published, ...]] = {
    "nyu": (
        *_recomputed(_NYU),
        Published("A2J", 8.61, "Xiong et al., ICCV 2019"),
        Published("Wan et al. 2019, self-supervised", 12.62, _WAN_2019),
        Published("Dual Grid Net", 8.5, _WAN_2020),
        Published("Dual Grid Net, self-supervised", 13.1, _WAN_2020),
    ),
    "icvl": (*_recomputed(_ICVL), Published("A2J", 6.46, "Xiong et al., ICCV 2019")),
    "msra15": _recomputed(_MSRA15),
}
"""By dataset; what is not here has no results of this kind."""


def ranked(dataset: str) -> list[Published]:
    """What was published on a dataset, the best first; [] if nothing is known."""
    return sorted(PUBLISHED.get(dataset, ()), key=lambda one: one.mean_mm)
