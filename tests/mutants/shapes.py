"""Faults in reading shapes and in what they do to the rows."""

from .fault import Fault

SHAPES = [
    Fault(
        "a landline and a mobile are one number",
        "events/ids.py",
        'digits[5] in "6789"',
        'digits[5] in "0123456789"',
    ),
    Fault(
        "an echo is the customer's",
        "events/echoes.py",
        '{"is_ours": True, "group_id": group_id}',
        '{"is_ours": False, "group_id": group_id}',
    ),
    Fault(
        "an edit is about nothing",
        "events/content.py",
        "if role not in (REACTION, EDIT, REVOKE):",
        "if role not in (REACTION, REVOKE):",
    ),
    Fault(
        "what the platform could not say beats what it said",
        "record/copies.py",
        "whole = not is_partial(mapping(item))",
        "whole = is_partial(mapping(item))",
    ),
    Fault(
        "of two copies in one batch a customer's claim counts",
        "record/copies.py",
        "[event for event in events if event.is_ours] or events",
        "[event for event in events if not event.is_ours] or events",
    ),
    Fault(
        "two names of one person are two contacts",
        "record/people.py",
        "if len(found := self._found(person)) > 1:",
        "if len(found := self._found(person)) > 99:",
    ),
    Fault(
        "the younger contact keeps everything",
        "record/joining.py",
        'filter(pk__in=contacts).order_by("pk")',
        'filter(pk__in=contacts).order_by("-pk")',
    ),
    Fault(
        "the older word about a contact stays",
        "record/joining.py",
        "(at, str(value)) > (known",
        "(at, str(value)) < (known",
    ),
    Fault(
        "one message of two people stays two people's",
        "record/messages.py",
        "if merge.strangers():",
        "if not merge:",
    ),
    Fault(
        "the first edit is read",
        "record/changes.py",
        "latest = max(edits",
        "latest = min(edits",
    ),
    Fault(
        "a customer edits what we wrote",
        "record/changes.py",
        "[change for change in changes if change.direction == row.direction]",
        "changes",
    ),
    Fault(
        "an edit that came first is never shown",
        "record/links.py",
        "touched |= show(pointed)",
        "touched |= set()",
    ),
    Fault(
        "a history is news",
        "record/conversations.py",
        ".exclude(source=MessageSource.HISTORY)",
        "",
    ),
    Fault(
        "an echo writes over what we sent",
        "record/merge.py",
        "ours = row.source == MessageSource.SEND",
        "ours = False",
    ),
    Fault(
        "the last word that comes about a number stays",
        "record/numbers.py",
        "(at, repr(value)) > known",
        "(at, repr(value)) != known",
    ),
    Fault(
        "what came at once is late",
        "announce/due.py",
        "message.received_at - at > late_after",
        "message.received_at - at < late_after",
    ),
    Fault(
        "a repeated call tells its family again",
        "announce/facts.py",
        "    if not is_repeat:",
        "    if True:",
    ),
]
