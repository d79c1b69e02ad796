"""Table 1 of [wan2020]: rows as changes of the config."""

from collections.abc import Callable

from ml_collections import ConfigDict

from configs import common

ACROSS = ("multi_view_vertices", "multi_view_icp", "multi_view_lifting")


def _fitting(config: ConfigDict) -> ConfigDict:
    """The phase that rows are about.

    Raises:
        ValueError: the size has none.
    """
    if config.phases[-1].loss != "fitting":
        raise ValueError(
            "this row of Table 1 changes how unlabelled frames are fitted, which the "
            "config does not do by default; say it of a size that does, as in "
            "configs/dual_grid.py:small,single_view"
        )
    return config.phases[-1]


def _multi_view(config: ConfigDict) -> None:
    _fitting(config)


def _without(*terms: str) -> Callable[[ConfigDict], None]:
    def change(config: ConfigDict) -> None:
        for term in terms:
            _fitting(config).weights[term] = 0.0

    return change


def _without_augmentation(config: ConfigDict) -> None:
    _fitting(config).imagine = False


def _synthetic_goes_on(config: ConfigDict) -> None:
    """As long as the fitting phase, on labelled synthetic hands alone."""
    fitting = _fitting(config)
    fitting.loss, fitting.keep, fitting.imagine = "supervised", "latest", False
    fitting.sources, fitting.batch_sizes = ("synthetic",), {}
    fitting.weights = {**config.phases[-2].weights}


def _keypoints(config: ConfigDict) -> None:
    """The subject's key points beside synthetic hands: Sec. 5.3, sparse supervision."""
    fitting = _fitting(config)
    fitting.loss, fitting.imagine = "keypoints", False
    config.studio.labels = config.real.labels = ("joints",)
    fitting.weights = {"real_keypoints": 1.0, **config.phases[-2].weights}


def _initial(config: ConfigDict) -> None:
    """No fitting at all."""
    config.phases = tuple(phase for phase in config.phases if phase.loss != "fitting")


def _on_test_alone(config: ConfigDict) -> None:
    _fitting(config)
    config.studio.split, config.real.splits = "test", ("test",)


def adapt(config: ConfigDict) -> None:
    """The last phase alone; the others are in what --init gives."""
    config.phases = config.phases[-1:]
    config.needs_init = True


ROWS = {
    "multi_view": common.Row("ours (self-supervised)", 13.09, _multi_view),
    "keypoints": common.Row("ours (fully supervised)", 8.5, _keypoints),
    "synthetic_on_synthetic": common.Row(
        "synt (test on synt)", 7.10, _initial, dataset="synthetic", trains=False
    ),
    "synthetic": common.Row("synt (test on real)", 23.21, _initial, trains=False),
    "test_alone": common.Row("train on test", 14.50, _on_test_alone),
    "single_view": common.Row("single view", 16.96, _without(*ACROSS)),
    "without_augmentation": common.Row(
        "without active augmentation", 14.52, _without_augmentation
    ),
    "without_lifting": common.Row(
        "without L_lifting", 14.50, _without("lifting", "multi_view_lifting")
    ),
    "without_collision": common.Row(
        "without L_collision", 13.85, _without("collision")
    ),
    "without_arap": common.Row("without L_arap", 14.06, _without("arap")),
    "without_offset": common.Row("without L_offset", 14.12, _without("offset")),
    "synthetic_goes_on": common.Row(
        "synt, as many steps more", None, _synthetic_goes_on
    ),
}
"""Table 1, the rows on vertices apart, which stand beside that of the joints; and the
control of the second."""

FIGURES = {
    "figure_6": common.Curves(
        "Impact of using different dataset for self-supervision",
        (
            *("keypoints", "multi_view", "synthetic_on_synthetic", "synthetic"),
            *("test_alone", "single_view"),
        ),
    ),
    "figure_7": common.Curves(
        "Impact of loss terms and active data augmentation",
        (
            *("multi_view", "without_augmentation", "without_lifting"),
            *("without_collision", "without_arap", "without_offset"),
        ),
    ),
}
"""Its figures; the rivals of Figure 8 have not seen the studio."""
