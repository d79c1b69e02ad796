"""Settings that every config shares, and their defaults."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ml_collections import ConfigDict

ADAPT = "adapt"
"""The variant that trains only what comes last; --init gives what comes before."""

REAL = "real"
"""The variant that draws from a real dataset where others draw from the studio."""


class Row(NamedTuple):
    """A row of a paper's table of ablations, as a change of the config.

    Attributes:
        title: as the paper calls it.
        paper: its mean joint error there, mm.
        change: what is different.
        dataset: what it is tested on.
        trains: whether there is anything to train beyond where all rows start.
        scratch: whether it has to be trained from the beginning.
        begins: the row whose run it starts from; None for where all rows start.
        stands_in: joint sets that are measured in place of others: where a row has no
            refinement, the estimates as they are. None where none are.
    """

    title: str
    paper: float | None
    change: Callable[[ConfigDict], None]
    dataset: str = "studio"
    trains: bool = True
    scratch: bool = False
    begins: str | None = None
    stands_in: Mapping[str, str] | None = None


class Curves(NamedTuple):
    """A figure of a paper: success curves of some rows of its table.

    Attributes:
        title: as the paper calls it.
        rows: whose curves.
        pck: thresholds, mm, of the share of joints, with its area; None for the share
            of frames with every joint under a threshold.
    """

    title: str
    rows: tuple[str, ...]
    pck: tuple[float, float] | None = None


def read_variant(
    variant: str,
    sizes: Mapping[str, Callable[[ConfigDict], None]],
    rows: Mapping[str, Callable[[ConfigDict], None]],
) -> tuple[Callable[[ConfigDict], None], ...]:
    """What "small" or "small,without_vae" changes: the size, then rows in their order.

    Rows alone, as "without_vae", are of the bare size.

    Raises:
        ValueError: naming the sizes and rows that there are.
    """
    size, *names = variant.split(",")
    if size in rows:
        size, names = "", [size, *names]
    unknown = [name for name in names if name not in rows]
    if size not in sizes or unknown:
        raise ValueError(
            f"variant must be one of {sorted(sizes)}, or rows of the paper's table "
            f"({', '.join(rows)}), or both, as in 'small,{next(iter(rows))}'; "
            f"got {variant!r}"
        )
    # Rows bring phases that draw from the studio, which REAL replaces; what leaves out
    # phases comes last: the others speak of them.
    names.sort(key=lambda name: (name == ADAPT, name == REAL))
    return (sizes[size], *(rows[name] for name in names))


def phase(
    name: str,
    *,
    steps: int,
    weights: Mapping[str, float],
    loss: str = "supervised",
    sources: tuple[str, ...] = ("synthetic",),
    batch_sizes: Mapping[str, int] | None = None,
    optimizer: Mapping[str, float | str] | None = None,
    every: int = 0,
    keep: str = "best",
    imagine: bool = False,
    shown: str = "",
    reuse: int = 1,
) -> ConfigDict:
    """One stage of training: what is minimised, on what, for how long.

    Args:
        name: told in the log.
        steps: how many.
        weights: of the loss's terms; 0 only watches one.
        loss: of the method.
        sources: where batches come from.
        batch_sizes: of sources that do not give the config's.
        optimizer: what differs from the config's optimiser.
        every: steps between looks at held-out frames; 0 for the config's.
        keep: the checkpoint that counts: the "best" on held-out frames, or the
            "latest" where these have no say in what is learnt.
        imagine: whether estimates of the first source are drawn anew, as labelled
            frames beside the others.
        shown: the source of one example that the phase begins by looking at.
        reuse: how often an example is learnt from, on average: a pool of the last 256
            batches, or 1 GiB of them, is drawn into every so many steps. For sources
            that are slow.
    """
    return ConfigDict(
        {
            "name": name,
            "loss": loss,
            "steps": steps,
            "weights": dict(weights),
            "sources": sources,
            "batch_sizes": dict(batch_sizes or {}),
            "optimizer": dict(optimizer or {}),
            "every": every,
            "keep": keep,
            "imagine": imagine,
            "shown": shown,
            "reuse": reuse,
        }
    )


def optimizer() -> ConfigDict:
    """AdamW under a cosine with a short warm-up, and an average of the parameters."""
    return ConfigDict(
        {
            "learning_rate": 4e-3,
            "schedule": "cosine",
            "warmup": 200,
            "weight_decay": 1e-5,
            "clip": 1.0,
            "ema": 0.999,
        }
    )


def synthetic() -> ConfigDict:
    """Random hands for `handjax.data.synthetic`."""
    return ConfigDict(
        {
            "modality": "depth",  # or "rgb", with what stands in `rgb`
            "view": "haar",  # or "wan2019"
            "surroundings": False,  # whether depth shows an arm, planes and blobs
            "noise": True,  # what the sensor, or the camera, does to the picture
            "center": "depth",  # of the crop: mean of what is seen; or "gt": spheres
            "crop_jitter": 10.0,  # mm, at most, from there
            "distance": (450.0, 1000.0),  # mm, of the wrist from the camera
            "shape": 1.0,  # standard deviations of the shape space
            "rgb": coloured(),
        }
    )


def coloured() -> ConfigDict:
    """Pictures in colour for `handjax.data.synthetic`; crops stand on the true hand."""
    return ConfigDict(
        {
            "pixels": 256,  # edge of the crop; 224 in [baek2019]
            "samples": 2,  # looks along each side of a pixel
            "room": (1.1, 1.5),  # edge of the crop over the hand's longer side
            "roll": 0.0,  # degrees, at most, by which the crop is turned
            "labels": (),  # may be read: see `handjax.data.synthetic.LABELS`
            "heatmap_pixels": 64,  # [ge2019] Sec. 4.3; 32 in [baek2019] Sec. 3.1
            "heatmap_sigma": 4.0,  # pixels of the heat-map; [ge2019], same place
            "backgrounds": "",  # folder of photographs; "" for drawn ones
            "background_count": 256,  # held on the device, 300 KB each
        }
    )


def evaluation() -> ConfigDict:
    """How often and on how many frames; a run's own tests are apart from this."""
    return ConfigDict(
        {
            "every": 1000,
            "frames": 1024,
            "batch_size": 64,
            "source": "synthetic",  # held out; or "studio", those learnt from
        }
    )


def studio() -> ConfigDict:
    """Frames of a simulated capture for `handjax.data.studio`."""
    return ConfigDict(
        {
            "modality": "depth",  # or "rgb", with what stands in `rgb`
            "subject": "D",  # A, B for adaptation, C for tuning, D for the last word
            "amount": "small",  # 6,000 x 3 frames to learn from, 1,000 to test on
            "split": "train",  # or "test", or of depth "both" (Table 1)
            "frames": 1.0,  # share of the frames that is used
            "multi_view": 1.0,  # share of those that keeps all views, not one; of depth
            "labels": (),  # what the method may read: "centres", "joints",
            # "mask"; of rgb: "joints", "keypoints2d", "scale", "depth", "mask"
            "rgb": studio_in_colour(),
        }
    )


def studio_in_colour() -> ConfigDict:
    """Pictures of 24 cameras for `handjax.data.studio.colour`."""
    return ConfigDict(
        {
            "pixels": 256,  # edge of the crop
            "targets": 0,  # cameras beside the picture's own to compare with, a draw
        }
    )


def real() -> ConfigDict:
    """Frames of a real dataset for `handjax.data.real`."""
    return ConfigDict(
        {
            "name": "nyu",  # see python -m handjax data --help
            "root": "",  # of the download, to prepare it from; "" once that is done
            "data_dir": "",  # where stores are; "" for the user's cache
            "splits": ("train",),  # those to learn from, together
            "sees": "depth",  # along parallel rays; or "image", as the camera saw it
            "views": 3,  # of frames that have so many
            "labels": (),  # may be read: "joints", "vertices"; of images also
            # "keypoints2d", "scale", "depth", "mask"
            "pixels": 256,  # edge of an image's crop
            "cube": 0.0,  # what a crop shows, mm; 0 for the dataset's own
            "center": "depth",  # of the crop: found in it; or "gt", the joints' mean
            "crop_jitter": 10.0,  # mm, at most, from there
        }
    )


def on_real(config: ConfigDict) -> None:
    """Let every phase draw from `config.real` where it drew from the studio."""
    for phase in config.phases:
        phase.sources = tuple(REAL if s == "studio" else s for s in phase.sources)
        sizes = phase.batch_sizes.items()
        phase.batch_sizes = {REAL if s == "studio" else s: n for s, n in sizes}
        phase.reuse = 1 if REAL in phase.sources else phase.reuse  # read, not drawn
