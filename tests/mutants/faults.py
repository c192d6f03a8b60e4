"""The faults. Each promises something wrong in words, and says which line makes it so."""

from .fault import Fault
from .files import FILES
from .incoming import SIGNATURE, VIEW
from .sending import SENDING
from .shapes import SHAPES
from .showing import SHOWING
from .spooling import SPOOL

#: Where the tests of a part are, the quickest first; what is not there is passed over. Without
#: the one of any order, since what it tries is left to chance.
TESTS = {
    "signature": ["tests/test_signature.py"],
    "view": ["tests/test_views.py", "tests/views", "tests/test_receive.py", "tests/receive"],
    "spool": [
        "tests/spool/test_away.py",
        "tests/spool/test_intake.py",
        "tests/spool/test_hostile.py",
        "tests/spool/test_disk.py",
        "tests/spool/test_stopped.py",
        "tests/spool/test_outage.py",
    ],
    "record": [
        "tests/test_record.py",
        "tests/record/test_merge.py",
        "tests/record/test_links.py",
        "tests/record/test_poison.py",
    ],
    "shapes": [
        "tests/record/test_people.py",
        "tests/record/test_changes.py",
        "tests/record/test_sources.py",
        "tests/test_announce.py",
        "tests/table/test_table.py",
    ],
    "process": [
        "tests/test_process.py",
        "tests/process",
        "tests/record/test_poison.py",
        "tests/paths/test_leases.py",
    ],
    "announce": [
        "tests/test_announce.py",
        "tests/announce",
        "tests/test_signals.py",
        "tests/paths/test_receivers.py",
        "tests/paths/test_leases.py",
        "tests/paths/test_meeting.py",
        "tests/paths/test_takeover.py",
    ],
    "sending": [
        "tests/send/test_files.py",
        "tests/send/test_send.py",
        "tests/send/test_meeting.py",
        "tests/send/test_carry.py",
        "tests/send/test_resolution.py",
        "tests/send/test_stopped.py",
    ],
    "files": [
        "tests/download/test_download.py",
        "tests/download/test_meeting.py",
        "tests/admin/test_media.py",
        "tests/record/test_media.py",
        "tests/download/test_stopped.py",
    ],
    "showing": [
        "tests/admin/test_accounts.py",
        "tests/admin/test_history.py",
        "tests/admin/test_permissions.py",
    ],
}
#: Written for faults that no other test found.
LAST = "tests/test_faults.py"

RECORD = [
    Fault(
        "of two copies in one batch the poorer stays",
        "record/copies.py",
        "best = max(events, key=",
        "best = min(events, key=",
    ),
    Fault(
        "a later copy moves the time of a message",
        "record/merge.py",
        "    row.occurred_at = min(times, default=None)",
        "    row.occurred_at = max(times, default=None)",
    ),
    Fault(
        "a clock that runs ahead sorts below all that follow",
        "record/copies.py",
        "AHEAD = timedelta(minutes=5)",
        "AHEAD = timedelta(days=5)",
    ),
    Fault(
        "the word that comes last stays on the message",
        "record/fates.py",
        "if rank > current or (rank == current and row.status > message.status):",
        "if rank:",
    ),
    Fault(
        "the latest time of a word stays",
        "record/fates.py",
        "is None or at < known):",
        "is None or at > known):",
    ),
    Fault(
        "a payment's word moves the message",
        "record/fates.py",
        "if row.type != StatusType.MESSAGE or not rank:",
        "if not rank:",
    ),
    Fault(
        "one account's status changes another's message",
        "record/statuses.py",
        "Message.objects.select_for_update().filter(wanted, account=account)",
        "Message.objects.select_for_update().filter(wanted)",
    ),
    Fault(
        "of two names in one batch the last stays",
        "record/words.py",
        "known[column] = max(known.get(column, word), word, key=_rank)",
        "known[column] = word",
    ),
    Fault(
        "a conversation shows its first message",
        "record/conversations.py",
        'latest = bubbles.order_by("-sort_at", "-pk")',
        'latest = bubbles.order_by("sort_at", "pk")',
    ),
    Fault(
        "a reply that came before the quoted message stays alone",
        "record/links.py",
        'setattr(row, f"{pointer}_id", known[getattr(row, by_id)])',
        "pass",
    ),
]

PROCESS = [
    Fault(
        "attempts are not counted",
        "models/calls.py",
        '"attempts": models.F("attempts") + 1,',
        '"attempts": models.F("attempts"),',
    ),
    Fault(
        "a call is taken before its time",
        "models/calls.py",
        "return self.filter(state=state, next_attempt_at__lte=DatabaseNow()).order_by(",
        "return self.filter(state=state).order_by(",
    ),
    Fault(
        "expired calls are taken together",
        "process/__init__.py",
        "due(CallState.PROCESSING)[:1])",
        "due(CallState.PROCESSING)[:100])",
    ),
    Fault(
        "a call that stops its worker is tried for ever",
        "process/batch.py",
        "[call for call in self.calls if call.attempts > limit]",
        "[call for call in self.calls if call.attempts < 0]",
    ),
    Fault(
        "the delay does not grow",
        "process/batch.py",
        "seconds = min(FIRST_DELAY * 2 ** (call.attempts - 1), settings.max_delay_seconds)",
        "seconds = FIRST_DELAY",
    ),
    Fault(
        "what can't be recorded counts as processed",
        "process/batch.py",
        "self._record_halves(half, worse)",
        "pass",
    ),
    Fault(
        "a call repeats itself",
        "process/batch.py",
        'pk__lt=OuterRef("pk")',
        'pk__lte=OuterRef("pk")',
    ),
    Fault(
        "replay takes in refused calls",
        "process/__init__.py",
        "exclude(state__in=[CallState.REFUSED, CallState.PROCESSING])",
        "exclude(state__in=[CallState.PROCESSING])",
    ),
]

ANNOUNCE = [
    Fault(
        "when one receiver hears again, all do",
        "signals.py",
        "if only is not None and name not in only:",
        "if only is not None and not only:",
    ),
    Fault(
        "messages and their statuses are told in no order",
        "announce/due.py",
        "items.sort(key=lambda item: item.order)",
        "items.reverse()",
    ),
    Fault(
        "a receiver that raised does not hear again",
        "announce/conversations.py",
        "done.failed.append(Failed(signal.name, receiver, error, item.subject))",
        "pass",
    ),
    Fault(
        "a receiver that raised for the last time still waits",
        "announce/failures.py",
        "if failure.attempts >= conf.current().receiver_max_attempts:",
        "if failure.attempts < 0:",
    ),
    Fault(
        "a retry that ends its worker is tried for ever",
        "announce/failures.py",
        "if failure.attempts > conf.current().receiver_max_attempts:",
        "if failure.attempts < 0:",
    ),
    Fault(
        "two receivers that raise are one failure",
        "announce/failures.py",
        'named = f"{self.signal}|{self.receiver}|',
        'named = f"{self.signal}|',
    ),
    Fault(
        "a lease that ran out is taken over by nobody",
        "announce/sweep.py",
        'free(f"{path}__") | abandoned(f"{path}__"),',
        'free(f"{path}__"),',
    ),
    Fault(
        "a lease that still runs is taken over",
        "models/conversations.py",
        'return Q(**{f"{prefix}announcing_until__lt": DatabaseNow()})',
        'return Q(**{f"{prefix}announcing_until__isnull": False})',
    ),
    Fault(
        "a recorder takes over what may have ended a process",
        "models/conversations.py",
        'return Q(**{f"{prefix}announcing_until__isnull": True})',
        'return ~Q(**{f"{prefix}announcing_until__gt": DatabaseNow()})',
    ),
    Fault(
        "a receiver that ends its process is told again and again",
        "announce/takeover.py",
        "        if mark.key in known:\n            _leave(mark)\n        elif not",
        "        if not",
    ),
    Fault(
        "who has no more time makes others careless",
        "announce/takeover.py",
        "held.renew(by, seconds=0)",
        'held.update(announcing_by="", announcing_until=None)',
    ),
    Fault(
        "who lost a conversation tells on",
        "announce/failures.py",
        "        if not hold():\n            return False\n",
        "        hold()\n",
    ),
    Fault(
        "what was recorded while others announced is left lying",
        "announce/conversations.py",
        'held.filter(version=F("announcing_version"))',
        "held",
    ),
]

FAULTS = {
    "signature": SIGNATURE,
    "view": VIEW,
    "record": RECORD,
    "shapes": SHAPES,
    "process": PROCESS,
    "announce": ANNOUNCE,
    "sending": SENDING,
    "files": FILES,
    "spool": SPOOL,
    "showing": SHOWING,
}
