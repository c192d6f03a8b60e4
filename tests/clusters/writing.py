"""How each kind is written to and read, by what its own clients offer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import psycopg
from redis import Redis

from tests.runner.brokers import Broker

from . import Server


def sql(server: Server, statement: str) -> list[str]:
    """Run a statement, committed at once; all values that it gives, in a row."""
    if server.name == "mariadb":
        command = ["mariadb", "-h127.0.0.1", f"-P{server.port}", "-uchakra", "-pchakra", "-BN"]
        done = subprocess.run([*command, "-e", statement], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()
    with psycopg.connect(f"{server.url}/postgres", autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return [str(value) for row in cursor for value in row] if cursor.description else []


def write_row(server: Server) -> None:
    """A table with a row."""
    if server.name == "mariadb":
        sql(server, "CREATE DATABASE kept")
        sql(server, "CREATE TABLE kept.kept SELECT 'kept' AS word")
    else:
        sql(server, "CREATE TABLE kept AS SELECT 'kept' AS word")


def read_row(server: Server) -> list[str]:
    return sql(server, f"SELECT word FROM {'kept.' * (server.name == 'mariadb')}kept")  # noqa: S608


def write_key(server: Server) -> None:
    with Redis.from_url(server.url) as client:
        client.set("kept", "kept")


def read_key(server: Server) -> list[str]:
    with Redis.from_url(server.url, decode_responses=True) as client:
        return [str(client.get("kept"))]


def write_message(server: Server) -> None:
    """A persistent message in a durable queue; until the broker says that it has it."""
    broker = Broker("rabbitmq", server.url, "kept")
    broker.declare()
    with broker.channel() as channel:
        message = channel.prepare_message(
            "kept", content_encoding="utf-8", properties={"delivery_mode": 2}
        )
        channel.basic_publish_confirm(message, "kept", "kept")


def read_message(server: Server) -> list[str]:
    return [str(message.body) for message in Broker("rabbitmq", server.url, "kept").taken()]


def write(server: Server) -> None:
    """Something that it has to keep from here on."""
    {"redis": write_key, "rabbitmq": write_message}.get(server.name, write_row)(server)


def read(server: Server) -> list[str]:
    """What it has of it."""
    ways: dict[str, Callable[[Any], list[str]]] = {"redis": read_key, "rabbitmq": read_message}
    return ways.get(server.name, read_row)(server)
