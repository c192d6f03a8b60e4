"""What ``demo --check`` notices when something is missing, too much, or in the wrong place."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.settings import ROOT

from .test_demo import environment

pytestmark = pytest.mark.processes

PROCESSED = "calls stored and processed"
MARKED = "later copies marked as repeats"
CONVERSATIONS = "conversations"
TEXTS = "customers' messages, once, in their conversation"
FILES = "customers' files, byte for byte"
CHANGES = "reactions, edits and revokes, once"
ANSWERS = "our messages, once, in their conversation"
REPLIES = "replies tied to what they quote"
TICKS = "delivery statuses, once, at their message"
HIGHEST = "our messages with their highest status"
HEARD_TEXTS = "the bot heard of each customer's message once"
HEARD_PHONE = "the bot heard of each message from the phone once"
HEARD_TICKS = "the bot heard of each delivery status once"
HEARD_UNKNOWN = "the bot heard of each unknown fact"

#: Which lines of the table are wrong after which tampering.
WRONG = {
    "nothing": [],
    "a call failed": [PROCESSED],
    "a call is lost": [PROCESSED],
    "a repeat is not marked": [MARKED],
    "a call is unreadable": ["calls with something unreadable"],
    "a text is lost": [TEXTS],
    "a text changed": [TEXTS],
    "a text is there twice": [TEXTS],
    "a text is in a wrong conversation": [TEXTS],
    "a conversation too many": [CONVERSATIONS],
    "a reply is loose": [REPLIES],
    "a file is not kept": [FILES, "left to do"],
    "a file has other bytes": [FILES],
    "an edit is lost": [CHANGES],
    "a message from the phone is lost": [ANSWERS],
    # Its delivery statuses go with it.
    "an answer is lost": [ANSWERS, TICKS, HIGHEST],
    "an answer has a lower status": [HIGHEST],
    "a status is lost": [TICKS],
    "a status is loose": [TICKS],
    "a receiver failed": ["receivers that failed"],
    "something is left to announce": ["left to do"],
    "a text was heard twice": [HEARD_TEXTS],
    "a text was heard never": [HEARD_TEXTS],
    "a message from the phone was heard twice": [HEARD_PHONE],
    "a message from the phone was heard never": [HEARD_PHONE],
    "a status was heard twice": [HEARD_TICKS],
    "a status was heard never": [HEARD_TICKS],
    "an unknown fact was heard twice": [HEARD_UNKNOWN],
    "an unknown fact was heard never": [HEARD_UNKNOWN],
}


def test_the_table_shows_what_is_wrong_and_nothing_else(tmp_path: Path) -> None:
    """Each line of the table goes wrong for its own reasons, and only for those."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.example_project.tampering", str(tmp_path)],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
    # In one test, because the opening takes a few seconds to play.
    assert json.loads(run.stdout) == WRONG
