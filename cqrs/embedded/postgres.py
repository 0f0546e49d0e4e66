"""PostgreSQL from the binaries of a wheel: loopback only, forgetful, gone with its parent.

The wheel's own runner is never imported; FACTS.md, "Embedded PostgreSQL", says why.
"""

import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cqrs.embedded.binaries import PostgresError, Way, binary, way_to_run_in
from cqrs.embedded.child import stop
from cqrs.embedded.ports import free_port

SUPERUSER = "postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",  # nothing here outlives the run
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "jit": "off",
}


@dataclass
class Postgres:
    """A running server. Everything about it is synchronous, so that no event loop owns it."""

    folder: Path
    port: int
    password: str = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, folder: Path, settings: Mapping[str, str] | None = None) -> "Postgres":
        """Make a cluster in the (existing, ours alone) folder and start it on a free port."""
        way = way_to_run_in(folder)
        password = secrets.token_urlsafe(24)
        _initialise(way, folder, password)
        for _ in range(5):
            port = free_port()
            process = way.popen(_command(folder, port, settings or {}), folder / "log")
            if _accepts(process, port):
                return cls(folder, port, password, process)
        raise PostgresError(f"PostgreSQL did not start:\n{_last_lines(folder / 'log')}")

    @property
    def pid(self) -> int:
        return self.process.pid

    def dsn(self, database: str = "postgres", user: str | None = None, password: str = "") -> str:
        """The address of a database: for the superuser unless a user is named."""
        who = f"{user}:{password}" if user else f"{SUPERUSER}:{self.password}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, owner: str, password: str) -> str:
        """Create a role and a database that is its alone; answers the role's dsn."""
        self.execute(
            f"create role \"{owner}\" login password '{password}'",
            f'create database "{name}" owner "{owner}"',
            f'revoke connect on database "{name}" from public',
        )
        return self.dsn(name, owner, password)

    def execute(self, *statements: str) -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        done = subprocess.run(  # noqa: S603 - our own binary
            [binary("psql"), "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1"],
            input=";\n".join(statements) + ";\n",  # on stdin: passwords are no arguments
            env={"PGPASSWORD": self.password, **self._address()},
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise PostgresError(done.stderr.strip())

    def stop(self) -> None:
        """A fast shutdown; the folder is left for whoever owns it."""
        stop(self.process, signal.SIGINT)

    def _address(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": SUPERUSER,
            "PGDATABASE": "postgres",
        }


def _initialise(way: Way, folder: Path, password: str) -> None:
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if way.user:
        shutil.chown(secret, way.user)
    done = way.run(
        [
            binary("initdb"),
            f"--pgdata={folder / 'data'}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ]
    )
    secret.unlink()
    if done.returncode:
        raise PostgresError(f"initdb: {done.stderr.strip()}")


def _command(folder: Path, port: int, settings: Mapping[str, str]) -> list[str]:
    options = {**_SETTINGS, **settings, "port": str(port)}
    spelt = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return [binary("postgres"), "-D", str(folder / "data"), *spelt]


def _accepts(process: subprocess.Popen[bytes], port: int, patience: float = 20.0) -> bool:
    """Wait until the server answers; False if it ended instead."""
    until = time.monotonic() + patience
    asking = [binary("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
    while time.monotonic() < until and process.poll() is None:
        if subprocess.run(asking, check=False).returncode == 0:  # noqa: S603 - our own binary
            return process.poll() is None
        time.sleep(0.01)
    stop(process, signal.SIGINT)
    return False


def _last_lines(log: Path, count: int = 10) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
