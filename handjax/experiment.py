"""What a config names, brought together: the template, the method, the sources."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Key

from handjax.data import synthetic
from handjax.data.synthetic import CENTERS
from handjax.evaluation.protocols import true_joints
from handjax.hands.poses import VIEWS
from handjax.hands.template import Template, load_template
from handjax.methods.method import Method
from handjax.training import Examiner, make_examiner
from handjax.training.configs import Config, ConfigError

Sample = Callable[[Any], Any]

METHODS = ("wan_spheres",)
DTYPES = ("float32", "bfloat16")


class Experiment(NamedTuple):
    """A config and what it names.

    Attributes:
        config: one page of configs/.
        method: the paper's, made for the config.
        sources: by name, (key) -> Batch, for the jitted step.
    """

    config: Config
    method: Method
    sources: Mapping[str, Sample]


def assemble(config: Config) -> Experiment:
    """Bring together what a config names.

    Raises:
        ConfigError: if it names what is not there.
    """
    check(config)
    try:
        template = load_template(config.template)
        method = make_method(config, template)
    except ValueError as wrong:
        raise ConfigError(str(wrong)) from wrong
    return Experiment(config, method, make_sources(config, template))


def check(config: Config) -> None:
    """Refuse settings that could only fail later, or be taken for others."""
    choices = {
        "method": (config.method, METHODS),
        "synthetic.center": (config.synthetic.center, CENTERS),
        "synthetic.view": (config.synthetic.view, VIEWS),
        "model.dtype": (config.model.dtype, DTYPES),
    }
    for name, (value, known) in choices.items():
        if value not in known:
            raise ConfigError(f"{name} is {value!r}; it must be one of {list(known)}")
    if not config.phases:
        raise ConfigError("phases is empty; a run needs one phase or more")
    counts = {
        "batch_size": config.batch_size,
        **{f"evaluation.{name}": count for name, count in config.evaluation.items()},
        **{f"phases[{k}].steps": p.steps for k, p in enumerate(config.phases)},
    }
    for name, count in counts.items():
        if count < 1:
            raise ConfigError(f"{name} is {count}; it must be 1 or more")


def make_method(config: Config, template: Template) -> Method:
    """The method `config.method` of handjax.methods, made for the config."""
    return import_module(f"handjax.methods.{config.method}").make(config, template)


def make_sources(config: Config, template: Template) -> dict[str, Sample]:
    """Every source of batches that a phase of this config may name."""
    draw = partial(synthetic.sample, template=template, config=config.synthetic)
    return {
        "synthetic": partial(draw, batch_size=config.batch_size),
        "held_out": partial(draw, batch_size=config.evaluation.batch_size),
    }


def judge(experiment: Experiment) -> Examiner:
    """Whoever judges the method on held-out synthetic frames."""
    return make_examiner(
        experiment.method,
        experiment.sources["held_out"],
        true_joints,
        experiment.config.evaluation.batch_size,
    )


def join(sources: Mapping[str, Sample], names: tuple[str, ...]) -> Sample:
    """One draw from each of the named sources; a tuple if there are several.

    Raises:
        ConfigError: if a name is not among the sources.
    """
    unknown = [name for name in names if name not in sources]
    if unknown:
        raise ConfigError(f"no source is called {unknown}; there are {sorted(sources)}")
    if len(names) == 1:
        return sources[names[0]]

    def draw(key: Key[Array, ""]) -> tuple[Any, ...]:
        own = jax.random.split(key, len(names))
        return tuple(sources[name](one) for name, one in zip(names, own, strict=True))

    return draw
