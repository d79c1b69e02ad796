"""Whoever asks often is answered as often as there is time, and once at the end."""

import time

from handjax.viewing.latest import Latest


def test_the_last_of_many_is_done_and_most_between_are_not():
    asked, seen = [0], []
    latest = Latest(lambda: seen.append(asked[0]), 0.02)
    for k in range(200):
        asked[0] = k
        latest.ask()
        time.sleep(0.0005)
    assert latest.settle(10.0)
    latest.end()
    assert seen[-1] == 199
    assert len(seen) < 100


def test_a_fault_is_told_and_does_not_end_the_thread(capsys):
    tries = []

    def work():
        tries.append(None)
        if len(tries) == 1:
            raise ValueError("the first time")

    latest = Latest(work, 0.0)
    for _ in range(2):
        latest.ask()
        assert latest.settle(10.0)
    latest.end()
    assert len(tries) == 2
    assert "the first time" in capsys.readouterr().err
