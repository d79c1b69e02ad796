"""Settings that can't be: refused when the room is made, not in the middle of a run."""

from collections.abc import Mapping
from typing import Any

from handjax.methods.dense_hand_pose.tested import TERMS
from handjax.methods.method import Config, check_terms
from handjax.networks.resnet import NORMS, STAGES
from handjax.render.silhouette import RENDERERS

EVIDENCE = ("both", "features")
"""What the regressor is told: features and key points, or features alone as in
Kanazawa et al. [16], the last row of Figure 5."""


def check(config: Config, losses: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse what no network can be built from, and terms that a phase can't have.

    Args:
        config: see `configs/dense_hand_pose.py`.
        losses: the terms of each.

    Raises:
        ValueError: naming the setting and what it may be.
    """
    for name, (right, what) in _wanted(config).items():
        if not right:
            value: Any = config.to_dict()
            for part in name.split("."):
                value = value[part]
            raise ValueError(f"{name} is {value!r}; it must be {what}")
    for phase in config.phases:
        _check_phase(phase, config, losses)


def _wanted(config: Config) -> dict[str, tuple[bool, str]]:
    model, rgb, chosen = config.model, config.synthetic.rgb, config.refinement
    same = f"that of synthetic.rgb.pixels, {rgb.pixels}"
    frozen = model.norm == "frozen"
    unknown = set(chosen.weights) - set(TERMS)
    return {
        "model.evidence": (model.evidence in EVIDENCE, f"one of {EVIDENCE}"),
        "model.extractor": (model.extractor in STAGES, f"one of {tuple(STAGES)}"),
        "model.norm": (model.norm in NORMS, f"one of {NORMS}"),
        "model.renderer": (model.renderer in RENDERERS, f"one of {RENDERERS}"),
        "model.iterations": (model.iterations >= 1, "1 or more"),
        "model.stages": (model.stages >= 1, "1 or more"),
        "model.samples": (model.samples >= 1, "1 or more"),
        "model.fold": (model.fold >= 1, "1 or more"),
        "model.seeds": (model.seeds >= 0, "0, for all, or more"),
        "model.features": (model.features >= 1, "1 or more"),
        "model.gate": (model.gate >= 0.0, "0, for none, or more"),
        "model.blocks": (
            len(model.blocks) == len(model.widths) and min(model.blocks) >= 1,
            "as many numbers as model.widths, each 1 or more",
        ),
        "model.pretrained": (
            not model.pretrained or frozen,
            "'' unless model.norm is 'frozen', whose statistics such weights bring",
        ),
        "model.refiner": (
            model.evidence == "both" or not model.refiner,
            "False where the regressor is told of features alone",
        ),
        "refinement.weights": (not unknown, f"of {TERMS} alone"),
        "studio.rgb.pixels": (config.studio.rgb.pixels == rgb.pixels, same),
        "real.pixels": (config.real.pixels == rgb.pixels, same),
    }


def _check_phase(
    phase: Config, config: Config, losses: Mapping[str, tuple[str, ...]]
) -> None:
    check_terms(phase, losses)
    weighed = {name for name, weight in phase.weights.items() if weight}
    if "refiner" in weighed and not config.model.refiner:
        raise ValueError(
            f"phase {phase.name!r} weighs 'refiner', but model.refiner is False"
        )
    drawn = {"synthetic": config.synthetic.rgb, "studio": config.studio}
    drawn |= {"real": config.real, "poses": config.synthetic.rgb}
    # Of several sources one with labels is enough.
    there = [drawn[name].labels for name in phase.sources if name in drawn]
    labels = {x for some in there for x in some}
    wanted = {"mask"} if weighed & {"shape", "features"} else set()
    wanted |= {"joints"} if "articulation" in weighed else set()
    # Where joints are, there are key points in the picture.
    flat = weighed & {"shape", "refiner", "heatmaps"} and "joints" not in labels
    wanted |= {"keypoints2d"} if flat else set()
    lacks = sorted(wanted - labels)
    if lacks:
        raise ValueError(
            f"phase {phase.name!r} compares with {lacks}; name them among the labels "
            f"of {' or '.join(phase.sources)}"
        )
