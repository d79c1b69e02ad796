"""Tables 1 to 3 of [ge2019]: rows as changes of the config."""

from collections.abc import Callable

from ml_collections import ConfigDict

from configs import common

IN_THE_PICTURE, OF_DEPTH = ("keypoints2d", "scale"), ("depth", "mask")
"""What is known of pictures with weak labels. Source: [ge2019] Sec. 4.4, 5.1."""
TUNING, STEPS = 500, 1_000
"""Of the hourglasses by themselves, and then of all networks; nothing is printed."""
SLOWER = 10.0
"""Rate of synthetic pictures over that of real ones. Source: [ge2019] Sec. 5.1."""
ADDED = ("hourglass", "weak", "goes_on")
"""Phases that change a trained model."""


def _without(*terms: str) -> Callable[[ConfigDict], None]:
    def change(config: ConfigDict) -> None:
        for term in terms:
            config.phases[-1].weights[term] = 0.0

    return change


def _full(config: ConfigDict) -> None:
    """Eq. 6."""


def _of_pose(config: ConfigDict) -> None:
    """From the latent vector to key points at once."""
    _without_regressor(config, "pose")
    supervised = config.phases[-1]
    # A sum over 21 points, not a thousand: this makes it about a mean.
    supervised.weights = {"heatmaps": supervised.weights["heatmaps"], "joints": 50.0}


def _without_regressor(config: ConfigDict, pipeline: str) -> None:
    """A pipeline whose key points are regressed from no surface."""
    config.model.pipeline = pipeline
    config.phases = tuple(p for p in config.phases if p.loss != "regressor")


def _direct_lbs(config: ConfigDict) -> None:
    _of_pose(config)
    config.model.skins = True


def _parameters(config: ConfigDict) -> None:
    _without_regressor(config, "parameters")


def _weak(*, joints: bool, depth: bool = True) -> Callable[[ConfigDict], None]:
    """Eq. 8 on the subject's pictures, with or without key points in space."""

    def change(config: ConfigDict) -> None:
        weights = {"heatmaps": 0.1, "pseudo_edges": 1.0, "pseudo_laplacian": 50.0}
        weights |= {"depth": 0.1} if depth else {}
        weights |= {"joints": 10.0} if joints else {}
        _tuned(config, weights, loss="weak", joints=joints)

    return change


def _baseline_1(*, joints: bool) -> Callable[[ConfigDict], None]:
    """Key points at once, and no depth map."""

    def change(config: ConfigDict) -> None:
        _of_pose(config)
        weights = {"heatmaps": 0.1} | ({"joints": 10.0} if joints else {})
        _tuned(config, weights, loss="supervised", joints=joints)

    return change


def _transfer(*, joints: bool) -> Callable[[ConfigDict], None]:
    """Key points from the full model's latent vector, which stays as it is.

    A head of its own learns them: of synthetic hands, where the subject's are unknown.
    """

    def change(config: ConfigDict) -> None:
        _of_pose(config)
        steps, weights = _steps(config)[1], {"joints": 1.0}
        if not joints:
            return _goes_on(config, weights, loss="transfer", steps=steps)
        _names(config, (*IN_THE_PICTURE, "joints"))
        phase = _on_pictures(config, "goes_on", "transfer", steps, weights)
        config.phases = (*config.phases, phase)

    return change


def _synthetic_goes_on(config: ConfigDict) -> None:
    """As long as both weak phases, on labelled synthetic pictures alone."""
    steps, weights = sum(_steps(config)), {**config.phases[-1].weights}
    _goes_on(config, weights, loss="supervised", steps=steps)


def _goes_on(
    config: ConfigDict, weights: dict[str, float], *, loss: str, steps: int
) -> None:
    phase = common.phase(
        "goes_on",
        loss=loss,
        steps=steps,
        weights=weights,
        optimizer={"learning_rate": config.optimizer.learning_rate / SLOWER},
        reuse=config.phases[-1].reuse,
        keep="latest",
    )
    config.phases = (*config.phases, phase)


def _tuned(
    config: ConfigDict, weights: dict[str, float], *, loss: str, joints: bool
) -> None:
    """Two more phases, on the subject's pictures: hourglasses, then all. Sec. 4.4."""
    labels = IN_THE_PICTURE + (OF_DEPTH if "depth" in weights else ())
    _names(config, labels + (("joints",) if joints else ()))
    tuning, steps = _steps(config)
    first = _on_pictures(config, "hourglass", "hourglass", tuning, {"heatmaps": 1.0})
    then = _on_pictures(config, "weak", loss, steps, weights)
    config.phases = (*config.phases, first, then)


def _names(config: ConfigDict, labels: tuple[str, ...]) -> None:
    """What may be read of the subject's pictures."""
    config.studio.labels = config.real.labels = labels


def _on_pictures(
    config: ConfigDict, name: str, loss: str, steps: int, weights: dict[str, float]
) -> ConfigDict:
    return common.phase(
        name,
        loss=loss,
        steps=steps,
        weights=weights,
        sources=("studio",),
        batch_sizes={"studio": config.batch_size},
        optimizer={
            "learning_rate": config.optimizer.learning_rate / SLOWER,
            "warmup": 100,
        },
        reuse=config.phases[-1].reuse,
        keep="latest",  # held-out synthetic frames don't tell how real ones do
    )


def _steps(config: ConfigDict) -> tuple[int, int]:
    """Of phases that are added: at most a third of what comes before them."""
    most = -(-config.phases[-1].steps // 3)
    return min(TUNING, most), min(STEPS, most)


def adapt(config: ConfigDict) -> None:
    """What changes a trained model, or else the last phase; --init gives the rest.

    That of `baseline_1` is a run of `direct_lbs`, which has the same networks; that of
    `transfer`, whose head is new, is one of `weak`.
    """
    added = tuple(phase for phase in config.phases if phase.name in ADDED)
    config.phases = added or config.phases[-1:]
    config.needs_init = True


def _scratch(
    title: str, paper: float | None, change: Callable[[ConfigDict], None]
) -> common.Row:
    return common.Row(title, paper, change, dataset="synthetic", scratch=True)


ROWS = {
    "full": _scratch("full (pose)", 8.03, _full),
    "without_normals": _scratch("- Normal", 8.30, _without("normals")),
    "without_edges": _scratch("- Edge", 9.06, _without("edges")),
    "without_laplacian": _scratch("- Laplacian", 8.55, _without("laplacian")),
    "without_joints": _scratch("- 3D Pose", 9.24, _without("joints")),
    "parameters": _scratch("MANO-based (mesh 12.12)", None, _parameters),
    "direct_lbs": _scratch("direct LBS (mesh 10.32)", None, _direct_lbs),
    "synthetic": common.Row("synthetic alone", None, _full, trains=False),
    "synthetic_goes_on": common.Row(
        "synthetic, as many steps more", None, _synthetic_goes_on
    ),
    "baseline_1": common.Row(
        "baseline 1", None, _baseline_1(joints=False), begins="direct_lbs"
    ),
    "baseline_1_joints": common.Row(
        "baseline 1, 3D joints", None, _baseline_1(joints=True), begins="direct_lbs"
    ),
    "baseline_2": common.Row("baseline 2", None, _weak(joints=False, depth=False)),
    "baseline_2_joints": common.Row(
        "baseline 2, 3D joints", None, _weak(joints=True, depth=False)
    ),
    "weak": common.Row("full model", None, _weak(joints=False)),
    "weak_joints": common.Row("full model, 3D joints", None, _weak(joints=True)),
    "transfer": common.Row(
        "full model, task transfer", None, _transfer(joints=False), begins="weak"
    ),
    "transfer_joints": common.Row(
        "task transfer, 3D joints",
        None,
        _transfer(joints=True),
        begins="weak_joints",
    ),
}
"""Tables 1 to 3. Table 1 has mesh errors beside those of the pose: 7.95 in full, 8.34,
9.09, 8.63 and 9.04; Table 3's figures stand in a picture, its Figure 8."""

MEASURED = ("given21", "given_vertices", "keypoints21", "vertices")
"""Joint sets that the tables are of. The paper's figures are of the first: it is given
scale and root depth. Source: [ge2019] Sec. 5.1."""

FIGURES = {
    name: common.Curves(
        f"3D PCK and its area, fine-tuned {how} 3D joints",
        (
            *(
                f"{row}{end}"
                for row in ("baseline_1", "baseline_2", "weak", "transfer")
            ),
            *("synthetic", "synthetic_goes_on"),
        ),
        pck=(20.0, 50.0),
    )
    for name, how, end in (
        ("figure_8_left", "with", "_joints"),
        ("figure_8_right", "without", ""),
    )
}
