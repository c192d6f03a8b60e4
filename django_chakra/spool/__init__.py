"""Where a call waits on disk while the database is away: one file per call, in ``SPOOL_DIR``.

A file is there whole or not at all, under a name that sorts by arrival. Any number of processes, on
any number of machines that see the folder, take files in: a file is claimed by renaming it, stored
under its uid, so that twice is once, and removed after the commit. What can't be read back, or is
not taken by the database, is set aside under another name, and never deleted.

Whoever can write into the folder can bring in calls: it is as private as the database.
"""

from .files import NotSpooled, location, write
from .intake import take_in
from .standing import Standing, standing

__all__ = ["NotSpooled", "Standing", "location", "standing", "take_in", "write"]
