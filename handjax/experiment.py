"""What a config names, brought together: the template, the method, the sources."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from handjax import covered
from handjax.batch import Source
from handjax.data import studio, synthetic
from handjax.data.real import loading as real
from handjax.evaluation.apart import means_apart
from handjax.evaluation.protocols import true_joints
from handjax.geometry import nearby
from handjax.hands.poses import VIEWS
from handjax.hands.template import Template, load_template
from handjax.methods.method import Method
from handjax.training import Examiner, make_examiner, spread
from handjax.training.configs import Config, ConfigError

Offer = Callable[[int], Source]
"""How many examples a draw -> their source; what it holds is made only now."""

METHODS = (
    *("wan_spheres", "dual_grid", "graph_cnn", "deep_hand_mesh"),
    "dense_hand_pose",
)
DTYPES = ("float32", "bfloat16")
KEEPS = ("best", "latest")
COUNTED = ("every", "frames", "batch_size")
WATCHED = ("synthetic", "studio")


class Experiment(NamedTuple):
    """A config and what it names.

    Attributes:
        config: one page of configs/.
        method: the paper's, made for the config.
        sources: by name, what a phase may draw from.
    """

    config: Config
    method: Method
    sources: Mapping[str, Offer]


def assemble(config: Config) -> Experiment:
    """Bring together what a config names.

    Raises:
        ConfigError: if it names what is not there.
    """
    check(config)
    try:
        studio.check(config.studio)
        template = load_template(config.template)
        method = make_method(config, template)
    except ValueError as wrong:
        raise ConfigError(str(wrong)) from wrong
    return Experiment(config, method, make_sources(config, template))


def check(config: Config) -> None:
    """Refuse settings that could only fail later, or be taken for others."""
    choices = {
        "method": (config.method, METHODS),
        "synthetic.center": (config.synthetic.center, synthetic.CENTERS),
        "synthetic.view": (config.synthetic.view, VIEWS),
        "synthetic.surroundings": (
            config.synthetic.get("surroundings", False),
            _may_be_surrounded(config),
        ),
        "model.dtype": (config.model.dtype, DTYPES),
        "evaluation.source": (config.evaluation.get("source", "synthetic"), WATCHED),
        "studio.modality": (
            config.studio.get("modality", "depth"),
            studio.MODALITIES,
        ),
        "studio.subject": (config.studio.subject, studio.SUBJECTS),
        "studio.amount": (config.studio.amount, studio.AMOUNTS),
        "studio.split": (config.studio.split, studio.SPLITS),
        **{
            f"studio.labels: {x}": (x, studio.labels_of(config.studio))
            for x in config.studio.labels
        },
        **{f"phases[{k}].keep": (p.keep, KEEPS) for k, p in enumerate(config.phases)},
        **{
            f"phases[{k}].shown": (p.get("shown", ""), ("", "neutral"))
            for k, p in enumerate(config.phases)
        },
        **_choices_of_colour(config),
        **_choices_of_real(config),
    }
    for name, (value, known) in choices.items():
        if value not in known:
            raise ConfigError(f"{name} is {value!r}; it must be one of {list(known)}")
    if not config.phases:
        raise ConfigError("phases is empty; a run needs one phase or more")
    counts = {
        "batch_size": config.batch_size,
        **{f"evaluation.{n}": config.evaluation[n] for n in COUNTED},
        **{f"phases[{k}].steps": p.steps for k, p in enumerate(config.phases)},
        **{
            f"phases[{k}].batch_sizes.{name}": count
            for k, p in enumerate(config.phases)
            for name, count in p.batch_sizes.items()
        },
    }
    for name, least in (("frames", 0.1), ("multi_view", 0.0)):
        if not least <= config.studio[name] <= 1.0:
            raise ConfigError(
                f"studio.{name} is {config.studio[name]}; it must be between {least:g} "
                "and 1"
            )
    for name, count in counts.items():
        if count < 1:
            raise ConfigError(f"{name} is {count}; it must be 1 or more")


def _may_be_surrounded(config: Config) -> tuple[bool, ...]:
    """Pictures in colour have an arm and a background as it is."""
    in_colour = config.synthetic.get("modality") == "rgb"
    return (False,) if in_colour else (False, True)


def _choices_of_colour(config: Config) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """What may be chosen of pictures in colour; old releases know of none."""
    chosen = config.synthetic.get("rgb")
    if not chosen:
        return {}
    return {
        "synthetic.modality": (config.synthetic.modality, synthetic.MODALITIES),
        **{f"synthetic.rgb.labels: {x}": (x, synthetic.LABELS) for x in chosen.labels},
    }


def _choices_of_real(config: Config) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """What may be chosen of a real dataset; configs of old releases know of none."""
    chosen = config.get("real")
    if not chosen:
        return {}
    return {
        "real.name": (chosen.name, real.DATASETS),
        "real.sees": (chosen.sees, real.SEES),
        "real.center": (chosen.center, real.CENTERS),
        **{f"real.labels: {x}": (x, real.LABELS) for x in chosen.labels},
    }


def make_method(config: Config, template: Template) -> Method:
    """The method `config.method` of handjax.methods, made for the config."""
    return import_module(f"handjax.methods.{config.method}").make(config, template)


def make_sources(config: Config, template: Template) -> dict[str, Offer]:
    """Every source of batches that a phase of this config may name.

    Who asks for as many examples again gets the same source: what draws them is then
    traced and compiled once.
    """
    offers = {
        "synthetic": partial(synthetic.source, template, config.synthetic),
        "poses": partial(synthetic.poses_alone, template, config.synthetic),
        "studio": partial(studio.source, config.studio),
        "neutral": partial(studio.neutral, config.studio),
    }
    if "real" in config:
        offers["real"] = partial(real.source, config.real, seed=config.seed)
    return {name: _kept(offer) for name, offer in offers.items()}


def _kept(offer: Offer) -> Offer:
    @cache
    def keep(batch_size: int) -> Source:
        # Who asks first may be traced; what is kept must not hold its tracers.
        with jax.ensure_compile_time_eval():
            return offer(batch_size)

    return keep


def judge(experiment: Experiment, *, refine: int | None = None) -> Examiner:
    """Whoever judges the method on held-out synthetic frames.

    Args:
        experiment: whose method.
        refine: steps by which estimates are refined too, see `make_examiner`; None
            where masks are not to be judged either.
    """
    size = experiment.config.evaluation.batch_size
    source = experiment.sources["synthetic"](size)
    cover = None if refine is None else covering(experiment, lambda held: None)
    return make_examiner(
        experiment.method, source, true_joints, size, cover=cover, refine=refine or 0
    )


def watch(experiment: Experiment) -> Examiner:
    """Whoever judges the method while it learns, on what the config says: held-out
    synthetic frames, or, of a method of one person, frames that it learns from."""
    config = experiment.config
    if config.evaluation.get("source", "synthetic") == "synthetic":
        return judge(experiment)
    size = config.evaluation.batch_size
    source = experiment.sources["studio"](size)
    return make_examiner(experiment.method, source, true_joints, size)


def judge_in_studio(
    experiment: Experiment, test: studio.TestFrames, *, refine: int = 0
) -> Examiner:
    """Whoever judges the method on a subject's test frames, of the batch size given.

    Args:
        experiment: whose method.
        test: the frames.
        refine: steps by which estimates are refined too, see `make_examiner`.
    """
    size = experiment.config.evaluation.batch_size
    measure = None
    if test.surface is not None:
        measure = _beside(test.surface, load_template(experiment.config.template))
    return make_examiner(
        experiment.method,
        test.source,
        true_joints,
        size,
        test.part,
        measure=measure,
        cover=covering(experiment, test.masks) if test.masks else None,
        refine=refine,
    )


def covering(
    experiment: Experiment, true: Callable[[Any], Any]
) -> Callable[[Any, Any, Any], dict[str, Any]]:
    """Measures masks of surfaces of the template's topology beside true ones.

    Args:
        experiment: whose template.
        true: what is held for a batch -> its masks; None for those of its views, of
            which no pixel counts where nobody knows them.
    """
    faces = load_template(experiment.config.template).faces

    @jax.jit
    def count(surfaces: Any, batch: Any, mask: Any) -> dict[str, Any]:
        return {
            name: covered.counts(covered.drawn(vertices, batch, faces), mask)
            for name, vertices in surfaces.items()
        }

    def cover(predicted: Any, batch: Any, held: Any) -> dict[str, Any]:
        drawn = {k: predicted[k] for k in covered.DRAWN if k in predicted}
        views = batch.views
        if not drawn or views.image is None:
            return {}
        mask = true(held)
        if mask is not None:
            return count(drawn, batch, mask)
        if views.mask is None:
            return {}
        found = count(drawn, batch, views.mask[:, 0])
        if views.mask_valid is None:
            return found
        known = views.mask_valid[:, :1]
        return {name: jnp.where(known, n, 0) for name, n in found.items()}

    return cover


def _beside(
    truth: studio.TrueSurface, template: Template
) -> Callable[[Any, Any], dict[str, Any]]:
    """Measures surfaces of the template's topology beside the true ones."""
    ours, theirs = nearby.fans(template.faces), nearby.fans(truth.faces)

    def measure(vertices: Any, held: Any) -> dict[str, Any]:
        true, counted = np.asarray(truth.pose(held)), truth.counted
        return means_apart(vertices, true, ours, theirs, counted=counted)

    return measure


def example(experiment: Experiment) -> Any:
    """A synthetic batch, as shapes alone: what those of parameters follow from."""
    source = experiment.sources["synthetic"](experiment.config.batch_size)
    key = jax.eval_shape(lambda: jax.random.key(0))
    return jax.eval_shape(source.sample, key, source.held)


def join(
    sources: Mapping[str, Offer], sizes: Mapping[str, int], mesh: Any = None
) -> Source:
    """A draw from each of the named sources; a tuple if there are several.

    Args:
        sources: what there is.
        sizes: examples from each.
        mesh: of the devices that share them; None for one device.

    Raises:
        ConfigError: if a name is not among the sources.
    """
    unknown = [name for name in sizes if name not in sources]
    if unknown:
        raise ConfigError(f"no source is called {unknown}; there are {sorted(sources)}")
    parts = [spread(sources[name](size), mesh) for name, size in sizes.items()]
    if len(parts) == 1:
        return parts[0]

    def sample(key: Key[Array, ""], held: Any) -> tuple[Any, ...]:
        keys = jax.random.split(key, len(parts))
        each = zip(parts, keys, held, strict=True)
        return tuple(part.sample(own, kept) for part, own, kept in each)

    def feed(step: int) -> tuple[Any, ...]:
        return tuple(part.feed(step) if part.feed else part.held for part in parts)

    held = tuple(part.held for part in parts)
    return Source(sample, held, feed if any(part.feed for part in parts) else None)
