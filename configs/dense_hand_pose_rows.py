"""Figure 5 of [baek2019]: rows as changes of the config."""

from collections.abc import Callable

from ml_collections import ConfigDict

from configs import common

CONSTANT = 0.01
"""Of the shape's weight where it is not scheduled. Source: [baek2019] Fig. 5(f)."""
REFINED = {
    f"{name}_refined": name
    for name in ("given21", "keypoints21", "given_vertices", "vertices")
}
"""What is measured where nothing is refined, in place of what is refined."""


def _totals(config: ConfigDict) -> tuple[ConfigDict, ...]:
    """Phases of the whole loss, Eq. (7)."""
    return tuple(phase for phase in config.phases if phase.loss == "supervised")


def _ours(config: ConfigDict) -> None:
    """All of it."""


def _without_augmentation(config: ConfigDict) -> None:
    """As long, of what was drawn before."""
    config.phases[-1].imagine = False


def _without_refiner(config: ConfigDict) -> None:
    config.model.refiner = False
    for phase in config.phases:
        if "refiner" in phase.weights:
            phase.weights["refiner"] = 0.0


def _without_2d(config: ConfigDict) -> None:
    """Features alone, that nobody taught what is foreground: Kanazawa et al. [16]."""
    _without_refiner(config)
    config.model.evidence = "features"
    config.phases = _totals(config)
    for phase in config.phases:
        phase.weights.update({"features": 0.0, "heatmaps": 0.0})


def _without_shape(config: ConfigDict) -> None:
    for phase in _totals(config):
        phase.weights["shape"] = 0.0


def _constant(config: ConfigDict) -> None:
    config.model.gate = 0.0
    for phase in _totals(config):
        phase.weights["shape"] = CONSTANT


def mixed(config: ConfigDict) -> None:
    """Half of each batch from the studio's first subject, or a real dataset: the paper
    learns from two datasets together."""
    config.studio.subject = "A"
    half = config.batch_size // 2
    for phase in _totals(config):
        phase.sources = ("synthetic", "studio")
        phase.batch_sizes = {"synthetic": half, "studio": half}
        phase.keep = "latest"


def adapt(config: ConfigDict) -> None:
    """What changes a trained model: the last phase; --init gives the rest."""
    config.phases = config.phases[-1:]
    config.needs_init = True


def _row(
    title: str,
    change: Callable[[ConfigDict], None],
    *,
    raw: bool = False,
    begins: str | None = None,
) -> common.Row:
    """A row; raw ones are measured without refinement."""
    return common.Row(
        title,
        None,
        change,
        scratch=True,
        trains=begins is None,
        begins=begins,
        stands_in=REFINED if raw else None,
    )


ROWS = {
    "ours": _row("ours", _ours),
    "without_augmentation": _row("w/o data aug.", _without_augmentation),
    "without_refinement": _row("w/o test. ref.", _ours, raw=True, begins="ours"),
    "without_refiner": _row("w/o test. ref., refiner", _without_refiner, raw=True),
    "without_2d": _row("w/o test. ref., refiner, 2D losses", _without_2d, raw=True),
    "without_shape": _row("w/o shape loss", _without_shape),
    "constant": _row("constant weight", _constant),
}
"""Figure 5 (a), (d) to (f), which has curves and no figures; `benchmarks/refinement.py`
draws the error against the steps of refinement."""

MEASURED = ("given21_refined", "keypoints21_refined")
"""Joint sets that the table is of. The paper's are given scale and root depth."""

FIGURES = {
    "figure_5": common.Curves(
        "Figure 5 (d), (e): 3D PCK and its area", tuple(ROWS), pck=(20.0, 50.0)
    )
}
