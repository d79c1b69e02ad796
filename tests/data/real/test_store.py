"""A store holds every frame that can be read, or is not there."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from handjax.data.real import builder, order, shards, store
from handjax.data.real.frame import DatasetError, FrameError
from tests.data.real import toy


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(shards, "PER_SHARD", 4)


def names(prepared, split="train"):
    return [record.name for record in order.Frames(prepared, [split])]


def test_what_goes_in_comes_out(tmp_path):
    prepared = store.prepare(toy.reader(), tmp_path, data_dir=tmp_path)
    assert prepared.splits["train"].shards == (4, 4, 2)
    frames = order.Frames(prepared, ["train", "test"])
    assert len(frames) == 13
    assert [r.name for r in frames[8:12]] == ["toy/8", "toy/9", "toy/0", "toy/1"]
    record, frame = frames[7], toy.frame(7)
    assert (record.place, record.right, record.cube) == (7, True, 300.0)
    np.testing.assert_array_equal(record.joints, frame.joints)
    np.testing.assert_array_equal(record.parts[0].hand, frame.views[0].hand)
    np.testing.assert_array_equal(record.parts[0].camera[0], toy.FOCAL)


def test_tfds_opens_it_and_tensorflow_is_never_loaded(tmp_path):
    import tensorflow_datasets as tfds

    prepared = store.prepare(toy.reader(), tmp_path, data_dir=tmp_path)
    assert prepared.folder == tmp_path / "toy" / "1.1.0"
    opened = tfds.builder_from_directory(prepared.folder)
    assert opened.info.splits["test"].num_examples == 3
    assert opened.info.citation == "@misc{toy}"
    example = opened.as_data_source("train")[5]
    assert example["name"] == b"toy/5"
    assert example["joints"].shape == (21, 3)
    height, width = example["depth_shape"][0]
    assert example["depth"].reshape(height, width).max() < 8 * 800
    assert "tensorflow" not in sys.modules


def test_tfds_itself_builds_the_same_records(tmp_path):
    import tensorflow_datasets as tfds

    made = builder.make_builder(toy.reader(), tmp_path / "theirs")
    (tmp_path / "download" / "toy").mkdir(parents=True)
    config = tfds.download.DownloadConfig(
        manual_dir=tmp_path / "download", register_checksums=False
    )
    made.download_and_prepare(download_config=config)
    theirs = {x["name"]: x for x in made.as_data_source("train")}
    ours = store.prepare(toy.reader(), tmp_path, data_dir=tmp_path / "ours")
    opened = tfds.builder_from_directory(ours.folder).as_data_source("train")
    assert len(theirs) == len(opened) == 10
    for example in opened:
        other = theirs[example["name"]]
        assert all(np.array_equal(example[k], other[k]) for k in example)
    assert "tensorflow" not in sys.modules


def test_a_bad_frame_is_told_by_name_and_left_out(tmp_path, capsys):
    reader = toy.reader(bad=(3, 4, 5, 6, 7))
    prepared = store.prepare(reader, tmp_path, data_dir=tmp_path)
    said = capsys.readouterr().err
    assert "skipped: toy/3.png can't be read" in said
    assert "5 skipped" in said
    # The second shard is empty, and TFDS gets none for it.
    assert prepared.splits["train"].shards == (3, 2)
    assert names(prepared) == ["toy/0", "toy/1", "toy/2", "toy/8", "toy/9"]
    again = store.open_store(reader, tmp_path)
    assert again.splits["train"].skipped["4"] == "toy/4.png can't be read"


def test_strict_ends_at_the_first_bad_frame_and_leaves_no_store(tmp_path):
    with pytest.raises(FrameError, match=r"toy/6\.png"):
        store.prepare(toy.reader(bad=(6,)), tmp_path, data_dir=tmp_path, strict=True)
    assert not store.open_store(toy.reader(), tmp_path).splits


def test_a_split_without_a_frame_that_can_be_read_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"no frame.*toy/0\.png"):
        store.prepare(toy.reader(bad=range(10)), tmp_path, data_dir=tmp_path)


def test_an_interrupted_preparation_goes_on_with_the_shards_that_are_missing(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(store.os, "cpu_count", lambda: 1)

    def stop(number):
        if number == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.prepare(toy.reader(read=stop), tmp_path, data_dir=tmp_path)
    assert not store.open_store(toy.reader(), tmp_path).splits
    seen = []
    reader = toy.reader(read=seen.append)
    prepared = store.prepare(reader, tmp_path, data_dir=tmp_path)
    assert sorted(seen[:6]) == [4, 5, 6, 7, 8, 9]
    assert names(prepared) == [f"toy/{k}" for k in range(10)]
    assert not (tmp_path / "toy" / "1.1.0.part").exists()


def test_shards_of_another_download_are_not_taken_for_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(store.os, "cpu_count", lambda: 1)

    def stop(number):
        if number == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.prepare(toy.reader(read=stop), tmp_path / "one", data_dir=tmp_path)
    seen = []
    store.prepare(toy.reader(read=seen.append), tmp_path / "two", data_dir=tmp_path)
    assert len(seen) == 13


KILLED = """
import sys, time
from pathlib import Path
from handjax.data.real import shards, store
from tests.data.real import toy
shards.PER_SHARD = 4
def slow(number):
    if number == 9:
        Path(sys.argv[1], "waiting").touch()
        time.sleep(60)
store.prepare(toy.reader(read=slow), sys.argv[1], data_dir=sys.argv[1])
"""


def test_a_killed_preparation_leaves_nothing_that_looks_whole(tmp_path):
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=root,
        stderr=subprocess.DEVNULL,
    )
    while not (tmp_path / "waiting").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert not store.open_store(toy.reader(), tmp_path).splits
    prepared = store.prepare(toy.reader(), tmp_path, data_dir=tmp_path)
    assert len(names(prepared)) == 10


def test_splits_are_added_one_by_one_and_made_again_when_asked_for(tmp_path):
    seen = []
    reader = toy.reader(read=seen.append)
    test = store.prepare(reader, tmp_path, data_dir=tmp_path, splits=["test"])
    assert list(test.splits) == ["test"]
    both = store.prepare(reader, tmp_path, data_dir=tmp_path)
    assert both.splits.keys() == {"test", "train"}
    assert len(seen) == 13
    better = toy.reader(frames={"train": 3, "test": 3})
    again = store.prepare(
        better, tmp_path, data_dir=tmp_path, splits=["train"], again=True
    )
    assert names(again) == ["toy/0", "toy/1", "toy/2"]
    assert len(list(again.folder.glob("toy-train*"))) == 1


def test_a_split_that_is_missing_is_left_out_unless_it_was_named(tmp_path):
    reader = toy.reader(frames={"test": 3})
    assert list(store.prepare(reader, tmp_path, data_dir=tmp_path).splits) == ["test"]
    with pytest.raises(DatasetError, match="no train in"):
        store.prepare(reader, tmp_path, data_dir=tmp_path, splits=["train"])
    with pytest.raises(DatasetError, match="has the splits train, test; got val"):
        store.prepare(reader, tmp_path, data_dir=tmp_path, splits=["val"])


def test_two_processes_do_not_prepare_the_same(tmp_path):
    folder = store.open_store(toy.reader(), tmp_path).folder
    with (
        store._alone(folder),
        pytest.raises(DatasetError, match="another process"),
        store._alone(folder),
    ):
        pass


def test_a_folder_that_can_t_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="--data-dir"):
        store.prepare(toy.reader(), tmp_path, data_dir=tmp_path / "file")
