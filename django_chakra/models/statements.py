"""SQL that the ORM compiles but can't send the way we need it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections, models, router
from django.db.models.sql import UpdateQuery


def update_sql(rows: models.QuerySet[Any], **values: Any) -> tuple[str, tuple[Any, ...]]:
    """The statement that ``rows.update(**values)`` would send."""
    query: Any = rows.query.chain(UpdateQuery)
    query.add_update_values(values)
    sql, params = query.get_compiler(rows.db).as_sql()
    return sql, tuple(params)


def exist(*rows: models.QuerySet[Any]) -> list[bool]:
    """Whether there is any row of each of these: one statement for tables of one database."""
    parts = [one.order_by().values("pk").query.get_compiler(rows[0].db).as_sql() for one in rows]
    asked = ", ".join(f"CASE WHEN EXISTS ({sql}) THEN 1 ELSE 0 END" for sql, _ in parts)
    with connections[rows[0].db].cursor() as cursor:
        cursor.execute(f"SELECT {asked}", [value for _, params in parts for value in params])
        return [bool(found) for found in cursor.fetchone()]


def upsert(
    rows: Sequence[models.Model], *, by: Sequence[str], update: Sequence[str] = ("account",)
) -> None:
    """Insert these rows; where one with the same ``by`` columns is there, update it instead.

    The default update is a no-op that locks the row and makes it report itself. Never
    ``ignore_conflicts``: MySQL and MariaDB would then silently cut values.
    """
    manager = type(rows[0])._default_manager
    # MySQL and MariaDB take any unique key that is met, and refuse to be told which.
    named = connections[router.db_for_write(type(rows[0]))].vendor != "mysql"
    manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=list(by) if named else None,
        update_fields=list(update),
    )


def update_together(updates: list[tuple[models.QuerySet[Any], dict[str, Any]]]) -> int:
    """Carry out several updates of different tables; return the rows that the last one changed.

    One round trip on PostgreSQL (all but the last as common table expressions), one statement each
    elsewhere, in order, in the transaction that the caller opened if it needs one.
    """
    using = updates[-1][0].db
    if connections[using].vendor != "postgresql" or len(updates) == 1:
        return [rows.update(**values) for rows, values in updates][-1]
    parts = [update_sql(rows, **values) for rows, values in updates]
    ahead = ", ".join(f"part_{n} AS ({sql} RETURNING 1)" for n, (sql, _) in enumerate(parts[:-1]))
    # Asked for, else they run last, and lock their rows in another order than all others do.
    first = " AND ".join(f"(SELECT COUNT(*) FROM part_{n}) >= 0" for n in range(len(parts) - 1))  # noqa: S608  no text from outside
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"WITH {ahead} {parts[-1][0]} AND {first}",
            [parameter for _, params in parts for parameter in params],
        )
        return int(cursor.rowcount)
