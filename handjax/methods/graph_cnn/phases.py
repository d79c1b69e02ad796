"""What a phase of graph_cnn may minimise, and settings that are refused."""

from handjax.hands.graph import ROOTS
from handjax.hands.template import is_file
from handjax.methods.graph_cnn.estimate import PIPELINES
from handjax.methods.method import Config, check_terms

OF_MESH = ("vertices", "normals", "edges", "laplacian")
"""Terms of L_M."""
LOSSES = {
    "heatmaps": ("heatmaps",),
    "regressor": ("regressor",),
    "supervised": ("heatmaps", *OF_MESH, "joints"),
    "hourglass": ("heatmaps",),
    "weak": ("heatmaps", "depth", "pseudo_edges", "pseudo_laplacian", "joints"),
    "transfer": ("joints",),
}
"""What a phase may minimise, and the terms that it may weigh."""
PARTS = {
    "regressor": ("mesh",),
    "weak": ("mesh", "parameters"),
    "transfer": ("pose",),
}
"""Pipelines that have what a loss is about, where not all have."""
TEACHERS = ("tuned", "pretrained")
"""Whose meshes the weak phase learns from: those of networks whose hourglasses have
been tuned, or the paper's, see `graph_cnn.TEACHER`."""
NEEDS = {
    **dict.fromkeys(OF_MESH, ("vertices",)),
    "joints": ("joints",),
    "regressor": ("joints", "vertices"),
    "depth": ("depth", "mask"),
}
"""Labels without which a term has nothing to compare with; heat-maps want key points,
in the picture or in space. Depth is compared where a mask shows the hand."""


def check(config: Config) -> None:
    """Refuse what no network can be built from, and terms that a phase can't have.

    Raises:
        ValueError: naming the setting and what it may be.
    """
    model, pixels = config.model, config.synthetic.rgb.pixels
    coarsest = 2 ** (len(model.widths) - 1)
    same = f"that of synthetic.rgb.pixels, {pixels}"
    counts = ("latent", "hidden", "blocks", "stacks")
    wanted = {
        "template": (
            config.template in ROOTS or is_file(config.template),
            f"one of {list(ROOTS)}, or a hand's file",
        ),
        "model.pipeline": (model.pipeline in PIPELINES, f"one of {PIPELINES}"),
        "model.teacher": (
            model.get("teacher", "pretrained") in TEACHERS,
            f"one of {TEACHERS}",
        ),
        # Runs from before there were blocks have one in a row.
        **{f"model.{x}": (model.get(x, 1) >= 1, "1 or more") for x in counts},
        "model.encoder_width": (model.encoder_width >= 2, "2 or more"),
        "model.mesh_widths": (_are(model.mesh_widths, 3), "three above 0"),
        "model.regressor_widths": (_are(model.regressor_widths, 2), "two above 0"),
        "model.widths": (min(model.widths, default=0) >= 2, "numbers of 2 or more"),
        "synthetic.modality": (config.synthetic.modality == "rgb", "'rgb'"),
        "synthetic.rgb.pixels": (
            pixels % 64 == 0 and (pixels // 4) % coarsest == 0,
            f"a multiple of 64, and of {4 * coarsest} for {len(model.widths)} widths",
        ),
        "synthetic.rgb.heatmap_pixels": (
            config.synthetic.rgb.heatmap_pixels * 4 == pixels,
            f"a quarter of synthetic.rgb.pixels, {pixels // 4}",
        ),
        "studio.rgb.pixels": (config.studio.rgb.pixels == pixels, same),
        # Runs from before there were such crops say nothing of them.
        "real.pixels": (config.real.get("pixels", pixels) == pixels, same),
    }
    for name, (right, what) in wanted.items():
        if not right:
            value = config.to_dict()
            for part in name.split("."):
                value = value[part]
            raise ValueError(f"{name} is {value!r}; it must be {what}")
    for phase in config.phases:
        _check_phase(phase, config)


def _are(widths: tuple[int, ...], count: int) -> bool:
    return len(widths) == count and min(widths) >= 1


def _check_phase(phase: Config, config: Config) -> None:
    """Refuse terms that a loss has not, losses that a pipeline has no part in, and what
    no label of a phase's sources can be compared with.

    Raises:
        ValueError: naming the phase and what it may be.
    """
    check_terms(phase, LOSSES)
    pipelines = PARTS.get(phase.loss, PIPELINES)
    # A weight of 0 watches a term, which has to be there as well.
    if set(phase.weights) & set(OF_MESH):
        pipelines = PARTS["weak"]
    if config.model.pipeline not in pipelines:
        raise ValueError(
            f"phase {phase.name!r} of loss {phase.loss!r} wants model.pipeline to be "
            f"one of {pipelines}; it is {config.model.pipeline!r}. Rows of the paper's "
            "tables that change it can't be joined with those that don't"
        )
    for source in phase.sources:
        _check_labels(phase, source, config)


def _check_labels(phase: Config, source: str, config: Config) -> None:
    """Refuse terms that the labels of a source leave out.

    Raises:
        ValueError: naming those that are lacking.
    """
    where = source if source in ("studio", "real") else "synthetic.rgb"
    named = (config[source] if where == source else config.synthetic.rgb).labels
    needed = {label for term in phase.weights for label in NEEDS.get(term, ())}
    if {"keypoints2d", "joints"}.isdisjoint(named) and (
        "heatmaps" in phase.weights or phase.loss == "weak"
    ):
        needed.add("keypoints2d")
    lacks = sorted(needed - set(named))
    if lacks:
        raise ValueError(
            f"phase {phase.name!r} weighs {sorted(phase.weights)}, for which labels of "
            f"{source!r} are lacking; name {lacks} among {where}.labels"
        )
