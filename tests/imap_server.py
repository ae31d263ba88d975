"""A real IMAP server on 127.0.0.1 for tests: dovecot, without privileges, in a folder of its own."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from conftest import require

LOGIN, PASSWORD = "cz@example.org", 'code "x\\y'
PATIENCE = 20

_CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
ssl = {ssl}
{certificate}
disable_plaintext_auth = {encrypted_only}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
auth_mechanisms = plain login
mail_location = maildir:{place}/mail:LAYOUT=fs:UTF-8
maildir_copy_with_hardlinks = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {place}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}/home
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox 已发送 {{
    auto = create
    special_use = \\Sent
  }}
  mailbox "Returned forms" {{
    auto = create
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""


class ImapServer(NamedTuple):
    """A server that runs: its ports (0 where there is no such), and where its messages lie."""

    port: int
    tls_port: int
    place: Path

    def put(self, data: bytes, folder: str = "INBOX") -> None:
        """A message arrives, as the server's own delivery does it: into ``new`` of the folder."""
        home = self.place / "mail" / ("" if folder == "INBOX" else folder)
        for name in ("cur", "new", "tmp"):
            (home / name).mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}.test"
        (home / "tmp" / name).write_bytes(data.replace(b"\r\n", b"\n"))
        _hand_over(self.place)
        os.rename(home / "tmp" / name, home / "new" / name)

    def seen(self) -> list[str]:
        """The names of files that somebody has touched: read-only access leaves every message in ``new``."""
        return [path.name for path in (self.place / "mail").rglob("*") if ":2," in path.name and "S" in path.name]

    def log(self) -> str:
        """What the server wrote of itself."""
        return (self.place / "log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def imap_server(
    *, certificate: tuple[str, str] | None = None, plain: bool = True, password: str = PASSWORD
) -> Iterator[ImapServer]:
    """A server until the end of the ``with``. ``certificate``: the files of chain and key; ``plain``: whether
    it lets people log in without encryption. Skips (or fails, see ``conftest``) where dovecot is missing."""
    binary = require("dovecot") if shutil.which("dovecot") else require("/usr/sbin/dovecot")
    place = Path(tempfile.mkdtemp(prefix="perfxl-imap-"))
    try:
        uid, gid = _somebody()
        plain_port, tls_port = _free_port(), _free_port() if certificate else 0
        lines = f"ssl_cert = <{place}/cert.pem\nssl_key = <{place}/key.pem\n" if certificate else ""
        if certificate:
            shutil.copy(certificate[0], place / "cert.pem")
            shutil.copy(certificate[1], place / "key.pem")
        config = _CONFIG.format(
            place=place,
            ssl="yes" if certificate else "no",
            certificate=lines,
            encrypted_only="no" if plain else "yes",
            user=pwd.getpwuid(uid).pw_name,
            group=grp.getgrgid(gid).gr_name,
            uid=uid,
            gid=gid,
            plain_port=plain_port,
            tls_port=tls_port,
        )
        (place / "dovecot.conf").write_text(config, encoding="utf-8")
        (place / "passwd").write_text(f"{LOGIN}:{{PLAIN}}{password}\n", encoding="utf-8")
        for name in ("mail", "home", "state"):
            (place / name).mkdir()
        _hand_over(place)
        yield from _running(binary, place, plain_port, tls_port, uid, gid)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _running(binary: str, place: Path, port: int, tls_port: int, uid: int, gid: int) -> Iterator[ImapServer]:
    mine = os.getuid() == uid
    who = {} if mine else {"user": uid, "group": gid, "extra_groups": []}
    process = subprocess.Popen(  # type: ignore[call-overload]
        [binary, "-F", "-c", str(place / "dovecot.conf")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **who
    )
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                process.terminate()
                said = process.communicate()[0].decode(errors="replace")
                log = (place / "log").read_text(errors="replace") if (place / "log").exists() else ""
                raise AssertionError(f"dovecot does not start: {said}\n{log}")
            time.sleep(0.05)
        yield ImapServer(port, tls_port, place)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(4).startswith(b"* OK")
    except OSError:
        return False


def _somebody() -> tuple[int, int]:
    """Whom the server runs as: whoever runs the tests, but never root."""
    if os.getuid():
        return os.getuid(), os.getgid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _hand_over(place: Path) -> None:
    if os.getuid() == 0:
        uid, gid = _somebody()
        for path in (place, *place.rglob("*")):
            os.chown(path, uid, gid, follow_symlinks=False)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
