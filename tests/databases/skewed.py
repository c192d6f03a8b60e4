"""Processes that believe another time than the machine's."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: The clock on the wall is another, what measures how long something takes goes on as it does.
#: (libfaketime 0.9.10 can't do that: Python's ``time.sleep`` fails under it.)
SOURCE = """
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = syscall(SYS_clock_gettime, clock, at);
    const char *skew = getenv("TEST_SKEW");
    if (!failed && clock == CLOCK_REALTIME && skew) at->tv_sec += atol(skew);
    return failed;
}
"""


@contextmanager
def skewed(folder: Path, by: int) -> Iterator[None]:
    """What is started in this block believes that it is so many seconds later."""
    library = folder / "skewed.so"
    if not library.exists():
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            pytest.skip("skewed clocks: no C compiler")
        command = [compiler, "-shared", "-fPIC", "-x", "c", "-o", str(library), "-"]
        subprocess.run(command, input=SOURCE, text=True, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(library))
        patch.setenv("TEST_SKEW", str(by))
        yield
