"""Which frames make which batch: batch n follows from seed, process and n alone.

So a run that goes on at step n draws what it would have drawn, in the middle of an
epoch as anywhere, and has nothing to save.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from handjax.data.real import batches, builder, examples
from handjax.data.real.batches import Held, Look
from handjax.data.real.frame import DatasetError
from handjax.data.real.records import Record
from handjax.data.real.store import Store

AHEAD = 2
"""Batches that wait to be taken, beside one a thread that is being made."""


class Frames(Sequence):
    """Records of some splits, one after another, each read when it is asked for.

    Args:
        store: where they are.
        splits: names of those that are there.

    Attributes:
        places: how many there would be, had all been readable.
    """

    def __init__(self, store: Store, splits: Sequence[str]):
        self._parts = [builder.read_split(store.folder, split) for split in splits]
        stored = [store.splits[split] for split in splits]
        self.places = sum(sum(one.shards) + len(one.skipped) for one in stored)
        self._ends = np.cumsum([len(part) for part in self._parts])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[k] for k in range(*number.indices(len(self)))]
        number = range(len(self))[number]
        part = int(np.searchsorted(self._ends, number, side="right"))
        first = int(self._ends[part - 1]) if part else 0
        return examples.from_bytes(self._parts[part][number - first])


def draw(
    frames: Sequence[Record],
    look: Look,
    batch_size: int,
    *,
    seed: int,
    process: int = 0,
    processes: int = 1,
) -> Any:
    """Batches in random order, without end.

    Args:
        frames: of which each epoch draws all.
        look: how they are shown.
        batch_size: of this process.
        seed: of the order and of the jitter.
        process, processes: each gets every so manieth frame, in an order and with a
            jitter of its own.

    Returns:
        A `grain.MapDataset`: its n-th element is what batch n is made of.

    Raises:
        DatasetError: there are fewer frames than processes.
    """
    import grain

    if len(frames) < processes:
        raise DatasetError(
            f"{len(frames)} frames can't be shared by {processes} processes"
        )

    def hold(number: int, random: np.random.Generator) -> Held:
        return batches.hold(frames[number], look, random)

    # Of numbers, not of records: grain would measure each that passes.
    own = grain.MapDataset.range(len(frames))[process::processes]
    own = own.seed(int(np.random.SeedSequence((seed, process)).generate_state(1)[0]))
    endless = own.shuffle().repeat().random_map(hold)
    return endless.batch(batch_size, batch_fn=batches.collate)


class Feed:
    """Elements of a dataset by their number, the next ones made ahead by threads.

    Args:
        dataset: of `draw`.
        threads: that make them. Depth is cut by many short calls, which a second
            thread only makes wait for the interpreter; decoding pictures lets go of it.
    """

    def __init__(self, dataset: Any, *, threads: int = 1):
        self._dataset = dataset
        self._threads = threads
        self._iterator: Any = None
        self._next = -1

    def __call__(self, number: int) -> Held:
        """The element of this number; at once if it follows on the last one asked for.

        Args:
            number: from 0.
        """
        if number != self._next:
            self._iterator = self._start(number)
        self._next = number + 1
        return next(self._iterator)

    def _start(self, number: int) -> Any:
        import grain

        options = grain.ReadOptions(
            num_threads=self._threads, prefetch_buffer_size=self._threads + AHEAD
        )
        iterator = iter(self._dataset.to_iter_dataset(options))
        iterator.set_state({"next_index": number})
        return iterator
