"""Faults of the spool: of writing a call down, and of taking it in."""

from .fault import Fault

SPOOL = [
    Fault(
        "what was not written to its end is called finished",
        "spool/files.py",
        "os.rename(path, folder / entry._replace(state=WAITING).name)",
        "pass",
    ),
    Fault(
        "a file is readable for everybody",
        "spool/files.py",
        "NO_LINKS | BYTES, 0o600)",
        "NO_LINKS | BYTES, 0o644)",
    ),
    Fault(
        "a file is finished before its bytes are there",
        "spool/files.py",
        "path = folder / entry.name\n    try:\n        descriptor = os.open(path, os.O_WRONLY",
        "path = folder / entry._replace(state=WAITING).name\n"
        "    try:\n        descriptor = os.open(path, os.O_WRONLY",
    ),
    Fault(
        "what could not be finished is left behind",
        "spool/files.py",
        "with suppress(OSError):\n            os.unlink(path)\n        raise",
        "raise",
    ),
    Fault(
        "links are followed",
        "spool/files.py",
        'NO_LINKS = getattr(os, "O_NOFOLLOW", 0)',
        "NO_LINKS = 0",
    ),
    Fault(
        "what was set aside is written over",
        "spool/files.py",
        "-{secrets.token_hex(4)}",
        "-0",
    ),
    Fault(
        "a claim is never taken over",
        "spool/files.py",
        "if _age(folder, entry) > conf.current().claim_seconds:",
        "if False:",
    ),
    Fault(
        "a claim is taken over at once",
        "spool/files.py",
        "if _age(folder, entry) > conf.current().claim_seconds:",
        "if True:",
    ),
    Fault(
        "a half-written file is taken in",
        "spool/files.py",
        "os.unlink(folder / entry.name)\n\n\ndef _age",
        "yield _renamed(folder, entry, entry._replace(state=WAITING))\n\n\ndef _age",
    ),
    Fault(
        "a refused file is tried without a pause",
        "spool/files.py",
        "if entry.attempts == 0 or _age(folder, entry) > _delay(entry.attempts):",
        "if True:",
    ),
    Fault(
        "the limits are not kept",
        "spool/files.py",
        "settings, entries = conf.current(), listed(folder)",
        "settings, entries = conf.current(), []",
    ),
    Fault(
        "the bytes of a file are not compared",
        "spool/content.py",
        'if (line.get("length"), line.get("sha256")) != (len(body), digest):',
        'if line.get("length") != len(body):',
    ),
    Fault(
        "the account of a file may be anything",
        "spool/content.py",
        'if not conf.ALIAS.match(line["account"]) or',
        "if",
    ),
    Fault(
        "what was taken in is due after what came later",
        "spool/content.py",
        "next_attempt_at=due,",
        "next_attempt_at=DatabaseNow(),",
    ),
    Fault(
        "a file changes the row that has its uid",
        "spool/intake.py",
        'upsert([call], by=["uid"], update=["uid"])',
        'upsert([call], by=["uid"])',
    ),
    Fault(
        "the file goes before the commit",
        "spool/intake.py",
        "    if connections[_using()].in_atomic_block:\n        return 0\n",
        "",
    ),
    Fault(
        "that the database is away counts against the file",
        "spool/intake.py",
        "if isinstance(error, InterfaceError | OperationalError) and not _answers():",
        "if False:",
    ),
    Fault(
        "an empty folder is looked at without end",
        "spool/intake.py",
        "    if not waiting:\n        _be_quiet(folder, QUIET_SECONDS)\n",
        "",
    ),
    Fault(
        "a file may be of another call than its name",
        "spool/intake.py",
        "if call.uid.hex != claim.entry.uid:",
        "if False:",
    ),
    Fault(
        "a row whose answer was lost is written twice",
        "receive.py",
        'upsert([call], by=["uid"], update=["uid"])',
        "call.uid = __import__('uuid').uuid4(); call.save(force_insert=True)",
        database="postgresql",
    ),
    Fault(
        "the connection of the host's transaction is closed",
        "receive.py",
        "        if connection.in_atomic_block:\n            raise  # its",
        "        if False:\n            raise  # its",
    ),
    Fault(
        "calls are processed before what waits in the folder",
        "process/__init__.py",
        "        if spool.take_in():\n            run()\n        run_one(pk)",
        "        run_one(pk)",
    ),
]
