"""``perfxl send``: a rehearsal that asks no server, then the same bytes to the right people, once."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from imap_server import LOGIN, PASSWORD, imap_server
from mail_server import Delivered, Fault, accept_then, drop, later, mail_server, reply

from perfxl.campaign import mime
from perfxl.campaign.founding import found
from perfxl.campaign.hold import Hold, host, user
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.outbox import Outbox
from perfxl.campaign.roster_plan import read_plan
from perfxl.campaign.settings import read_campaign, read_key
from perfxl.cli import cli
from perfxl.form import load_form
from perfxl.stamp import Seal
from perfxl.template import build_workbook
from perfxl.xlsx.writer import write_workbook

CANARY = "canary-5ecret!"
UNITS, PROJECTS = 10, 30


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample campaign with every workbook issued. Copied by each test."""
    folder = tmp_path_factory.mktemp("sample") / "campaign"
    found(folder, load_form("shanghai"), 2026, sample=True)
    campaign, form = read_campaign(folder), load_form("shanghai")
    plan, key = read_plan(campaign, form), read_key(folder)
    (folder / "issued").mkdir()
    with Ledger.open(folder, "generate") as ledger, ledger.writing():
        for number, task in enumerate(plan.tasks):
            seal = Seal(campaign.id, task.unit, key)
            data = write_workbook(build_workbook(form, [task.assignment], year=2026, seal=seal))
            file = f"issued/{number}.xlsx"
            (folder / file).write_bytes(data)
            digest = sha256(data).hexdigest()
            ledger.record("issued", task.assignment.id, unit=task.unit, file=file, sha256=digest)
    assert (len(plan.units), len(plan.tasks)) == (UNITS, PROJECTS)
    return folder


@pytest.fixture
def campaign(issued: Path, tmp_path: Path) -> Callable[..., Path]:
    import shutil

    folder = tmp_path / "campaign"
    shutil.copytree(issued, folder)

    def made(port: int = 1, **settings: object) -> Path:
        fast = {"host": "127.0.0.1", "port": port, "security": "none", "gap_seconds": 0, "per_minute": 0, "per_day": 0}
        lines = [f"{key} = {value!r}".replace("'", '"') for key, value in {**fast, **settings}.items()]
        path = folder / "perfxl.toml"
        text = re.sub(r"\n# \[test\][\s\S]*", "", path.read_text(encoding="utf-8"))
        for key in settings:
            text = re.sub(rf"(?m)^{key} = .*\n", "", text)
        path.write_text(text + "\n# [test]\n" + "\n".join(lines) + "\n", encoding="utf-8")
        return folder

    return made


def send(folder: Path, *words: str, input: str = "", env: dict[str, str] | None = None) -> Result:  # noqa: A002
    runner = CliRunner(env={"PERFXL_SMTP_PASSWORD": "", "PERFXL_LANG": "en", **(env or {})})
    return runner.invoke(cli, ["send", str(folder), *words], input=input)


def states(folder: Path) -> dict[str, int]:
    with Ledger.open(folder, "status", hold=False) as ledger:
        rows = Outbox(ledger, read_campaign(folder).id).rows()
    return {state: sum(row.state == state for row in rows) for state in {row.state for row in rows}}


REHEARSAL = """
import sys
import time
seen = []
def hook(event, args):
    if event.startswith(("socket.", "smtplib.")) and event != "socket.gethostname":
        seen.append(event)
sys.addaudithook(hook)
from perfxl.cli import cli
code = cli.main(["send", sys.argv[1], "--lang", "en"], standalone_mode=False)
print("sockets:", seen)
sys.exit(code)
"""


def test_a_rehearsal_opens_no_socket_and_writes_every_message(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    done = subprocess.run([sys.executable, "-c", REHEARSAL, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sockets: []" in done.stdout
    assert f"{UNITS} units, {UNITS} messages, 11 addresses" in done.stdout
    assert "nothing was sent" in done.stdout
    messages = sorted((folder / "outbox").glob("*.eml"))
    assert len(messages) == UNITS
    assert sum(len(mime.read(path.read_bytes()).attachments) for path in messages) == PROJECTS
    assert states(folder) == {"queued": UNITS}


def test_what_is_sent_is_what_was_rehearsed_byte_for_byte(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    assert send(folder).exit_code == 0
    rehearsed = {sha256(path.read_bytes()).hexdigest() for path in (folder / "outbox").glob("*.eml")}
    with mail_server() as server:
        campaign(server.port)
        result = send(folder, "--send", "--yes", "--insecure", "--quiet")
        assert result.exit_code == 0, result.output
        assert f"{UNITS} of {UNITS} sent" in result.output
        assert {sha256(each.data).hexdigest() for each in server.delivered} == rehearsed
        again = send(folder, "--send", "--yes", "--insecure")
        assert again.exit_code == 0
        assert "10 units have had theirs" in again.output
    assert len(server.delivered) == UNITS
    assert states(folder) == {"sent": UNITS}
    with Ledger.open(folder, "status", hold=False) as ledger:
        assert len(ledger.latest("sent")) == PROJECTS
    assert len(list((folder / "backups").iterdir())) >= 1


def test_every_message_goes_to_the_people_of_its_unit(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    with mail_server() as server:
        campaign(server.port)
        send(folder, "--send", "--yes", "--insecure", "--quiet")
    for each in server.delivered:
        (domain,) = {address.partition("@")[2] for address in each.recipients}
        names = {attachment.name[:4] for attachment in mime.read(each.data).attachments}
        assert names <= {f"A{number:03d}" for number in range(100)}
        with Ledger.open(folder, "status", hold=False) as ledger:
            owners = {entry.unit for key, entry in ledger.latest("issued").items() if key[:4] in names}
        assert {f"{owner.lower()}.example" for owner in owners} == {domain}


def test_a_person_confirms_the_number(campaign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = campaign()
    with mail_server() as server:
        campaign(server.port)
        nobody = send(folder, "--send", "--insecure")
        assert nobody.exit_code == 2
        assert "--yes" in nobody.output
        monkeypatch.setattr("perfxl.cli.sending.is_terminal", lambda stream: True)
        wrong = send(folder, "--send", "--insecure", input="9\n")
        assert wrong.exit_code == 2
        assert "First: " in wrong.output
        assert server.delivered == []
        right = send(folder, "--send", "--insecure", "--limit", "3", input="3\n")
        assert right.exit_code == 0, right.output
    assert len(server.delivered) == 3


def test_some_units_and_so_many(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    with mail_server() as server:
        campaign(server.port)
        result = send(folder, "--send", "--yes", "--insecure", "--only", "u03", "--only", "云汐市第一实验小学")
        assert result.exit_code == 0, result.output
        assert {each.recipients[0].partition("@")[2] for each in server.delivered} == {"u02.example", "u03.example"}
        send(folder, "--send", "--yes", "--insecure", "--limit", "2")
    assert len(server.delivered) == 4
    odd = send(folder, "--only", "U3")
    assert odd.exit_code == 2
    assert "Did you mean U03?" in odd.output


def test_everything_to_me_first(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    with mail_server() as server:
        campaign(server.port)
        result = send(folder, "--send", "--yes", "--insecure", "--to-me", "me@finance.example")
        assert result.exit_code == 0, result.output
        assert {each.recipients for each in server.delivered} == {("me@finance.example",)}
        assert send(folder, "--to-me", "nobody").exit_code == 2
        send(folder, "--send", "--yes", "--insecure")
    assert len(server.delivered) == 2 * UNITS


def test_refused_recipients_are_exit_code_1_and_are_not_tried_again_by_themselves(
    campaign: Callable[..., Path],
) -> None:
    folder = campaign()
    with mail_server(Fault("rcpt", reply("550 5.1.1 no such user"), after=2)) as server:
        campaign(server.port)
        result = send(folder, "--send", "--yes", "--insecure")
        assert result.exit_code == 1, result.output
        assert "1 refused" in result.output
        assert "no such user" in result.output
        assert states(folder) == {"sent": UNITS - 1, "refused": 1}
        unchanged = send(folder, "--send", "--yes", "--insecure")
        assert unchanged.exit_code == 1
        assert "correct the address" in unchanged.output
        assert states(folder) == {"sent": UNITS - 1, "refused": 1}
        assert send(folder, "--send", "--yes", "--insecure", "--again").exit_code == 0
    assert states(folder) == {"sent": UNITS}


def test_what_is_uncertain_is_listed_and_decided_by_a_person(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    faults = (Fault("end", accept_then(drop), after=1), Fault("end", drop, after=3))
    with mail_server(*faults) as server:
        campaign(server.port)
        # a lost connection makes everybody wait two minutes; these few units come one by one
        for unit in ("U01", "U02", "U03", "U04"):
            send(folder, "--send", "--yes", "--insecure", "--only", unit)
        assert states(folder)["uncertain"] == 2
        result = send(folder)
        assert "2 message(s) may or may not have arrived (U02、U04)" in result.output
        listed = send(folder, "--resolve")
        assert listed.exit_code == 3
        assert "lin@u02.example" in listed.output
        assert "@finance.example>" in listed.output
        assert send(folder, "--mark-sent", "U09").exit_code == 2
        decided = send(folder, "--mark-sent", "U02", "--resend", "U04")
        assert decided.exit_code == 0, decided.output
        assert send(folder, "--resolve").exit_code == 0
        send(folder, "--send", "--yes", "--insecure")
    assert states(folder) == {"sent": UNITS}
    arrived = [each.message_id for each in server.delivered]
    assert len(arrived) == len(set(arrived)) == UNITS


def read_over_imap(folder: Path, port: int, **more: object) -> None:
    """The settings with a mailbox to look into."""
    given = {"host": "127.0.0.1", "port": port, "security": "none", "login": LOGIN, **more}
    lines = [f"{key} = {value!r}".replace("'", '"') for key, value in given.items()]
    path = folder / "perfxl.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[imap]\n" + "\n".join(lines) + "\n", encoding="utf-8")


def uncertain_messages(campaign: Callable[..., Path], *words: str) -> tuple[Path, list[Delivered]]:
    """U01 went; U02 was taken and U03 lost while the server broke off. What the server took."""
    folder = campaign()
    faults = (Fault("end", accept_then(drop), after=1), Fault("end", drop, after=2))
    with mail_server(*faults) as server:
        campaign(server.port)
        for unit in ("U01", "U02", "U03"):
            send(folder, "--send", "--yes", "--insecure", "--only", unit, *words)
    assert states(folder) == {"sent": 1, "uncertain": 2, "queued": UNITS - 3} or states(folder) == {
        "sent": 1,
        "uncertain": 2,
    }
    return folder, server.delivered


def test_a_copy_in_the_sent_folder_proves_that_it_went(campaign: Callable[..., Path]) -> None:
    folder, delivered = uncertain_messages(campaign)
    with imap_server() as box:
        read_over_imap(folder, box.port)
        for each in delivered:
            box.put(each.data, "已发送")
        result = send(folder, "--resolve", "--imap", "--insecure", env={"PERFXL_IMAP_PASSWORD": PASSWORD})
    assert result.exit_code == 3, result.output
    assert "U02  is in 已发送: it arrived." in result.output
    assert "U03  not in 已发送; 1 others of this campaign are: they probably never left" in result.output
    assert PASSWORD not in result.output
    assert (states(folder)["sent"], states(folder)["uncertain"]) == (2, 1)  # U03 waits for a person
    with Ledger.open(folder, "status", hold=False) as ledger:
        assert "U02" in {entry.unit for entry in ledger.latest("sent").values()}
        (row,) = (row for row in Outbox(ledger, read_campaign(folder).id).rows(["sent"]) if row.unit == "U02")
    assert row.reply == f"a copy is in 已发送 ({LOGIN})"


def test_a_folder_without_any_message_of_the_campaign_proves_nothing(campaign: Callable[..., Path]) -> None:
    folder, _ = uncertain_messages(campaign)
    with imap_server() as box:
        read_over_imap(folder, box.port, sent=["Returned forms"])
        result = send(folder, "--imap", "--insecure", env={"PERFXL_IMAP_PASSWORD": PASSWORD, "PERFXL_LANG": "zh"})
    assert result.exit_code == 3
    assert "U02、U03  不在“Returned forms”里。其中没有本任务的任何邮件，说明不了什么" in result.output
    assert states(folder)["uncertain"] == 2


def test_a_mailbox_that_cannot_be_read_changes_nothing(campaign: Callable[..., Path]) -> None:
    folder, _ = uncertain_messages(campaign)
    with imap_server() as box:
        read_over_imap(folder, box.port)
        result = send(folder, "--imap", "--insecure", env={"PERFXL_IMAP_PASSWORD": CANARY})
    assert result.exit_code == 2
    assert "login refused" in result.output
    assert CANARY not in result.output
    assert states(folder)["uncertain"] == 2


def test_copies_for_the_archive_tell_what_went(campaign: Callable[..., Path]) -> None:
    archive = "archive@finance.example"
    folder, delivered = uncertain_messages(campaign, "--bcc-archive", archive)
    assert [each.recipients[-1] for each in delivered] == [archive] * 2
    assert archive.encode() not in b"".join(each.data for each in delivered)  # nobody sees it
    with imap_server() as box:
        read_over_imap(folder, box.port, sent=["INBOX"])
        for each in delivered:
            box.put(each.data)
        result = send(folder, "--imap", "--insecure", env={"PERFXL_IMAP_PASSWORD": PASSWORD})
    assert "U02  is in INBOX: it arrived." in result.output
    assert (states(folder)["sent"], states(folder)["uncertain"]) == (2, 1)


def test_an_archive_that_is_refused_stops_the_run_and_costs_nobody_a_message(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    with mail_server(Fault("rcpt", reply("550 no such user"), after=1, times=1)) as server:
        campaign(server.port, archive="archive@finance.example")
        result = send(folder, "--send", "--yes", "--insecure", "--only", "U02")  # has one address
        assert result.exit_code == 3
        assert "the archive's address was refused" in result.output
        assert not server.delivered
        assert "refused" not in states(folder)
        campaign(server.port, archive="right@finance.example")
        result = send(folder, "--send", "--yes", "--insecure")
    assert "A copy of each goes to right@finance.example" in result.output
    assert states(folder) == {"sent": UNITS}
    assert all(each.recipients[-1] == "right@finance.example" for each in server.delivered)


def test_no_trial_goes_to_the_archive(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    with mail_server() as server:
        campaign(server.port, archive="archive@finance.example")
        send(folder, "--to-me", "me@example.org", "--send", "--yes", "--insecure", "--only", "U01")
    assert [each.recipients for each in server.delivered] == [("me@example.org",)]


def test_a_person_at_the_terminal_is_asked(campaign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = campaign()
    with mail_server(Fault("end", drop, times=1)) as server:
        campaign(server.port)
        send(folder, "--send", "--yes", "--insecure", "--only", "U01")
    monkeypatch.setattr("perfxl.cli.doubts.is_terminal", lambda stream: True)
    assert send(folder, "--resolve", input="\n").exit_code == 3
    assert send(folder, "--resolve", input="n\n").exit_code == 0
    assert states(folder).get("uncertain", 0) == 0


def test_exchanged_workbooks_hold_their_units(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    first, last = folder / "issued/0.xlsx", folder / "issued/29.xlsx"
    a, b = first.read_bytes(), last.read_bytes()
    first.write_bytes(b)
    last.write_bytes(a)
    with mail_server() as server:
        campaign(server.port)
        result = send(folder, "--send", "--yes", "--insecure")
    assert result.exit_code == 3
    assert "U01" in result.stderr
    assert "U10" in result.stderr
    assert len(server.delivered) == UNITS - 2


def test_exchanged_after_the_rehearsal_too(campaign: Callable[..., Path]) -> None:
    """Between the writing of the messages and DATA a workbook changes on the disk."""
    folder = campaign()

    async def swap(server: object, who: str) -> str:
        (folder / "issued/29.xlsx").write_bytes((folder / "issued/0.xlsx").read_bytes())
        return "250 OK"

    with mail_server(Fault("end", accept_then(swap))) as server:
        campaign(server.port)
        result = send(folder, "--send", "--yes", "--insecure", "--only", "U09", "--only", "U10")
    assert result.exit_code == 3
    assert "U10  not sent  issued/29.xlsx is not what the letter holds" in result.output
    assert [each.recipients[0].partition("@")[2] for each in server.delivered] == ["u09.example"]
    assert states(folder) == {"sent": 1, "queued": 1}


def test_the_password_goes_to_the_server_and_nowhere_else(campaign: Callable[..., Path], tmp_path: Path) -> None:
    folder = campaign()
    file = tmp_path / "password"
    file.write_text(CANARY + "\n", encoding="utf-8")
    file.chmod(0o600)
    with mail_server(password=CANARY) as server:
        campaign(server.port)
        by_file = send(folder, "--send", "--yes", "--insecure", "--password-file", str(file), "--limit", "1")
        by_variable = send(
            folder, "--send", "--yes", "--insecure", "--limit", "1", env={"PERFXL_SMTP_PASSWORD": CANARY}
        )
        wrong = send(folder, "--send", "--yes", "--insecure", env={"PERFXL_SMTP_PASSWORD": CANARY + "x"})
    assert (by_file.exit_code, by_variable.exit_code, wrong.exit_code) == (0, 0, 3)
    assert len(server.delivered) == 2
    assert server.logins == 3
    helped = CliRunner().invoke(cli, ["send", "--help"], env={"PERFXL_SMTP_PASSWORD": CANARY})
    for result in (by_file, by_variable, wrong, helped):
        assert CANARY not in result.output
        assert CANARY not in repr(result.exception)
    for path in folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path


def test_a_password_file_that_others_can_read_is_refused(campaign: Callable[..., Path], tmp_path: Path) -> None:
    folder = campaign()
    file = tmp_path / "password"
    file.write_text(CANARY, encoding="utf-8")
    if sys.platform != "win32":
        file.chmod(0o644)
        result = send(folder, "--send", "--yes", "--insecure", "--password-file", str(file))
        assert result.exit_code == 2
        assert "chmod 600" in result.output
    result = send(folder, "--send", "--yes", "--insecure", "--password-file", str(tmp_path / "none"))
    assert result.exit_code == 2


def test_no_password_no_sending(campaign: Callable[..., Path]) -> None:
    folder = campaign(security="tls")
    result = send(folder, "--send", "--yes")
    assert result.exit_code == 2
    assert "PERFXL_SMTP_PASSWORD" in result.output
    assert states(folder) == {"queued": UNITS}


@pytest.mark.parametrize(
    ("settings", "words", "says"),
    [
        ({"security": "none"}, (), "in the clear"),
        ({"host": "mail.example.org"}, ("--insecure",), "127.0.0.1"),
        ({"port": "x"}, (), "port"),
        ({"pasword": "x"}, (), "no such key"),
        ({"password": "x"}, (), "no password here"),
        ({"provider": "164"}, (), "163"),
        ({"security": "plain"}, (), "starttls"),
        ({"reply_to": "nobody"}, (), "has no @"),
        ({"domains": "x"}, (), "list of texts"),
    ],
)
def test_settings_that_cannot_be_are_named(
    campaign: Callable[..., Path], settings: dict[str, object], words: tuple[str, ...], says: str
) -> None:
    result = send(campaign(**settings), "--send", "--yes", *words)
    assert result.exit_code == 2, result.output
    assert says in result.output


def test_an_unfilled_mailbox_is_named_all_at_once(campaign: Callable[..., Path]) -> None:
    folder = campaign(gap_seconds="x", colour="blue")
    path = folder / "perfxl.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("jixiao@finance.example", ""), encoding="utf-8")
    result = send(folder)
    assert result.exit_code == 2
    for word in ("3 mistake", "from", "gap_seconds", "colour"):
        assert word in result.output


def test_no_campaign_is_named(tmp_path: Path) -> None:
    result = send(tmp_path)
    assert result.exit_code == 2
    assert "perfxl init" in result.output


def test_the_words_are_chinese_on_demand(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    result = send(folder, "--lang", "zh")
    assert "10 个单位，10 封邮件，11 个地址" in result.output
    assert "这是演练" in result.output
    text = next((folder / "outbox").glob("U02*.eml")).read_bytes()
    subject = str(mime._parsed(text)["Subject"])
    assert subject == "【2026年度绩效自评】请填报财政项目支出绩效自评表（云汐市第一实验小学）"
    help_text = CliRunner().invoke(cli, ["send", "--help", "--lang", "zh"]).output
    assert "演练" in help_text


def test_two_processes_send_each_message_once(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    with mail_server() as server:
        campaign(server.port)
        command = [sys.executable, "-m", "perfxl", "send", str(folder), "--send", "--yes", "--insecure", "--lang", "en"]
        env = {**os.environ, "PERFXL_SMTP_PASSWORD": ""}
        both = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
            for _ in range(2)
        ]
        outputs = [each.communicate(timeout=120)[0] for each in both]
    assert {each.returncode for each in both} <= {0, 4}
    assert 0 in {each.returncode for each in both}
    arrived = [each.message_id for each in server.delivered]
    assert len(arrived) == len(set(arrived)) == UNITS, outputs


# Crash safety


@pytest.mark.skipif(sys.platform == "win32", reason="no signals of this kind there")
def test_ctrl_c_ends_after_the_message_under_way(campaign: Callable[..., Path]) -> None:
    folder = campaign()
    with mail_server(Fault("end", accept_then(later(0.3)), times=99)) as server:
        campaign(server.port)
        command = [sys.executable, "-m", "perfxl", "send", str(folder), "--send", "--yes", "--insecure", "--lang", "en"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            deadline = time.monotonic() + 120
            while not server.delivered and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            output = process.communicate(timeout=60)[0]
    assert process.returncode == 130, output
    assert "Run it again" in output
    found = states(folder)
    assert set(found) == {"sent", "queued"}
    assert found["sent"] == len(server.delivered) < UNITS


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from perfxl.cli import cli
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.argv = ["perfxl", *sys.argv[2:]]
cli.main(prog_name="perfxl")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
@pytest.mark.parametrize(
    "limit", [20_000, *(pytest.param(each, marks=pytest.mark.slow) for each in (60_000, 90_000, 110_000))]
)
def test_a_full_disk_is_named_and_the_next_run_carries_on(campaign: Callable[..., Path], limit: int) -> None:
    """No file may grow beyond the limit: the messages (108 kB), the ledger, or its copy do not fit."""
    folder = campaign()
    with mail_server() as server:
        campaign(server.port)
        words = ["send", str(folder), "--send", "--yes", "--insecure", "--lang", "en"]
        full = subprocess.run(
            [sys.executable, "-c", FULL, str(limit), *words], capture_output=True, text=True, check=False
        )
        assert full.returncode == 3, full.stdout + full.stderr
        assert "Traceback" not in full.stderr
        assert "cannot write" in full.stderr.lower()
        known = states(folder)
        assert len(server.delivered) <= known.get("sent", 0) + known.get("uncertain", 0) + known.get("data_started", 0)
        for path in (folder / "outbox").glob("*.eml"):
            assert len(mime.read(path.read_bytes()).attachments) >= 2
        assert send(folder, "--send", "--yes", "--insecure").exit_code in (0, 3)
    arrived = [each.message_id for each in server.delivered]
    assert len(arrived) == len(set(arrived))
    assert states(folder)["sent"] + states(folder).get("uncertain", 0) == UNITS


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 is a word of POSIX")
def test_the_command_itself_is_killed_at_any_moment(campaign: Callable[..., Path]) -> None:
    """From the reading of the roster to the last message; afterwards every message is accounted for."""
    folder, draw = campaign(), random.Random(3)
    with mail_server(Fault("end", accept_then(later(0.3)), times=999)) as server:
        campaign(server.port)
        command = [sys.executable, "-m", "perfxl", "send", str(folder), "--send", "--yes", "--insecure", "--lang", "en"]
        kills = 0
        for _ in range(max(5, int(40 * float(os.environ.get("PERFXL_SHARE", "1"))))):
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                try:
                    process.wait(timeout=draw.uniform(0.2, 1.2))
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills += 1
        send(folder, "--send", "--yes", "--insecure")
    found = states(folder)
    assert set(found) <= {"sent", "uncertain"}
    assert sum(found.values()) == UNITS
    arrived = [each.message_id for each in server.delivered]
    assert len(arrived) == len(set(arrived)) >= found["sent"]
    assert kills >= 3
    for path in (folder / "outbox").glob("*.eml"):
        mime.read(path.read_bytes())


def test_a_campaign_that_somebody_holds_is_exit_code_4(
    campaign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = campaign()
    holder = Hold(folder, "generate")
    monkeypatch.setattr("perfxl.campaign.ledger.Hold", lambda place, command, **_: Hold(place, command, wait=0))
    result = send(folder)
    holder.release()
    assert result.exit_code == 4
    assert f"perfxl generate of {user()}@{host()} (process {os.getpid()}" in result.output
    assert send(folder, "--only", "U01").exit_code == 0
