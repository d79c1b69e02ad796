"""The TFDS builder of a dataset, made of what its module says of itself.

What it describes opens as `tfds.builder_from_directory(folder).as_data_source(split)`,
here or in any other program. Importing this costs a second: only who needs it does.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow_datasets as tfds

from handjax.data.real import examples, records
from handjax.data.real.frame import Reader

FORMAT = "array_record"

# A record a group: any of them can be read alone. Of what ArrayRecord offers this packs
# tight and unpacks fast, by benchmarks/datasets.py.
OPTIONS = "group_size:1,zstd:3"

INFO = "dataset_info.json"

FAULTS = ("skipped", "dropped")
"""Fields of a split that its metadata has."""


class Split(NamedTuple):
    """A split that is stored.

    Attributes:
        shards: frames in each of its files.
        size: of its examples, bytes.
        skipped: places of frames that could not be read -> why.
        dropped: places of frames -> why views of these could not be.
        root: the download that it was stored from; empty if nobody noted it.
    """

    shards: Sequence[int]
    size: int
    skipped: Mapping[str, str]
    dropped: Mapping[str, Sequence[str]]
    root: str


def make_builder(reader: Reader, data_dir: Path) -> Any:
    """The builder of a dataset.

    Args:
        reader: its module.
        data_dir: where stores are.
    """
    about = reader.ABOUT

    # Their registry would refuse a second class of the same name.
    class Dataset(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        name = about.name
        VERSION = tfds.core.Version(about.version)
        # There is no package of its own to look for checksums in.
        code_path = None
        MANUAL_DOWNLOAD_INSTRUCTIONS = (
            f"Download it from {about.home}. In manual_dir: " + ", ".join(about.layout)
        )

        def _info(self) -> tfds.core.DatasetInfo:
            return tfds.core.DatasetInfo(
                builder=self,
                description=about.title,
                features=examples.features(),
                homepage=about.home,
                citation=about.citation,
                license=about.licence,
                metadata=tfds.core.MetadataDict(),
            )

        def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
            folder = Path(dl_manager.manual_dir)
            return {
                s: self._generate_examples(folder, s)
                for s in about.usual or about.frames
            }

        def _generate_examples(self, folder: Path, split: str) -> Iterator[Any]:
            for place, entry in enumerate(reader.index(folder, split)):
                record = records.make(reader.read(folder, entry), about, place)
                yield place, examples.as_example(record)

    builder: Any = Dataset
    return builder(data_dir=data_dir, file_format=FORMAT)


def shard_name(name: str, split: str, shard: int, shards: int) -> str:
    """What TFDS calls a file of a split."""
    return f"{name}-{split}.{FORMAT}-{shard:05d}-of-{shards:05d}"


def write_info(folder: Path, reader: Reader, splits: Mapping[str, Split]) -> None:
    """Say what a folder of shards holds; until this is there, it holds nothing.

    Args:
        folder: of the shards.
        reader: the dataset's module.
        splits: all that is there.
    """
    about = reader.ABOUT
    # Any folder of theirs does: the info only takes its names from it.
    builder = make_builder(reader, folder.parent.parent)
    template: Any = tfds.core.ShardedFileTemplate
    builder.info.set_splits(
        tfds.core.SplitDict(
            [
                tfds.core.SplitInfo(
                    name=name,
                    shard_lengths=list(split.shards),
                    num_bytes=split.size,
                    filename_template=template(
                        data_dir=folder,
                        dataset_name=about.name,
                        split=name,
                        filetype_suffix=FORMAT,
                    ),
                )
                for name, split in splits.items()
            ]
        )
    )
    faults = {
        field: {name: dict(getattr(split, field)) for name, split in splits.items()}
        for field in FAULTS
    }
    roots = {name: split.root for name, split in splits.items()}
    builder.info.metadata.update(joints=about.joints, roots=roots, **faults)
    with tempfile.TemporaryDirectory(dir=folder) as beside:
        builder.info.write_to_directory(beside)
        # What makes the store a store comes last.
        written = sorted(os.listdir(beside), key=lambda file: file == INFO)
        for file in written:
            os.replace(Path(beside) / file, folder / file)


def read_info(folder: Path) -> dict[str, Split]:
    """What a folder holds; nothing if it is no store."""
    if not (folder / INFO).is_file():
        return {}
    info = tfds.builder_from_directory(folder).info
    known = info.metadata or {}
    return {
        name: Split(
            tuple(split.shard_lengths),
            split.num_bytes,
            root=known.get("roots", {}).get(name, ""),
            **{field: known.get(field, {}).get(name, {}) for field in FAULTS},
        )
        for name, split in info.splits.items()
    }


def read_split(folder: Path, split: str) -> Any:
    """A split's examples as bytes, by their number."""
    raw = tfds.decode.DeserializeMethod.RAW_BYTES
    builder: Any = tfds.builder_from_directory(folder)
    return builder.as_data_source(split=split, deserialize_method=raw)
