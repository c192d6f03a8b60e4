"""What is said of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Verdict:
    """Counts by their names; those in ``faults`` have to be 0."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)

    def fault(self, name: str, cases: Iterable[str]) -> None:
        """Cases of something that must not be."""
        self.faults.setdefault(name, []).extend(sorted(cases))

    @property
    def is_good(self) -> bool:
        """Whether nothing of it happened."""
        return not any(self.faults.values())
