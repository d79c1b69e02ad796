"""What files and frames are called."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from handjax.evaluation.mistakes import Mistake
from handjax.evaluation.predictions import FileError
from handjax.evaluation.predictions.nested import in_order

UNSHOWN = "\N{REPLACEMENT CHARACTER}"


def shown(name: str) -> str:
    """A name as every table and file can hold it.

    Line ends would break tables, and names of files need not be Unicode.
    """
    return "".join(c if c.isprintable() else UNSHOWN for c in name)


def name_all(names: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """A name for every file: that given, or its stem, told apart where two agree.

    Raises:
        FileError: more or fewer names than files, one twice or one of nothing.
    """
    given = [shown(name).strip() for name in names]
    if given and (len(given) != len(paths) or len(set(given)) < len(given)):
        raise FileError(
            f"--names wants {len(paths)} different ones, one a file; got {len(given)}"
        )
    if not all(given):
        raise FileError("--names wants a letter or more in each; got an empty one")
    if given:
        return given
    stems = [shown(path.stem) for path in paths]
    numbered = [f"{k}: {stem}" for k, stem in enumerate(stems, 1)]
    pairs = list(zip(stems, numbered, strict=True))
    found = [n if stems.count(stem) > 1 else stem for stem, n in pairs]
    # A file may be called as another's number and stem.
    return found if len(set(found)) == len(found) else numbered


def find_disorder(names: Sequence[str]) -> list[Mistake]:
    """Whether names of frames, in the file's order, are repeated or not in turn."""
    repeated = sum(count > 1 for count in Counter(names).values())
    if repeated:
        cause = f"names {repeated} frame{'s' if repeated > 1 else ''} more than once"
        return [Mistake(cause, "see whether each row is of its frame", certain=False)]
    keys = [in_order(name) for name in names]
    if keys == sorted(keys):
        return []
    cause = "names its frames in another order than they are counted"
    mend = "rows are taken as they come; sort them as the labels are"
    return [Mistake(cause, mend, certain=False)]
