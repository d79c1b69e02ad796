"""Table 1 of [wan2020]: rows as changes of the config."""

from collections.abc import Callable

from ml_collections import ConfigDict

from configs import common

ACROSS = ("multi_view_vertices", "multi_view_icp", "multi_view_lifting")


def _without(*terms: str) -> Callable[[ConfigDict], None]:
    def change(config: ConfigDict) -> None:
        for term in terms:
            config.phases[-1].weights[term] = 0.0

    return change


def _without_augmentation(config: ConfigDict) -> None:
    config.phases[-1].imagine = False


def _synthetic_goes_on(config: ConfigDict) -> None:
    """As long as the fitting phase, on labelled synthetic hands alone."""
    fitting = config.phases[-1]
    fitting.loss, fitting.keep, fitting.imagine = "supervised", "latest", False
    fitting.sources, fitting.batch_sizes = ("synthetic",), {}
    fitting.weights = {**config.phases[-2].weights}


def _keypoints(config: ConfigDict) -> None:
    """The subject's key points beside synthetic hands: Sec. 5.3, sparse supervision."""
    fitting = config.phases[-1]
    fitting.loss, fitting.imagine = "keypoints", False
    config.studio.labels = ("joints",)
    fitting.weights = {"real_keypoints": 1.0, **config.phases[-2].weights}


def _initial(config: ConfigDict) -> None:
    """No fitting at all."""
    config.phases = config.phases[:-1]


def _tested(split: str) -> Callable[[ConfigDict], None]:
    def change(config: ConfigDict) -> None:
        config.studio.split = split

    return change


def adapt(config: ConfigDict) -> None:
    """The last phase alone; the others are in what --init gives."""
    config.phases = config.phases[-1:]
    config.needs_init = True


ROWS = {
    "keypoints": common.Row("ours (fully supervised)", 8.5, _keypoints),
    "multi_view": common.Row("ours (self-supervised)", 13.09, lambda config: None),
    "synthetic_on_synthetic": common.Row(
        "synt (test on synt)", 7.10, _initial, dataset="synthetic", trains=False
    ),
    "synthetic": common.Row("synt (test on real)", 23.21, _initial, trains=False),
    "test_alone": common.Row("train on test", 14.50, _tested("test")),
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
