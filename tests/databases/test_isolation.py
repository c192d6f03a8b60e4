"""What :mod:`tests.paths` proves holds for processes with another isolation than Django's too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.paths import test_deadlocks, test_meeting, test_workers
from tests.paths.processes import Child

from .others import ISOLATIONS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

Scenario = Callable[[Path], None]


def meeting(scenario: Callable[[test_meeting.Two], None]) -> Scenario:
    """One with two processes that take what belongs together at the same moment."""

    def meet(folder: Path) -> None:
        log = folder / "heard"
        with Child(log) as one, Child(log) as other:
            scenario(test_meeting.Two(log, one, other))

    return meet


#: The first of each database is what ``make test`` has time for.
SCENARIOS: dict[str, Scenario] = {
    "opposite order": test_deadlocks.test_workers_with_the_same_facts_in_opposite_order,
    "formats": meeting(test_meeting.test_one_message_in_both_formats_is_one_row_and_told_once),
    "conversation": meeting(test_meeting.test_one_contact_is_one_conversation),
    "names": meeting(test_meeting.test_a_person_met_by_two_names_is_one_contact),
    "killed": test_workers.test_a_killed_worker_loses_nothing,
    "order": test_workers.test_four_workers_keep_the_order_of_200_conversations,
}


@pytest.mark.parametrize(
    ("level", "scenario"),
    [
        pytest.param(
            level,
            scenario,
            marks=[pytest.mark.databases(database)]
            + [pytest.mark.thorough] * (name != "opposite order" or level != levels[0]),
            id=f"{database}, {level}, {name}",
        )
        for database, levels in ISOLATIONS.items()
        for level in levels
        for name, scenario in SCENARIOS.items()
    ],
)
def test_paths(
    level: str, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the isolation of the workers, each fact is one row, and told once, in order."""
    monkeypatch.setenv("TEST_ISOLATION", level)
    scenario(tmp_path)
