"""The fake as a program of its own: one set of options for both ways to start it."""

from __future__ import annotations

import argparse
import secrets
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from . import SECRET, TOKEN, FakeChakra, pumping, serve
from .misbehaviour import NAMES, Rule, misbehave
from .playing import play
from .script import Script, WrongScript, load, names

HELP = "Run a fake of Chakra's API over HTTP, until SIGTERM or Ctrl-C."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="default %(default)s")
    parser.add_argument("--port", type=_port, default=8900, help="default %(default)s; 0 is any")
    parser.add_argument("--token", default=TOKEN, help="the access token (default %(default)s)")
    parser.add_argument("--secret", default=SECRET, help="signs events (default %(default)s)")
    parser.add_argument(
        "--webhook-url", type=_url, default="", metavar="URL", help="where events go"
    )
    parser.add_argument(
        "--format",
        choices=("chakra", "meta", "both"),
        default="chakra",
        help="of events (default chakra)",
    )
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="the book of all it did")
    parser.add_argument("--seed", type=int, help="of ids and chances (default: another each time)")
    parser.add_argument(
        "--script", type=_script, metavar="NAME", help="a shipped script, or the path of a .toml"
    )
    parser.add_argument("--list-scripts", action=ListScripts, nargs=0, help="list them, and end")
    parser.add_argument(
        "--misbehave",
        type=_rule,
        action="append",
        default=[],
        metavar="RULE",
        help=f"429:0.05, 500:first=3, …; may be repeated. There are {', '.join(NAMES)}",
    )


class ListScripts(argparse.Action):
    """Say what is shipped, and end."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        """Called when the option is met."""
        lines = [f"{name:10} {load(name).says}\n" for name in names()]
        print("".join(lines), end="")
        parser.exit()


def _port(text: str) -> int:
    """A port, or argparse's own complaint."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def _url(text: str) -> str:
    """A URL that can be posted to, or argparse's own complaint."""
    if text and not (text.startswith(("http://", "https://")) and urlsplit(text).netloc):
        raise argparse.ArgumentTypeError(f"{text!r} does not begin with http:// or https://")
    return text


def _script(name: str) -> Script:
    """A script, or argparse's own complaint."""
    try:
        return load(name)
    except WrongScript as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _rule(text: str) -> str:
    """The text of a rule that can be read, or argparse's own complaint."""
    try:
        Rule.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def made(options: Mapping[str, Any]) -> FakeChakra:
    """The fake that the options describe."""
    seed = options["seed"]
    fake = FakeChakra(
        token=options["token"],
        secret=options["secret"],
        webhook_url=options["webhook_url"],
        format=options["format"],
        ledger=options["ledger"],
        seed=secrets.randbelow(10**6) if seed is None else seed,
    )
    for rule in options.get("misbehave") or []:
        misbehave(fake, rule)
    if options.get("script"):
        play(fake, options["script"])
    return fake


def run(options: Mapping[str, Any], say: Callable[[str], object]) -> None:
    """Serve until a signal asks to stop.

    Raises:
        OSError: the port is taken, or the ledger can't be written.
    """
    fake = made(options)
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, ask)
    with serve(fake, host=options["host"], port=options["port"]) as url, pumping(fake):
        say(
            f"The fake listens on {url} (token {fake.token}, plugin {fake.plugin_id}, "
            f"number {fake.phone_number_id}, account {fake.waba_id}, seed {fake.seed})."
        )
        stop.wait()
    fake.ledger.close()
    say("Stopped.")


def told(error: OSError) -> str:
    """Why it could not run, for people."""
    what = f"{error.filename}: " if error.filename else ""
    return f"{what}{error.strerror or error}"


def main(arguments: list[str] | None = None) -> None:
    """``python -m django_chakra.testing``."""
    parser = argparse.ArgumentParser(prog="python -m django_chakra.testing", description=HELP)
    add_arguments(parser)
    options = vars(parser.parse_args(arguments))
    try:
        run(options, lambda text: print(text, flush=True))
    except OSError as error:
        parser.exit(1, f"{told(error)}\n")
