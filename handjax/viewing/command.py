"""`python -m handjax view`: a page on which hands are moved, looked at and refined."""

import argparse
import ipaddress
import socket
import time
from pathlib import Path
from typing import Any

from handjax.data.given.files import UNITS
from handjax.data.given.frames import FrameError
from handjax.hands.poses import NAMED
from handjax.hands.template import LEVELS, Template, load_template
from handjax.unpickle import UnpickleError
from handjax.viewing import originals, results
from handjax.viewing.page import Page, require
from handjax.viewing.session import Session

HELP = "a live page of hands: your results, or a hand by its sliders"
HOST, PORT = "127.0.0.1", 8080


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser("view", help=HELP, description=HELP)
    add = parser.add_argument
    add(
        "results",
        nargs="?",
        type=Path,
        metavar="RESULTS",
        help="--out folder of predict or evaluate.py; without one, a hand alone",
    )
    add(
        "--frames",
        nargs="+",
        type=Path,
        default=[],
        metavar="INPUT",
        help="what predict was given: files, folders, videos",
    )
    add("--unit", choices=UNITS, default="mm", help="of arrays; default: mm")
    add(
        "--template",
        default="hand_1721",
        help=f"{', '.join(LEVELS)}, or a file: MANO's, .glb, .gltf",
    )
    add("--pose", help="of a hand alone, such as 'fist'; default: at rest")
    add("--host", default=HOST, help=f"default: {HOST}, this machine alone")
    add("--port", type=int, default=PORT, help=f"default: {PORT}")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Read, serve, until Ctrl-C.

    Raises:
        FrameError: what the user gave can't be used.
    """
    require()
    require_free(chosen.host, chosen.port)
    session = prepare(chosen)
    page = Page(session, host=chosen.host, port=chosen.port)
    try:
        print(*told(chosen, session), sep="\n", flush=True)
        while True:
            time.sleep(3600.0)
    except KeyboardInterrupt:
        print()
    finally:
        page.close()


def prepare(chosen: argparse.Namespace) -> Session:
    """The session that the command line asks for.

    Raises:
        FrameError: what the user gave can't be used.
    """
    if chosen.pose is not None and chosen.pose not in NAMED:
        raise FrameError(f"--pose wants one of {', '.join(NAMED)}; got {chosen.pose!r}")
    if chosen.results is None:
        if chosen.frames:
            raise FrameError("--frames wants RESULTS: the --out folder of predict")
        session = Session(load(chosen.template))
        if chosen.pose is not None:
            session.take_pose(chosen.pose)
        return session
    if chosen.pose is not None:
        raise FrameError("--pose is of a hand alone; results have poses of their own")
    found, read = results.open_folder(chosen.results), None
    if chosen.frames:
        if found.camera is None:
            raise FrameError("--frames is of results of predict, which say the camera")
        read = originals.open_frames(chosen.frames, chosen.unit)
        originals.require_some(read, [found.frame(0, 0).name])
    return Session(load(chosen.template), results=found, read=read)


def load(name: str) -> Template:
    """A template by its name.

    Raises:
        FrameError: there is no such hand, or its file can't be used.
    """
    try:
        return load_template(name)
    except (ValueError, OSError, UnpickleError) as wrong:
        raise FrameError(f"--template {name}: {wrong}") from wrong


def require_free(host: str, port: int) -> None:
    """See to it that a page can be served there; viser would take another port.

    Raises:
        FrameError: it can't.
    """
    if not 1 <= port <= 65535:
        raise FrameError(f"--port wants 1 to 65535; got {port}")
    try:
        (family, *_, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as wrong:
        raise FrameError(
            f"nothing can be served at {host}:{port}: {wrong.strerror or wrong}; give "
            "another --port or --host"
        ) from wrong


def told(chosen: argparse.Namespace, session: Session) -> list[str]:
    """What is served, a line each."""
    found = session.results
    what = "a hand alone"
    if found is not None:
        what = f"{found.count} frames, {found.title}, of {chosen.results}"
    vertices = len(session.template.vertices)
    lines = [
        f"showing   {what}",
        f"hand      {chosen.template}, {vertices} vertices",
        "axes      x right, y down, z forward from the camera, mm",
    ]
    if not _is_local(chosen.host):
        lines.append("open to   whoever can reach this machine: there is no password")
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    return [*lines, f"page      http://{host}:{chosen.port}  (Ctrl-C ends it)"]


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
