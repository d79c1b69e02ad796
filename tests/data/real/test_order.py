"""Batch n follows from seed, process and n alone, in the middle of an epoch too."""

import numpy as np
import pytest

from handjax.data.real import batches, order, store
from handjax.data.real.batches import Look
from handjax.data.real.frame import DatasetError
from tests.data.real import toy


def toy_frames(tmp_path, count=10):
    about = toy.ABOUT._replace(frames={"train": count})
    prepared = store.prepare(toy.reader(about=about), tmp_path, data_dir=tmp_path)
    return order.Frames(prepared, ["train"])


def places(dataset, number):
    """Which frames are in a batch: the toy's ball moves by a pixel a frame."""
    return np.rint(dataset[number]["found"][:, 0]).astype(int).tolist()


@pytest.fixture
def mark(monkeypatch):
    """Let batches hold nothing but the places of their frames."""

    def hold(record, look, random, given=None):
        return {"found": np.array([record.place]), "random": random.random()}

    monkeypatch.setattr(batches, "hold", hold)


def test_an_epoch_has_every_frame_once_and_the_next_another_order(tmp_path, mark):
    draws = order.draw(toy_frames(tmp_path), Look(), 5, seed=3)
    epochs = [places(draws, n) + places(draws, n + 1) for n in (0, 2, 4)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_a_batch_follows_from_seed_and_number_alone(tmp_path, mark):
    frames = toy_frames(tmp_path)
    draws, again = (order.draw(frames, Look(), 3, seed=3) for _ in range(2))
    other = order.draw(frames, Look(), 3, seed=4)
    before = [draws[n] for n in range(9)]
    for number in (7, 2, 8):
        found = again[number]
        assert all(np.array_equal(found[k], before[number][k]) for k in found)
    assert any(places(draws, n) != places(other, n) for n in range(3))
    # Batches of three run on over the ends of epochs of ten.
    counts = np.bincount(np.ravel([places(draws, n) for n in range(10)]))
    assert counts.tolist() == [3] * 10


def test_processes_share_the_frames(tmp_path, mark):
    frames = toy_frames(tmp_path)
    shared = [
        order.draw(frames, Look(), 5, seed=3, process=k, processes=2) for k in (0, 1)
    ]
    halves = [places(draws, 0) for draws in shared]
    assert sorted(halves[0]) == [0, 2, 4, 6, 8]
    assert sorted(halves[1]) == [1, 3, 5, 7, 9]
    # Each in an order and with a jitter of its own.
    assert halves[1] != [place + 1 for place in halves[0]]
    first, second = (draws[0]["random"] for draws in shared)
    assert not np.intersect1d(first, second).size


def test_more_processes_than_frames_are_refused(tmp_path, mark):
    with pytest.raises(DatasetError, match="2 frames can't be shared by 3"):
        order.draw(toy_frames(tmp_path, 2), Look(), 1, seed=0, processes=3)


def test_a_feed_starts_anywhere_and_goes_on_from_there(tmp_path, mark):
    draws = order.draw(toy_frames(tmp_path), Look(), 3, seed=3)
    feed = order.Feed(draws)
    for number in (4, 5, 6, 0, 1, 5):
        assert feed(number)["found"].tolist() == draws[number]["found"].tolist()
