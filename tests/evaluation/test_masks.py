"""Pooled masks: by hand, by a loop over pixels, and as a published table has them."""

import numpy as np
import pytest

from handjax.evaluation import masks
from handjax.evaluation.masks import Counts

RNG = np.random.default_rng(0)
TRUTH = RNG.random((3, 6, 8)) < 0.3
PREDICTED = TRUTH ^ (RNG.random(TRUTH.shape) < 0.2)


def test_figures_of_a_few_pixels_by_hand():
    found = Counts(6, 2, 4, 88)
    assert masks.iou(found) == 0.5
    assert masks.precision(found) == 0.75
    assert masks.recall(found) == 0.6
    assert masks.f1(found) == pytest.approx(2 / 3)


def test_counts_are_those_of_a_loop_over_pixels():
    slow = [0, 0, 0, 0]
    for called, is_hand in zip(PREDICTED.ravel(), TRUTH.ravel(), strict=True):
        slow[(0 if is_hand else 1) if called else (2 if is_hand else 3)] += 1
    assert masks.count(PREDICTED, TRUTH) == tuple(slow)


def test_pictures_add_up_to_the_pixels_of_all():
    each = [masks.count(p, t) for p, t in zip(PREDICTED, TRUTH, strict=True)]
    assert sum(each, Counts()) == masks.count(PREDICTED, TRUTH)


def test_pixels_that_do_not_count_are_in_no_count():
    valid = np.zeros(TRUTH.shape, bool)
    valid[1] = True
    found = masks.count(PREDICTED, TRUTH, valid)
    assert found == masks.count(PREDICTED[1], TRUTH[1])


# IoU, precision, recall and F1 in [baek2019] Table 2, in percent.
TABLE = [
    (65.13, 82.82, 75.31, 78.88),
    (35.40, 36.52, 92.06, 52.29),
    (52.68, 71.65, 66.55, 69.00),
]


@pytest.mark.parametrize("row", TABLE)
def test_the_published_figures_follow_from_one_another_as_ours_do(row):
    precision, recall = row[1] / 100, row[2] / 100
    # So many pixels that rounding them to whole ones doesn't show.
    tp = 10**8
    counts = Counts(tp, round(tp / precision) - tp, round(tp / recall) - tp, 0)
    found = [100 * f(counts) for f in (masks.iou, masks.f1)]
    np.testing.assert_allclose(found, (row[0], row[3]), atol=0.011)


def test_iou_is_f1_over_two_less_f1():
    counts = masks.count(PREDICTED, TRUTH)
    f1 = masks.f1(counts)
    assert masks.iou(counts) == pytest.approx(f1 / (2 - f1))
    precision, recall = masks.precision(counts), masks.recall(counts)
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall))


def test_where_there_is_nothing_to_find_there_is_no_figure():
    empty = masks.count(np.zeros((4, 4), bool), np.zeros((4, 4), bool))
    assert empty == (0, 0, 0, 16)
    figures = (masks.iou, masks.precision, masks.recall, masks.f1)
    assert all(np.isnan(figure(empty)) for figure in figures)
