"""The optimiser of a phase: its rule, a schedule, clipping, who moves."""

from collections.abc import Callable
from typing import Any

import jax
import optax
from jaxtyping import Array, Float, Int

from handjax.training.configs import Config, ConfigError

SCHEDULES = ("constant", "cosine", "step")
RULES = ("adamw", "rmsprop")
THIRDS = (1 / 3, 2 / 3)
FORGETS = 0.99
"""Of RMSprop's mean square, as PyTorch's own, in which [ge2019] was trained."""


def make_schedule(config: Config, steps: int) -> optax.Schedule:
    """Learning rate over the steps of one phase.

    Args:
        config: `learning_rate`; `schedule`, one of `SCHEDULES`: "cosine" falls to 0,
            "step" divides by 10 at each of `drops`, shares of the phase, `THIRDS` if
            there are none; `warmup`, steps over which the rate rises from 0, a tenth of
            the phase at most.
        steps: of the phase.
    """
    peak, warm = config.learning_rate, min(config.warmup, steps // 10)
    rest = max(steps - warm, 1)
    match config.schedule:
        case "constant":
            body = optax.constant_schedule(peak)
        case "cosine":
            body = optax.cosine_decay_schedule(peak, rest)
        case "step":
            drops = {round(x * rest): 0.1 for x in config.get("drops", THIRDS)}
            body = optax.piecewise_constant_schedule(peak, drops)
        case wrong:
            raise ConfigError(
                f"optimizer.schedule is {wrong!r}; it must be one of {SCHEDULES}"
            )
    rise = optax.linear_schedule(0.0, peak, max(warm, 1))
    return optax.join_schedules([rise, body], [warm]) if warm else body


def make_optimizer(
    config: Config, steps: int, moves: Any
) -> optax.GradientTransformation:
    """A rule over the parameters that move; the others stay where they are.

    Args:
        config: as for `make_schedule`, with `weight_decay`, `clip`, the largest global
            norm of the gradient (0 for no limit), and maybe `rule`, one of `RULES`:
            the first where it is not said.
        steps: of the phase.
        moves: a tree of bools like the parameters', see `moving`.
    """
    schedule = make_schedule(config, steps)
    rule = _rule(config, schedule)
    if config.clip:
        rule = optax.chain(optax.clip_by_global_norm(config.clip), rule)
    return optax.partition({True: rule, False: optax.set_to_zero()}, moves)


def _rule(config: Config, schedule: optax.Schedule) -> optax.GradientTransformation:
    match config.get("rule", RULES[0]):
        case "adamw":
            return optax.adamw(schedule, weight_decay=config.weight_decay)
        case "rmsprop":
            decay = optax.add_decayed_weights(config.weight_decay)
            down = optax.scale_by_learning_rate(schedule)
            # PyTorch adds its epsilon to the root; within, gradients below 1e-4 would
            # move next to nothing.
            scale = optax.scale_by_rms(FORGETS, eps_in_sqrt=False)
            return optax.chain(scale, decay, down)
        case wrong:
            raise ConfigError(f"optimizer.rule is {wrong!r}; it must be one of {RULES}")


def moving(params: Any, trainable: Callable[[tuple[str, ...]], bool]) -> Any:
    """Which parameters a phase moves: a tree of bools.

    Args:
        params: nested dicts.
        trainable: a predicate on the path of a parameter.
    """
    return jax.tree_util.tree_map_with_path(
        lambda path, _: bool(trainable(tuple(str(part.key) for part in path))), params
    )


def average(ema: Any, params: Any, decay: float, step: Int[Array, ""]) -> Any:
    """Exponential moving average of the parameters.

        ema <- ema + (1 - d) (params - ema),  d = min(decay, (1 + step) / (10 + step))

    The smaller d at the start lets go of the random initialisation. Parameters that
    stay where they are have an average that does, to the last bit.
    """
    kept: Float[Array, ""] = jax.numpy.minimum(decay, (1.0 + step) / (10.0 + step))
    return jax.tree.map(lambda old, new: old + (1.0 - kept) * (new - old), ema, params)
