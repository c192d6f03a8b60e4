"""Columns and SQL functions that must mean the same on every database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import cached_property

if TYPE_CHECKING:
    # Only the stubs know these classes as generic.
    CharField = models.CharField[Any, Any]
    ForeignKey = models.ForeignKey[Any, Any]
else:
    CharField = models.CharField
    ForeignKey = models.ForeignKey


class IdField(CharField):
    """A platform's id: compared byte for byte on every database.

    MySQL and MariaDB compare text without regard to case and trailing blanks; two wamids that
    differ in case would be one there.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """Django's own plus a binary collation where text is compared loosely."""
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "mysql":
            mariadb: bool = connection.mysql_is_mariadb  # type: ignore[attr-defined]  # its wrapper
            parameters["collation"] = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return parameters


class FirstCallField(ForeignKey):
    """The call that first brought a row. An upsert reports it back.

    After an upsert the instance names the call that the *row* names, so the caller sees which rows
    were there before, without another query.
    """

    @cached_property
    def db_returning(self) -> bool:
        """Ask for this column in ``INSERT … RETURNING``, as for a generated key."""
        return True


class DatabaseNow(models.Func):
    """The database's clock in UTC, so that the clocks of several hosts need not agree."""

    template = "STATEMENT_TIMESTAMP()"
    output_field = models.DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """SQLite has no time type: the text that Django writes, exact to the millisecond."""
        template = "(STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW') || '000')"
        return self.as_sql(compiler, connection, template=template)

    def as_mysql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """CURRENT_TIMESTAMP would be in the session's time zone, which Django does not set."""
        return self.as_sql(compiler, connection, template="UTC_TIMESTAMP(6)")
