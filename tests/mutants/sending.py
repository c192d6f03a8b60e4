"""Faults in what is sent: claimed, tried, settled, and found out about."""

from .fault import Fault

SENDING = [
    Fault(
        "a file is uploaded again though it has its link",
        "send/files.py",
        "    if not row.public_url:\n",
        "    if row.pk:\n",
    ),
    Fault(
        "who lost the claim while uploading sends all the same",
        "send/files.py",
        "        if not _still_ours(message):\n            return None\n",
        "        _still_ours(message)\n",
    ),
    Fault(
        "a copy that nobody needs stays in the storage",
        "send/files.py",
        "    if used != name:\n",
        "    if not used:\n",
    ),
    Fault(
        "an upload without an answer leaves the end of its message unknown",
        "send/outcomes.py",
        "    return _again(outcome.title, attempts, holds_number=False)\n",
        "    return outcome\n",
    ),
    Fault(
        "a shorter wait takes the place of a longer one",
        "send/settle.py",
        'number.exclude(send_after__gt=rest["send_after"]).update(**rest)',
        "number.update(**rest)",
    ),
    Fault(
        "two that carry may both send a message",
        "send/carry.py",
        "mine = free.filter(pk=message.pk, attempts=message.attempts)",
        "mine = rows.filter(pk=message.pk)",
        "postgresql",
    ),
    Fault(
        "whoever pauses after a claim takes another's message",
        "send/carry.py",
        "    return message\n\n\ndef _resting",
        "    return rows.filter(sending_in=conversation).first()\n\n\ndef _resting",
    ),
    Fault(
        "what a stopped process was sending is sent again",
        "send/carry.py",
        "outcome = Outcome(str(MessageStatus.UNKNOWN), title=words)",
        "outcome = Outcome(str(MessageStatus.QUEUED), title=words)",
    ),
    Fault(
        "an end that was written down is given up all the same",
        "send/settle.py",
        "rows = rows.filter(sending_in__isnull=False, attempts=message.attempts)",
        "pass",
    ),
    Fault(
        "the window is not looked at before a message leaves",
        "send/carry.py",
        "if needs_window and is_refused and not message.conversation.window_open:",
        "if False:",
    ),
    Fault(
        "after an error of the server's it is sent again",
        "send/outcomes.py",
        "if isinstance(error, NotSent):",
        "if isinstance(error, NotSent) or error.status == 500:",
    ),
    Fault(
        "no connection is a failure",
        "send/outcomes.py",
        "return _again(error.message, attempts, holds_number=True)",
        "return Outcome(str(MessageStatus.FAILED), **said)",
    ),
    Fault(
        "no answer is a failure",
        "send/outcomes.py",
        "    return Outcome(str(MessageStatus.UNKNOWN), **said)",
        "    return Outcome(str(MessageStatus.FAILED), **said)",
    ),
    Fault(
        "too many requests hold nobody else",
        "send/outcomes.py",
        "holds = error.code != PAIR_RATE",
        "holds = False",
    ),
    Fault(
        "the answer takes back what the platform told before it",
        "send/settle.py",
        "status = Case(When(status__in=OWN_STATES, then=Value(outcome.status)), default=F(",
        "status = Value(outcome.status) or (F(",
    ),
    Fault(
        "a message stays on its way after its end",
        "send/settle.py",
        '        "sending_in": None,\n',
        "",
    ),
    Fault(
        "an echo that came before the answer stays a second row",
        "send/settle.py",
        "record.named(message.account, message.pk, outcome.external_id)",
        "pass",
    ),
    Fault(
        "anybody's callback data names a row",
        "models/callback_data.py",
        "return int(pk) if known else None",
        "return int(pk)",
    ),
    Fault(
        "of several that fit one is taken",
        "record/sent.py",
        "if len(fits) == 1 and claims.count(next(iter(fits))) == 1:",
        "if len(fits) == 1:",
    ),
    Fault(
        "a tick of what is on its way is taken for another's",
        "record/sent.py",
        "left = [one for one in candidates if not any(one.resembles(row) for row in others)]",
        "left = list(candidates)",
    ),
]
