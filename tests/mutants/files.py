"""Faults in how files come in: claimed, fetched, checked, kept and handed out."""

from .fault import Fault

FILES = [
    Fault(
        "a file of other bytes is kept",
        "download/ways.py",
        "    if not words and media.sha256:\n",
        "    if words and media.sha256:\n",
    ),
    Fault(
        "an empty file is kept",
        "download/ways.py",
        "    if found.size == 0:\n",
        "    if found.size < 0:\n",
    ),
    Fault(
        "what one way has written stays before what the next one writes",
        "download/ways.py",
        "        to.seek(0)\n        to.truncate()\n",
        "",
    ),
    Fault(
        "two may claim a file",
        "download/claims.py",
        "waiting(rows.filter(pk=pk, attempts=media.attempts))",
        "rows.filter(pk=pk)",
    ),
    Fault(
        "a late failure undoes what is kept",
        "download/claims.py",
        "        pk=media.pk, state=MediaState.WAITING, media_id=media.media_id, url=media.url\n",
        "        pk=media.pk, media_id=media.media_id, url=media.url\n",
    ),
    Fault(
        "a failure is saved though somebody else is at the file",
        "download/claims.py",
        ".filter(attempts=media.attempts, next_attempt_at=media.next_attempt_at)",
        "",
    ),
    Fault(
        "the file of another id is kept",
        "download/claims.py",
        "state=MediaState.WAITING, media_id=media.media_id, url=media.url",
        "state=MediaState.WAITING",
    ),
    Fault(
        "what nobody wants any more stays in the storage",
        "download/attempt.py",
        "        media.file.storage.delete(stored)\n",
        "        pass\n",
    ),
    Fault(
        "a stopped process leaves a file that no row names",
        "download/attempt.py",
        "    if not claims.plan(media, name):\n        return\n",
        '    media.file.name = ""\n',
    ),
    Fault(
        "a refused token costs an attempt of each file",
        "download/claims.py",
        "    if not outcome.counts:\n",
        "    if not outcome.state:\n",
    ),
    Fault(
        "a file that another row has is deleted",
        "models/media.py",
        "    if not MediaFile.objects.using(using).filter(file=name).exists():\n",
        "    if name:\n",
    ),
    Fault(
        "a retried call makes messages without their files",
        "record/messages.py",
        "        fresh += again\n",
        "",
    ),
    Fault(
        "what is kept is downloaded again for another name of it",
        "record/media.py",
        "        return bool(row.sha256 == said.sha256)\n",
        "        return False\n",
    ),
    Fault(
        "a page that calls itself a picture is shown",
        "download/types.py",
        "    if word not in INLINE or not found:\n",
        '    if word not in INLINE:\n        return ""\n    if not found:\n        return word\n',
    ),
    Fault(
        "who may not view files gets them",
        "admin/media.py",
        "        if not self.has_view_permission(request):\n            raise PermissionDenied\n"
        "        media = self.get_object(request, str(pk))\n"
        "        if media is None or not self.has_view_permission(request, media):\n",
        "        media = self.get_object(request, str(pk))\n        if media is None:\n",
    ),
    Fault(
        "a file stays open after its response",
        "admin/serving.py",
        "    if not found.streaming:\n        content.close()\n",
        "",
    ),
]
