"""Whatever goes wrong while a store is made, it is never wrong, and little is lost."""

import numpy as np
import pytest

from handjax.data.real import builder, order, shards, store
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.real import toy


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(shards, "PER_SHARD", 4)
    monkeypatch.setattr(store.os, "cpu_count", lambda: 1)


def prepare(reader, folder, split="train", **options):
    return store.prepare(reader, folder, data_dir=folder, splits=[split], **options)


def names(prepared, split="train"):
    return [record.name for record in order.Frames(prepared, [split])]


def interrupted(folder, at=6, **options):
    """A preparation that is stopped at a frame."""

    def stop(number):
        if number == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(toy.reader(read=stop, **options), folder)


def full_disk(*_):
    raise OSError("no space left on device")


@pytest.mark.parametrize("again", [False, True])
def test_a_full_disk_at_the_very_end_costs_no_frame(tmp_path, monkeypatch, again):
    if again:
        prepare(toy.reader(frames={"train": 9}), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(builder, "write_info", full_disk)
        with pytest.raises(
            DatasetError, match=r"toy/1\.1\.0 can't .*no space.*--data-dir"
        ):
            prepare(toy.reader(), tmp_path, again=again)
    assert not store.open_store(toy.reader(), tmp_path).splits
    seen = []
    prepared = prepare(toy.reader(read=seen.append), tmp_path)
    assert not seen
    assert names(prepared) == [f"toy/{k}" for k in range(10)]
    assert not (tmp_path / "toy" / "1.1.0.part").exists()


def test_shards_of_an_older_split_do_not_lie_between_those_of_the_new(
    tmp_path, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(builder, "write_info", full_disk)
        with pytest.raises(
            DatasetError, match=r"toy/1\.1\.0 can't .*no space.*--data-dir"
        ):
            prepare(toy.reader(), tmp_path)
    prepared = prepare(toy.reader(frames={"train": 3}), tmp_path)
    files = [file.name for file in prepared.folder.glob("toy-train*")]
    assert files == ["toy-train.array_record-00000-of-00001"]


def test_what_another_process_finished_meanwhile_is_kept(tmp_path, monkeypatch):
    alone = store._alone

    def late(folder):
        monkeypatch.setattr(store, "_alone", alone)
        prepare(toy.reader(), tmp_path, "test")
        return alone(folder)

    monkeypatch.setattr(store, "_alone", late)
    assert prepare(toy.reader(), tmp_path).splits.keys() == {"test", "train"}
    assert store.open_store(toy.reader(), tmp_path).splits.keys() == {"test", "train"}


def test_a_split_stays_until_the_one_made_again_is_whole(tmp_path):
    prepare(toy.reader(), tmp_path)
    with pytest.raises(FrameError, match=r"toy/6\.png"):
        prepare(toy.reader(bad=(6,)), tmp_path, again=True, strict=True)
    assert len(names(store.open_store(toy.reader(), tmp_path))) == 10


def test_strict_is_not_content_with_a_stored_split_that_lacks_frames(tmp_path):
    prepare(toy.reader(bad=(9, 2)), tmp_path)
    with pytest.raises(FrameError, match=r"2 frames.*first: toy/2\.png.*--again"):
        prepare(toy.reader(), tmp_path, strict=True)
    whole = prepare(toy.reader(), tmp_path, strict=True, again=True)
    assert prepare(toy.reader(), tmp_path, strict=True) == whole


def test_strict_is_not_content_with_a_finished_shard_that_lacks_frames(tmp_path):
    interrupted(tmp_path, bad=(2,))
    with pytest.raises(FrameError, match=r"toy/2\.png"):
        prepare(toy.reader(bad=(2,)), tmp_path, strict=True)


def test_a_finished_shard_that_lacks_frames_is_read_again(tmp_path):
    interrupted(tmp_path, bad=(2,))
    assert len(names(prepare(toy.reader(), tmp_path))) == 10


def test_shards_made_before_more_was_unpacked_are_made_anew(tmp_path):
    interrupted(tmp_path)
    seen = []
    reader = toy.reader(read=seen.append)
    # As many frames, but another one in the last place.
    reader.index = lambda root, split: [*range(9), 10]
    assert names(prepare(reader, tmp_path))[-1] == "toy/10"
    assert seen == [*range(9), 10]


@pytest.mark.parametrize(
    "fault",
    [
        *(DatasetError("no cameras"), OSError("Input/output error"), MemoryError()),
        *(RecursionError("too deep"), UnicodeDecodeError("utf-8", b"", 0, 1, "bad")),
    ],
)
def test_one_broken_file_never_costs_the_other_frames(tmp_path, fault):
    def spoil(number):
        if number == 3:
            raise fault

    reader = toy.reader(read=spoil)
    why = prepare(reader, tmp_path).splits["train"].skipped
    assert why.keys() == {"3"}
    assert type(fault).__name__ in why["3"]
    with pytest.raises(FrameError, match="frame 3 of train"):
        prepare(reader, tmp_path, strict=True, again=True)


def test_an_error_of_the_program_is_no_fault_of_a_frame(tmp_path):
    def wrong(number):
        raise AttributeError("a slip")

    with pytest.raises(AttributeError, match="a slip"):
        prepare(toy.reader(read=wrong), tmp_path)


def test_a_fingerprint_is_of_all_that_an_entry_holds():
    some = [(0, ("a", np.arange(2000.0))), (1, ("b", np.zeros(3)))]
    other = [(0, ("a", np.arange(2000.0) + (np.arange(2000) == 999))), some[1]]
    assert shards.fingerprint(some) != shards.fingerprint(other)
    assert shards.fingerprint(some) == shards.fingerprint([*some])


def test_a_disk_that_is_full_while_frames_are_written_is_told(tmp_path, monkeypatch):
    from array_record.python import array_record_module

    class Full:
        def __init__(self, *_):
            pass

        def write(self, _):
            raise RuntimeError("write() failed: No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(array_record_module, "ArrayRecordWriter", Full)
    with pytest.raises(DatasetError, match=r"00000\.part can't.*No space.*--data-dir"):
        prepare(toy.reader(), tmp_path)


def test_a_store_that_may_not_be_written_to_is_told(tmp_path, monkeypatch):
    prepare(toy.reader(), tmp_path)

    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(shards.os, "replace", refuse)
    with pytest.raises(DatasetError, match=r"plan\.json\.part can't .*Permission"):
        prepare(toy.reader(), tmp_path, "test")


def with_dropped_views(numbers):
    """A reader of frames of which some lack a view."""
    reader = toy.reader()

    def read(root, number):
        dropped = (f"side_{number}.png can't be read",) * (number in numbers)
        return toy.frame(number, dropped=dropped)

    reader.read = read
    return reader


def test_views_that_could_not_be_read_are_told_and_kept_in_mind(tmp_path, capsys):
    prepare(with_dropped_views((2, 7)), tmp_path)
    said = capsys.readouterr().err
    assert "left out: side_2.png can't be read" in said
    assert "2 views left out" in said
    stored = store.open_store(toy.reader(), tmp_path).splits["train"]
    assert (sum(stored.shards), stored.skipped) == (10, {})
    assert stored.dropped == {
        "2": ["side_2.png can't be read"],
        "7": ["side_7.png can't be read"],
    }


def test_strict_ends_at_a_view_that_can_t_be_read(tmp_path):
    reader = with_dropped_views((2,))
    with pytest.raises(FrameError, match=r"toy/2: side_2\.png"):
        prepare(reader, tmp_path, strict=True)
    prepare(reader, tmp_path)
    with pytest.raises(FrameError, match=r"views of 1 frames.*side_2\.png.*--again"):
        prepare(reader, tmp_path, strict=True)
