"""Table 1 and Figures 5 to 8 of [wan2019]: rows as changes of the config."""

from collections.abc import Callable

from ml_collections import ConfigDict

from configs import common


def _single_view(config: ConfigDict) -> None:
    """Every view alone: neither drawn in the others nor agreed with them."""
    config.model.pairs = "own"
    _without(config, "consistency")


def _without(config: ConfigDict, *terms: str) -> None:
    for term in terms:
        config.phases[-1].weights[term] = 0.0


def _half(config: ConfigDict) -> None:
    config.studio.frames = 0.5


def _half_and_half(config: ConfigDict) -> None:
    config.studio.multi_view = 0.5


def _synthetic_goes_on(config: ConfigDict) -> None:
    """As long as the fitting phase, on labelled synthetic hands alone.

    More of them a step than the fitting phase has, by all terms of the phase before.
    """
    fitting = config.phases[-1]
    fitting.loss, fitting.keep = "supervised", "latest"
    fitting.sources, fitting.batch_sizes = ("synthetic",), {}
    fitting.weights = {**config.phases[-2].weights}


def _labelled(config: ConfigDict) -> None:
    """As long as the fitting phase, on the subject's own labels: what could be had."""
    _synthetic_goes_on(config)
    config.studio.labels = ("centres",)
    config.phases[-1].sources = ("studio",)
    config.phases[-1].batch_sizes = {"studio": 16}


def _initial(config: ConfigDict) -> None:
    """No fitting at all."""
    config.phases = config.phases[:-1]


def _clean(config: ConfigDict) -> None:
    _initial(config)
    config.synthetic.noise = False


def adapt(config: ConfigDict) -> None:
    """The last phase alone; the others are in what --init gives."""
    config.phases = config.phases[-1:]
    config.needs_init = True


def _tested(split: str) -> Callable[[ConfigDict], None]:
    def change(config: ConfigDict) -> None:
        config.studio.split = split

    return change


ROWS = {
    "multi_view": common.Row("ours (100% multiple view)", 12.62, lambda config: None),
    "single_view": common.Row("100% single view", 17.79, _single_view),
    "half": common.Row("50% multi-view", 13.77, _half),
    "half_and_half": common.Row(
        "50% multi-view + 50% single view", 13.33, _half_and_half
    ),
    "without_vae": common.Row(
        "without vae loss", 14.17, lambda config: _without(config, "prior")
    ),
    "without_bone_length": common.Row(
        "without bone length loss",
        14.56,
        lambda config: _without(config, "bone_length"),
    ),
    "without_collision": common.Row(
        "without collision loss", 13.73, lambda config: _without(config, "collision")
    ),
    "synthetic": common.Row("synth (aug. with noise)", 22.65, _initial, trains=False),
    "synthetic_clean": common.Row("synth", 27.85, _clean, scratch=True),
    "synthetic_on_synthetic": common.Row(
        "synth (test on synth)", 6.76, _initial, dataset="synthetic", trains=False
    ),
    "test_alone": common.Row("train on test", 14.53, _tested("test")),
    "test_and_train": common.Row("train on test + train", 12.31, _tested("both")),
    "synthetic_goes_on": common.Row(
        "synth, as many steps more", None, _synthetic_goes_on
    ),
    "labelled": common.Row("on the subject's labels", None, _labelled),
}
"""Table 1, each distinct row once; the control of the first; and a bound to all."""

FIGURES = {
    "figure_5": common.Curves(
        "Impact of training data",
        (
            *("multi_view", "half", "test_alone", "test_and_train"),
            *("synthetic", "synthetic_clean", "synthetic_on_synthetic"),
        ),
    ),
    "figure_6": common.Curves(
        "Impact of multi-view supervision",
        ("multi_view", "single_view", "half_and_half", "half"),
    ),
    "figure_7": common.Curves(
        "Impact of prior terms",
        ("multi_view", "without_vae", "without_bone_length", "without_collision"),
    ),
    "figure_8": common.Curves(
        "With and without unlabelled frames",
        ("multi_view", "synthetic", "synthetic_goes_on", "labelled"),
    ),
}
"""Its figures; the rivals of Figure 8 have not seen the studio."""
