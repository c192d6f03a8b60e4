"""One run, kept on its row: who is at it, how far it is, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import router
from django.db.models import F, Q

from ..events import storable_text
from ..exceptions import BackfillRunning
from ..models import Backfill, BackfillState
from ..models.claims import worker_name
from ..models.contention import repeated, update
from ..models.fields import DatabaseNow
from .scope import BEFORE, Scope, since_of

#: One that is silent for so long was stopped. A page takes at most the client's 30 seconds and its
#: 4 tries, and then as long as receivers take.
CLAIM = timedelta(minutes=5)

#: Columns that count.
COUNTS = ("chats", "seen", "missed", "missed_statuses", "resolved")


@dataclass(slots=True)
class Run:
    """A claimed row; one of a dry run is never saved."""

    row: Backfill
    by: str
    dry: bool = False
    #: It was begun before, and goes on where it was.
    is_resumed: bool = False
    #: Entries that can't be read, by reason; of this process alone.
    unreadable: dict[str, int] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        """What is older is not asked for."""
        assert self.row.since is not None  # noqa: S101  set when it begins
        return self.row.since

    @property
    def cursor(self) -> dict[str, Any]:
        """Where it is."""
        return self.row.cursor if isinstance(self.row.cursor, dict) else {}

    def count(self, **more: int) -> None:
        """Count; :meth:`save` writes it down."""
        for name, number in more.items():
            setattr(self.row, name, getattr(self.row, name) + number)

    def refuse(self, reason: str) -> None:
        """Count an entry that can't be read."""
        self.unreadable[reason] = self.unreadable.get(reason, 0) + 1

    @property
    def problems(self) -> str:
        """What of the lists could not be used, in words."""
        found = sorted(self.unreadable.items(), key=lambda one: (-one[1], one[0]))
        return "; ".join(f"{count} × {reason}" for reason, count in found)

    def save(self) -> None:
        """Write down cursor and counts, and hold on to the claim.

        Raises:
            BackfillRunning: it is another process's by now.
        """
        counts = {name: getattr(self.row, name) for name in COUNTS}
        self._update(cursor=self.row.cursor, claimed_until=DatabaseNow() + CLAIM, **counts)

    def now(self) -> datetime:
        """The database's time, as long as the claim is ours.

        Raises:
            BackfillRunning: it is another process's by now.
        """
        mine = Backfill.objects.filter(pk=self.row.pk, claimed_by=self.by)
        found = mine.annotate(at=DatabaseNow()).values_list("at", flat=True).first()
        if found is None:
            raise BackfillRunning("Another process goes on with this backfill")
        at: datetime = found
        return at

    def finish(self) -> None:
        """All was looked at."""
        self.row.state, self.row.error = BackfillState.DONE, self.problems
        self.row.cursor = {}
        counts = {name: getattr(self.row, name) for name in COUNTS}
        self._end(open_key=None, finished_at=DatabaseNow(), **counts)

    def stop(self, error: str) -> None:
        """It ends here, and may go on later; ``error`` says why, "" where somebody wished it."""
        self.row.state, self.row.error = BackfillState.STOPPED, storable_text(error)
        self._end()

    def _end(self, **more: Any) -> None:
        self._update(
            state=self.row.state,
            error=self.row.error,
            cursor=self.row.cursor,
            claimed_until=None,
            claimed_by="",
            **more,
        )

    def _update(self, **values: Any) -> None:
        if self.dry:
            return
        mine = Backfill.objects.filter(pk=self.row.pk, claimed_by=self.by)
        if not update(mine, **values):
            raise BackfillRunning("Another process goes on with this backfill")


def rehearse(scope: Scope, since: datetime | None) -> Run:
    """A run that writes nothing."""
    row = Backfill(account=scope.account, scope=scope.named, since=since or since_of(scope))
    return Run(row, "", dry=True)


def begin(scope: Scope, *, since: datetime | None, reason: str, anew: bool) -> Run:
    """Claim the run of this scope that is not done, or a new one.

    One that was stopped goes on where it was, unless it can't have seen all that is wanted:
    ``since`` is earlier than its own, or what is wanted was written after it began. Then it begins
    anew, since the earlier time.

    Raises:
        BackfillRunning: another process is at it.
    """
    wanted = since or since_of(scope)
    new = {"account": scope.account, "scope": scope.named, "since": wanted}
    row, is_new = repeated(
        lambda: Backfill.objects.get_or_create(open_key=scope.key, defaults=new),
        using=router.db_for_write(Backfill),
    )
    # Another process may have made it a moment ago, and not begun.
    is_resumed = row.taken_at is not None
    by = worker_name()
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=DatabaseNow())
    taken = update(
        Backfill.objects.filter(free, pk=row.pk, open_key=scope.key),
        claimed_by=by,
        claimed_until=DatabaseNow() + CLAIM,
        taken_at=DatabaseNow(),
        state=BackfillState.RUNNING,
        reason=storable_text(reason, 64),
        error="",
    )
    if not taken:
        raise BackfillRunning("Another process is asking the platform for the same")
    row.refresh_from_db()
    run = Run(row, by, is_resumed=is_resumed)
    if not is_new and (anew or not _covers(row, since, wanted)):
        _renew(run, wanted if since is not None else min(wanted, row.since or wanted))
    return run


def _covers(row: Backfill, since: datetime | None, wanted: datetime) -> bool:
    """Whether going on with it would look at all that is wanted."""
    if row.since is None or (since is not None and since < row.since):
        return False
    return wanted < row.started_at - (BEFORE if since is None else timedelta(0))


def _renew(run: Run, since: datetime) -> None:
    """Begin it once more from the start."""
    counts = dict.fromkeys(COUNTS, 0)
    mine = Backfill.objects.filter(pk=run.row.pk, claimed_by=run.by)
    update(mine, since=since, cursor={}, started_at=F("taken_at"), **counts)
    run.row.refresh_from_db()
    run.is_resumed = False
