"""What files and frames are called."""

from collections import Counter
from collections.abc import Sequence

from handjax.evaluation.mistakes import Mistake
from handjax.evaluation.predictions import FileError
from handjax.evaluation.predictions.nested import in_order

UNSHOWN = "\N{REPLACEMENT CHARACTER}"


def shown(name: str) -> str:
    """A name as every table and file can hold it.

    Line ends would break tables, and names of files need not be Unicode.
    """
    return "".join(c if c.isprintable() else UNSHOWN for c in name)


def name_all(names: Sequence[str], usual: Sequence[str]) -> list[str]:
    """A name for every method: that given, or the usual, told apart where two agree.

    Args:
        names: those given; () for none.
        usual: what each is called if nobody says, as a file's stem.

    Raises:
        FileError: more or fewer names than methods, one twice or one of nothing.
    """
    given = [shown(name).strip() for name in names]
    if given and (len(given) != len(usual) or len(set(given)) < len(given)):
        raise FileError(
            f"--names wants {len(usual)} different ones, one a method, weights before "
            f"files; got {len(given)}"
        )
    if not all(given):
        raise FileError("--names wants a letter or more in each; got an empty one")
    if given:
        return given
    return apart([shown(name) for name in usual])


def apart(names: Sequence[str]) -> list[str]:
    """Names, with its number before each that comes more than once."""
    numbered = [f"{k}: {name}" for k, name in enumerate(names, 1)]
    pairs = zip(names, numbered, strict=True)
    found = [n if names.count(name) > 1 else name for name, n in pairs]
    # One may be called as another's number and name.
    return found if len(set(found)) == len(found) else numbered


def cut_all(names: Sequence[str], room: int) -> list[str]:
    """Names in the room there is, still different from one another.

    Each keeps its beginning and its end; where that makes two alike, numbers tell
    them apart.
    """
    found = [_cut(name, room) for name in names]
    if len(set(found)) == len(set(names)):
        return found
    number = len(f"{len(names)}: ")
    return [f"{k}: {_cut(name, room - number)}" for k, name in enumerate(names, 1)]


def _cut(name: str, room: int) -> str:
    if len(name) <= room:
        return name
    half = (room - 1) // 2
    return f"{name[: room - 1 - half]}…{name[-half:]}"


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
