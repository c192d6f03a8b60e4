"""The servers that there are, each as durable as hosts should run it."""

from __future__ import annotations

import signal
import subprocess

from .server import Server, free_port, program


def is_ready(port: int) -> bool:
    """Whether a PostgreSQL takes connections there, or what stands in front of one."""
    command = [program("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
    return subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0


class PostgreSQL(Server):
    """``chakra`` is its superuser; databases are the caller's to make."""

    name = "postgresql"
    user = "postgres"
    programs = ("postgres", "initdb", "pg_isready")
    at_once = signal.SIGQUIT  # as pg_ctl does for "immediate": no checkpoint, no good-bye
    in_order = signal.SIGINT  # without waiting for clients to leave

    @property
    def url(self) -> str:
        return f"postgresql://chakra:chakra@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        # Only what it does to its files later has to be durable.
        options = ["--no-sync", "--auth=trust", "--username=chakra", "--encoding=UTF8"]
        self.run(program("initdb"), *options, "--locale=C.UTF-8", f"--pgdata={self.folder}/data")

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "shared_buffers": "32MB",
            # After a kill it syncs what it finds before it recovers: at once, not file by file.
            "recovery_init_sync_method": "syncfs",
        }
        given = [f"--{name}={value}" for name, value in settings.items()]
        return [program("postgres"), "-D", f"{self.folder}/data", *given]

    def answers(self) -> bool:
        return is_ready(self.port)


class PgBouncer(Server):
    """In front of the PostgreSQL of the same block: a server's connection per transaction."""

    name = "pgbouncer"
    user = "postgres"
    programs = ("pgbouncer", "pg_isready")
    needs = ("postgresql",)
    in_order = signal.SIGINT  # what SIGTERM means differs between its versions

    @property
    def url(self) -> str:
        return f"postgresql://chakra:chakra@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        users, ini = self.folder / "users", self.folder / "ini"
        users.write_text('"chakra" ""\n')
        ini.write_text(f"""\
[databases]
* = host=127.0.0.1 port={self.others["postgresql"].port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir = {self.folder}
auth_type = trust
auth_file = {users}
admin_users = chakra
pool_mode = transaction
""")

    def command(self) -> list[str]:
        return [program("pgbouncer"), f"{self.folder}/ini"]

    def answers(self) -> bool:
        return is_ready(self.port)


class MariaDB(Server):
    """``chakra`` may do all; databases are the caller's to make."""

    name = "mariadb"
    user = "mysql"
    programs = ("mariadbd", "mariadb-install-db")

    @property
    def url(self) -> str:
        return f"mariadb://chakra:chakra@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        install = [program("mariadb-install-db"), "--no-defaults", f"--datadir={self.folder}/data"]
        self.run(*install, "--auth-root-authentication-method=normal", "--skip-test-db")
        (self.folder / "init.sql").write_text(
            "CREATE USER IF NOT EXISTS 'chakra'@'%' IDENTIFIED BY 'chakra';\n"
            "GRANT ALL ON *.* TO 'chakra'@'%' WITH GRANT OPTION;\n"
        )

    def command(self) -> list[str]:
        settings = {
            "datadir": self.folder / "data",
            "tmpdir": self.folder,
            "socket": self.folder / "socket",
            "pid-file": self.folder / "pid",
            "init-file": self.folder / "init.sql",
            "bind-address": "127.0.0.1",
            "port": self.port,
            "skip-name-resolve": 1,
            "innodb-flush-log-at-trx-commit": 1,
            "innodb-buffer-pool-size": "32M",
            "character-set-server": "utf8mb4",
            "collation-server": "utf8mb4_general_ci",  # Debian's
        }
        given = [f"--{name}={value}" for name, value in settings.items()]
        return [program("mariadbd"), "--no-defaults", *given]

    def answers(self) -> bool:
        # It speaks first: length and number of the packet, then the protocol, or 255 for an error.
        return self.hears(b"", 5)[4:] == b"\x0a"


class Redis(Server):
    """Every write is on disk before it is answered."""

    name = "redis"
    user = "redis"
    programs = ("redis-server",)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        (self.folder / "redis.conf").write_text(f"""\
bind 127.0.0.1
port {self.port}
dir {self.folder}
appendonly yes
appendfsync always
save ""
""")

    def command(self) -> list[str]:
        return [program("redis-server"), f"{self.folder}/redis.conf"]

    def answers(self) -> bool:
        return self.hears(b"PING\r\n", 5) == b"+PONG"


class RabbitMQ(Server):
    """With a vhost ``chakra``, a user and password ``chakra``, and a name server of its own."""

    name = "rabbitmq"
    user = "rabbitmq"
    programs = ("rabbitmq-server", "epmd")

    @property
    def url(self) -> str:
        return f"amqp://chakra:chakra@127.0.0.1:{self.port}/chakra"

    def prepare(self) -> None:
        self._names, self._nodes = free_port(), free_port()
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(f"""\
listeners.tcp.local = 127.0.0.1:{self.port}
default_vhost = chakra
default_user = chakra
default_pass = chakra
""")

    def environment(self) -> dict[str, str]:
        mine = {
            "NODENAME": "chakra@localhost",
            "DIST_PORT": str(self._nodes),
            "MNESIA_BASE": f"{self.folder}/mnesia",
            "LOG_BASE": f"{self.folder}",
            "LOGS": "-",
            "CONFIG_FILE": f"{self.folder}/rabbitmq.conf",
            "ENABLED_PLUGINS_FILE": f"{self.folder}/plugins",
            # The machine's own are not to be read: these are not there.
            "CONF_ENV_FILE": f"{self.folder}/rabbitmq-env.conf",
            "ADVANCED_CONFIG_FILE": f"{self.folder}/advanced.config",
        }
        return {
            **super().environment(),
            **{f"RABBITMQ_{name}": value for name, value in mine.items()},
            # Else a shell stays between, which answers signals in its own way.
            "RUNNING_UNDER_SYSTEMD": "true",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._names),
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def command(self) -> list[str]:
        # Started by the server, its name server would leave the family; so it is here before.
        return ["/bin/sh", "-c", f"{program('epmd')} & exec {program('rabbitmq-server')}"]

    def answers(self) -> bool:
        return self.hears(b"AMQP\0\0\x09\x01", 1) == b"\x01"


KINDS: dict[str, type[Server]] = {
    kind.name: kind for kind in (PostgreSQL, PgBouncer, MariaDB, Redis, RabbitMQ)
}
