"""Batches drawn ahead, and learnt from more than once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax import training
from handjax.training import configs
from handjax.training.draws import Draws
from handjax.training.step import keys_of
from tests.train.toy import toy_config, toy_method

KEY, SIZE, FIRST, STEPS = jax.random.key(0), 3, 4, 24


class Counted:
    """A source of numbers, each from the key of its draw."""

    def __init__(self):
        self.drawn = []

    def __call__(self, key, held):
        rows = jax.random.uniform(key, (SIZE,)) + held
        if not isinstance(rows, jax.core.Tracer):
            self.drawn.append(np.asarray(rows))
        return rows, {"twice": 2.0 * rows[:2]}


def phase(reuse):
    config = toy_config()
    config.phases[0].steps = FIRST + STEPS
    config.phases[0].reuse = reuse
    return training.read_phases(config, toy_method())[0]._replace(first=FIRST)


def draws(reuse, **options):
    of = phase(reuse)._replace(steps=STEPS)
    return Draws(Counted(), of, **options)


def walk(drawing, first=FIRST, last=FIRST + STEPS):
    batches = [drawing(number, KEY, 1.0) for number in range(first, last)]
    return np.stack([batch for batch, _ in batches]), batches


@pytest.mark.parametrize("ahead", [True, False])
def test_without_reuse_each_step_has_the_draw_of_its_number(ahead):
    drawing = draws(1, ahead=ahead)
    found, _ = walk(drawing)
    for number, rows in zip(range(FIRST, FIRST + STEPS), found, strict=True):
        own = jax.random.uniform(keys_of(KEY, jnp.asarray(number))[0], (SIZE,)) + 1.0
        np.testing.assert_array_equal(rows, own)
    assert len(drawing.sample.drawn) == STEPS


def test_the_next_batch_is_drawn_before_it_is_asked_for():
    for reuse, before in ((1, 2), (4, 2)):
        drawing = draws(reuse)
        drawing(FIRST, KEY, 1.0)
        assert len(drawing.sample.drawn) == before


@pytest.mark.parametrize("slots", [2, 128])
def test_a_pool_mixes_what_was_drawn_last_and_keeps_examples_whole(slots):
    drawing = draws(4, slots=slots)
    found, batches = walk(drawing)
    drawn = np.stack(drawing.sample.drawn)
    assert len(drawn) == STEPS // 4
    for step, (rows, (_, beside)) in enumerate(zip(found, batches, strict=True)):
        made = step // 4 + 1
        there = drawn[max(0, made - slots) : made]
        for column in range(SIZE):
            assert rows[column] in there[:, column]
        np.testing.assert_array_equal(beside["twice"], 2.0 * rows[:2])
    # The last steps have the choice of them all, and take more than one.
    assert len(np.unique(found[-8:, 0])) > 1


def test_a_pool_holds_no_more_bytes_than_it_may(monkeypatch):
    drawing = draws(2)
    monkeypatch.setattr("handjax.training.draws.HELD", 4 * (SIZE + 2) * 3 + 1)
    walk(drawing)
    assert drawing.slots == 3


@pytest.mark.parametrize("start", [FIRST + 5, FIRST + 8, FIRST + 19])
@pytest.mark.parametrize("reuse", [1, 4])
def test_a_run_that_goes_on_is_given_what_it_would_have_been(start, reuse):
    whole, _ = walk(draws(reuse, slots=3))
    rest, _ = walk(draws(reuse, slots=3), start)
    np.testing.assert_array_equal(rest, whole[start - FIRST :])


@pytest.mark.parametrize(
    ("reuse", "sources", "said"),
    [(0, ("synthetic",), "must be 1 or more"), (2, ("real",), "are read, not drawn")],
)
def test_what_can_not_be_reused_is_refused(reuse, sources, said):
    config = toy_config()
    config.phases[0].update({"reuse": reuse, "sources": sources})
    with pytest.raises(configs.ConfigError, match=said):
        training.read_phases(config, toy_method())
