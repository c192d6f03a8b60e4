"""A database that refuses one text: a real error in the midst of a batch."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

TEXT = "poison"

CREATE = {
    "sqlite": [
        "CREATE TRIGGER poison BEFORE INSERT ON django_chakra_message WHEN NEW.text = 'poison' "
        "BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'poisoned'; END $$",
        "CREATE TRIGGER poison BEFORE INSERT ON django_chakra_message FOR EACH ROW "
        "WHEN (NEW.text = 'poison') EXECUTE FUNCTION poison()",
    ],
    "mysql": [
        "CREATE TRIGGER poison BEFORE INSERT ON django_chakra_message FOR EACH ROW "
        "IF NEW.text = 'poison' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poisoned'; END IF"
    ],
}

DROP = {
    "sqlite": ["DROP TRIGGER poison"],
    "postgresql": ["DROP TRIGGER poison ON django_chakra_message", "DROP FUNCTION poison"],
    "mysql": ["DROP TRIGGER poison"],
}


@contextmanager
def refused() -> Iterator[None]:
    """As long as this lasts, no message with that text can be inserted."""
    execute(CREATE)
    try:
        yield
    finally:
        execute(DROP)


def execute(statements: dict[str, list[str]]) -> None:
    """Those of this database."""
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
