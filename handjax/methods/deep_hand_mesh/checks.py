"""Settings that can't be: refused when the room is made, not in the middle of a run."""

from collections.abc import Mapping

from handjax.methods.deep_hand_mesh import texture
from handjax.methods.deep_hand_mesh.estimate import BONES, PIPELINES
from handjax.methods.method import Config, check_terms
from handjax.networks.resnet import NORMS, STAGES


def check(config: Config, losses: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse what no network can be built from, settings that would say nothing, and
    terms that a phase can't have.

    Args:
        config: see `configs/deep_hand_mesh.py`.
        losses: the terms of each.

    Raises:
        ValueError: naming the setting and what it may be.
    """
    for phase in config.phases:
        check_terms(phase, losses)
        _check_shown(phase)
    model = config.model
    _check_choices(model)
    _check_norm(config)
    _check_pixels(config)
    if model.pipeline == "linear" and tuple(model.without) != ("weights",):
        raise ValueError(
            f"model.without is {tuple(model.without)}, but the linear model has none "
            "of those correctives; leave it at ('weights',)"
        )


def _check_shown(phase: Config) -> None:
    """Refuse to compare with a texture that nobody has seen, or with another's."""
    if phase.loss != "texture":
        return
    if phase.shown != "neutral":
        raise ValueError(
            f"phase {phase.name!r} begins with what `shown` names, which is "
            f"{phase.shown!r}: without a texture to compare with, its term would be "
            "0; set it to 'neutral'"
        )
    if tuple(phase.sources) != ("studio",):
        raise ValueError(
            f"phase {phase.name!r} draws from {tuple(phase.sources)}, but the texture "
            "that it compares with is of the studio's subject: of the rows `textured` "
            "or `as_long` and `real` take one, or leave its sources at ('studio',)"
        )


def _check_choices(model: Config) -> None:
    choices = {
        "pipeline": (model.pipeline, PIPELINES),
        "encoder": (model.encoder, tuple(STAGES)),
        "norm": (model.norm, NORMS),
        "bones": (model.bones, BONES),
    }
    for name, (value, known) in choices.items():
        if value not in known:
            raise ValueError(f"model.{name} is {value!r}; it must be one of {known}")
    if model.texels < texture.PATCH or model.texels % texture.PATCH:
        raise ValueError(
            f"model.texels is {model.texels}; it must be a multiple of {texture.PATCH}"
        )
    if model.finer < 1:
        raise ValueError(f"model.finer is {model.finer}; it must be 1 or more")


def _check_norm(config: Config) -> None:
    """Refuse frozen norms that nobody's statistics are for, and the other way round."""
    model, frozen = config.model, config.model.norm == "frozen"
    if model.pretrained and not frozen:
        raise ValueError(
            f"model.pretrained is {model.pretrained!r}: such weights come with the "
            f"statistics of their norm; set model.norm to 'frozen', not {model.norm!r}"
        )
    if frozen and any(phase.loss == "general" for phase in config.phases):
        raise ValueError(
            "model.norm is 'frozen', but for hands of others an encoder begins at "
            "random, whose statistics nobody knows; set it to 'group'"
        )
    if frozen and not (model.pretrained or config.needs_init):
        raise ValueError(
            "model.norm is 'frozen', but nothing gives its statistics; set "
            "model.pretrained to a file of weights, or the norm to 'group'"
        )


def _check_pixels(config: Config) -> None:
    """Refuse pictures of several sizes, of which an encoder's layers fit one."""
    sources = {name for phase in config.phases for name in phase.sources}
    sizes = {f"{x}.rgb.pixels": config[x].rgb.pixels for x in ("synthetic", "studio")}
    sizes |= {"real.pixels": config.real.pixels} if "real" in sources else {}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} is {size}" for name, size in sizes.items())
        raise ValueError(f"an encoder takes pictures of one size; {told}: set one")
    pixels, shrink = config.studio.rgb.pixels, config.model.shrink
    if shrink < 1 or pixels % shrink:
        raise ValueError(
            f"model.shrink is {shrink}; it must be a divisor of the {pixels} pixels of "
            "pictures"
        )
