"""Sending against a real server on 127.0.0.1, with faults at every stage: each message once, or known."""

from __future__ import annotations

import itertools
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import trustme
from campaigns import CAMPAIGN, mailbox
from mail_server import Action, Fault, Server, accept_then, drop, half, later, mail_server, raw_server, reply

from perfxl.campaign.delivery import BACKOFF, Courier, Report, Told
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.mailbox import Mailbox
from perfxl.campaign.mime import Attachment, Message, compose
from perfxl.campaign.outbox import Draft, Enclosure, Outbox, Row, message_id
from perfxl.campaign.pace import Pace
from perfxl.campaign.plan import Contact
from perfxl.campaign.smtp import NoSessionError, Session, Timeouts
from perfxl.campaign.trouble import CampaignError

QUICK = Timeouts(connect=2, command=1, piece=2, end=2)
CANARY = "canary-5ecret!"


class VirtualClock:
    """A clock that waits in no time, and remembers how long it would have."""

    def __init__(self) -> None:
        self.at, self.waited = 1_000.0, list[float]()

    def seconds(self) -> float:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += seconds
        self.waited.append(seconds)


class Post:
    """An outbox with some messages, and a courier for it."""

    def __init__(self, ledger: Ledger, count: int) -> None:
        self.ledger, self.outbox = ledger, Outbox(ledger, CAMPAIGN)
        self.clock, self.told = VirtualClock(), list[Told]()
        self.rows = [self.outbox.put(letter(number)) for number in range(1, count + 1)]

    def carry(self, port: int, box: Mailbox | None = None, rows: list[Row] | None = None, **session: object) -> Report:
        box = replace(box or mailbox(), port=port)
        insecure = box.security == "none"
        courier = Courier(
            self.outbox,
            box,
            open_session=lambda: Session(
                box,
                session.get("password"),  # type: ignore[arg-type]
                timeouts=session.get("timeouts", QUICK),  # type: ignore[arg-type]
                insecure=insecure,
                context=session.get("context"),  # type: ignore[arg-type]
            ),
            prove=lambda row, data: None,
            pace=Pace(box, self.clock),
            clock=self.clock,
            tell=self.told.append,
        )
        return courier.run(self.rows if rows is None else rows)

    def states(self) -> list[str]:
        return [row.state for row in self.outbox.rows()]


def letter(number: int, to: tuple[str, ...] = (), body: str = "正文\n.\n..\n") -> Draft:
    recipients = to or (f"u{number}@example.org",)
    identity = message_id(CAMPAIGN, f"U{number}", "issue", 1, "example.org")
    message = Message(
        sender=Contact(name="绩效科", address="cz@example.org"),
        to=tuple(Contact(name="", address=address) for address in recipients),
        reply_to="cz@example.org",
        subject="主题",
        body=body,
        date=datetime(2026, 11, 25, tzinfo=UTC),
        message_id=identity,
        attachments=(Attachment("a.xlsx", b"PK\x03\x04" * 100),),
    )
    data = compose(message)
    enclosure = Enclosure("issued/a.xlsx", "ab" * 32, "a.xlsx", (f"U{number}-1",))
    return Draft(
        unit=f"U{number}",
        purpose="issue",
        part=1,
        recipients=recipients,
        message_id=identity,
        source=sha256(data).hexdigest(),
        data=data,
        enclosures=(enclosure,),
    )


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Callable[[int], Post]]:
    with Ledger.create(tmp_path) as ledger:

        def made(count: int = 3) -> Post:
            return Post(ledger, count)

        yield made


def ids(server: Server) -> list[str]:
    return [each.message_id for each in server.delivered]


# The usual


def test_each_message_arrives_once_byte_for_byte(post: Callable[[int], Post]) -> None:
    office = post(5)
    with mail_server() as server:
        report = office.carry(server.port)
    assert [row.unit for row in report.sent] == ["U1", "U2", "U3", "U4", "U5"]
    assert office.states() == ["sent"] * 5
    for row, arrived in zip(office.rows, server.delivered, strict=True):
        assert arrived.message_id == row.message_id
        assert arrived.recipients == row.recipients
        assert arrived.sender == "cz@example.org"
        assert sha256(arrived.data).hexdigest() == row.sha256
    assert server.connections == 1
    assert set(office.ledger.latest("sent")) == {f"U{n}-1" for n in range(1, 6)}


def test_so_many_messages_a_connection(post: Callable[[int], Post]) -> None:
    office = post(5)
    with mail_server() as server:
        office.carry(server.port, mailbox(per_connection=2))
    assert server.connections == 3
    assert len(server.delivered) == 5


def test_data_started_is_on_the_disk_before_data(post: Callable[[int], Post]) -> None:
    office = post(1)
    seen: list[tuple[str, int]] = []

    async def look(server: Server, who: str) -> None:
        with Ledger.open(office.ledger.folder, "status", hold=False) as reader:
            seen.append(reader.database.execute("SELECT state, tries FROM outbox").fetchone())
        server.cut()

    with mail_server(Fault("data", look)) as server:
        office.carry(server.port)
    assert seen == [("data_started", 1)]


# Faults at every stage: what the states are, what arrived, what the next try does

STAGES = ("mail", "rcpt", "data", "end")


@pytest.mark.parametrize("stage", STAGES)
def test_4xx_at_any_stage_is_tried_again_and_arrives_once(post: Callable[[int], Post], stage: str) -> None:
    office = post(2)
    with mail_server(Fault(stage, reply("451 4.3.0 try again"))) as server:
        report = office.carry(server.port)
    assert sorted(ids(server)) == sorted(row.message_id for row in office.rows)
    assert office.states() == ["sent", "sent"]
    assert not report.deferred
    assert sum(office.clock.waited) >= BACKOFF[0]


@pytest.mark.parametrize("stage", ["rcpt", "data", "end"])
def test_5xx_of_a_recipient_or_message_refuses_it_and_the_others_go_on(post: Callable[[int], Post], stage: str) -> None:
    office = post(3)
    with mail_server(Fault(stage, reply("550 5.1.1 no such user"), after=1)) as server:
        report = office.carry(server.port)
    assert office.states() == ["sent", "refused", "sent"]
    assert [row.unit for row, _ in report.refused] == ["U2"]
    assert "550" in report.refused[0][1]
    assert ids(server) == [office.rows[0].message_id, office.rows[2].message_id]


@pytest.mark.parametrize(
    ("stage", "text"),
    [("mail", "553 5.7.1 Mail from must equal authorized user"), ("mail", "550 no"), ("rcpt", "530 5.7.0 login first")],
)
def test_5xx_that_concerns_everything_stops_the_batch(post: Callable[[int], Post], stage: str, text: str) -> None:
    office = post(3)
    with mail_server(Fault(stage, reply(text), times=99)) as server:
        report = office.carry(server.port)
    assert report.stopped is not None
    assert server.counts[stage] == 1
    assert office.states() == ["deferred", "queued", "queued"]
    assert server.delivered == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("action", [drop, half(b"25"), half(b"354 go"), reply("421 4.3.2 closing")])
def test_a_line_that_dies_before_the_message_is_tried_again(
    post: Callable[[int], Post], stage: str, action: Action
) -> None:
    office = post(2)
    with mail_server(Fault(stage, action)) as server:
        report = office.carry(server.port)
    assert office.states() == ["sent", "sent"]
    assert sorted(ids(server)) == sorted(row.message_id for row in office.rows)
    assert server.connections >= 2
    assert report.uncertain == []


@pytest.mark.parametrize(
    "action",
    [drop, half(b"25"), half(b"250"), half(b"250 O"), half(b"250-more\r\n"), half(b"hello\r\n"), reply("199 what")],
)
@pytest.mark.parametrize("taken", [True, False])
def test_no_whole_answer_after_the_final_dot_is_uncertain_and_never_sent_again(
    post: Callable[[int], Post], action: Action, taken: bool
) -> None:
    office = post(2)
    with mail_server(Fault("end", accept_then(action) if taken else action)) as server:
        report = office.carry(server.port)
        assert office.states() == ["uncertain", "sent"]
        assert [row.unit for row, _ in report.uncertain] == ["U1"]
        office.outbox.recover()
        office.carry(server.port, rows=office.outbox.rows(["queued", "deferred"]))
    assert office.states() == ["uncertain", "sent"]
    assert ids(server).count(office.rows[0].message_id) == taken


def test_a_server_that_never_answers_the_dot_stops_the_run(post: Callable[[int], Post]) -> None:
    office = post(9)
    with mail_server(Fault("end", drop, times=99)) as server:
        report = office.carry(server.port)
    assert report.stopped is not None
    assert office.states().count("uncertain") <= 3
    assert office.states().count("queued") >= 6


def test_a_late_answer_to_the_dot_is_waited_for(post: Callable[[int], Post]) -> None:
    """90 s of 600, scaled by 100: a sender that waits as for any other reply (60 s) would double it."""
    office = post(1)
    times = Timeouts(connect=2, command=0.6, piece=2, end=6)
    with mail_server(Fault("end", accept_then(later(0.9)))) as server:
        office.carry(server.port, timeouts=times)
    assert office.states() == ["sent"]
    assert len(server.delivered) == 1
    assert Timeouts() == (30, 60, 180, 600)


def test_a_server_that_stays_silent_is_left_in_time(post: Callable[[int], Post]) -> None:
    office = post(1)
    began = time.monotonic()
    with mail_server(Fault("rcpt", later(3), times=9)) as server:
        office.carry(server.port, timeouts=QUICK._replace(command=0.2))
    assert time.monotonic() - began < 10
    assert office.states() == ["deferred"]
    assert server.delivered == []


def test_answers_of_several_lines(post: Callable[[int], Post]) -> None:
    office = post(2)
    with mail_server(
        Fault("rcpt", reply("550-first line\r\n550-second\r\n550 last")),
        Fault("end", accept_then(reply("250-thank\r\n250 you"))),
    ) as server:
        report = office.carry(server.port)
    assert office.states() == ["refused", "sent"]
    assert "first line second last" in report.refused[0][1]


def test_all_recipients_or_none(post: Callable[[int], Post]) -> None:
    office = post(1)
    pair = office.outbox.put(letter(7, to=("good@example.org", "bad@example.org")))
    with mail_server(Fault("rcpt", reply("550 5.1.1 unknown"), after=1)) as server:
        report = office.carry(server.port, rows=[pair])
    assert server.delivered == []
    assert "bad@example.org: 550" in report.refused[0][1]
    assert office.states() == ["queued", "refused"]


def test_a_message_above_the_servers_size_is_not_begun(post: Callable[[int], Post]) -> None:
    office = post(1)
    big = office.outbox.put(letter(2, body="x" * 20_000))
    with mail_server(size=10_000) as server:
        report = office.carry(server.port, rows=[big, office.rows[0]])
    assert [row.unit for row, _ in report.refused] == ["U2"]
    assert "mail" not in [each for each in server.commands if "U2" in each]
    assert server.counts["mail"] == 1
    assert len(server.delivered) == 1


def test_421_in_the_middle_pauses_all_and_goes_on(post: Callable[[int], Post]) -> None:
    office = post(4)
    with mail_server(Fault("mail", reply("421 4.7.0 HL:ICC too many"), after=1)) as server:
        report = office.carry(server.port)
    assert office.states() == ["sent"] * 4
    assert len(server.delivered) == 4
    assert report.stopped is None
    assert sum(office.clock.waited) >= BACKOFF[0]


def test_too_fast_again_and_again_stops_and_leaves_the_rest(post: Callable[[int], Post]) -> None:
    office = post(6)
    with mail_server(Fault("end", reply("550 MI:SFQ 163 smtp too many"), times=99)) as server:
        report = office.carry(server.port, mailbox(provider="163"))
    assert report.stopped is not None
    assert server.counts["end"] <= 3
    assert set(office.states()) == {"deferred", "queued"}
    assert sum(office.clock.waited) <= BACKOFF[0] + BACKOFF[1] + 60


def test_three_tries_in_a_run_then_left_for_the_next(post: Callable[[int], Post]) -> None:
    office = post(1)
    with mail_server(Fault("rcpt", reply("450 4.2.0 mailbox busy"), times=99)) as server:
        report = office.carry(server.port)
        assert server.counts["rcpt"] == 3
        assert [row.unit for row, _ in report.deferred] == ["U1"]
        assert office.states() == ["deferred"]
        assert round(sum(office.clock.waited)) == BACKOFF[0] + BACKOFF[1]


@pytest.mark.parametrize(
    "answers",
    [
        (b"554 no service\r\n",),
        (b"421 later\r\n",),
        (b"\x16\x03\x01 garbage",),
        (b"",),
        (b"220 hi\r\n", b"502 no\r\n", b"502 no\r\n"),
        (b"220-" + b"x" * 9_000 + b"\r\n",),
        (b"220-a\r\n" * 500,),
    ],
)  # fmt: skip
def test_a_server_that_does_not_greet_leaves_everything_in_the_queue(
    post: Callable[[int], Post], answers: tuple[bytes, ...]
) -> None:
    office = post(2)
    with raw_server(*answers) as port:
        report = office.carry(port)
    assert report.stopped is not None
    assert office.states() == ["queued", "queued"]
    assert sum(office.clock.waited) <= BACKOFF[0] + BACKOFF[1] + 60


@pytest.mark.parametrize("at", range(1, 10))
def test_a_disk_that_is_full_sends_nothing_that_is_not_written_down(
    post: Callable[[int], Post], monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The ``at``-th change of state cannot be written; afterwards there is room again."""
    office = post(3)
    real, calls = office.outbox._move, [0]

    def failing(row: Row, state: str, words: str, tries: int = 0) -> None:
        calls[0] += 1
        if calls[0] == at:
            raise CampaignError("LEDGER_UNWRITABLE", "满", "full")
        real(row, state, words, tries)  # type: ignore[arg-type]

    monkeypatch.setattr(office.outbox, "_move", failing)
    with mail_server() as server:
        with pytest.raises(CampaignError, match="LEDGER_UNWRITABLE"):
            office.carry(server.port)
        office.outbox.recover()
        known = {row.message_id for row in office.outbox.rows(["sent", "uncertain"])}
        assert set(ids(server)) <= known
        office.carry(server.port, rows=office.outbox.rows(["queued"]))
    assert len(ids(server)) == len(set(ids(server)))
    assert office.states().count("uncertain") == (at % 3 == 0)
    assert office.states().count("sent") == 3 - (at % 3 == 0)


# Encryption and login


class Certificates:
    """A test authority; contexts of servers that it vouches for, and of one that it does not."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.client = ssl.create_default_context()
        self.authority.configure_trust(self.client)

    def server(self, name: str = "127.0.0.1", authority: trustme.CA | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        (authority or self.authority).issue_cert(name).configure_cert(context)
        return context


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return Certificates()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_and_logged_in(post: Callable[[int], Post], certificates: Certificates, security: str) -> None:
    office = post(2)
    how = {"implicit" if security == "tls" else "starttls": certificates.server()}
    box = mailbox(security=security)
    with mail_server(password=CANARY, **how) as server:  # type: ignore[arg-type]
        office.carry(server.port, box, password=CANARY, context=certificates.client)
    assert office.states() == ["sent", "sent"]
    assert server.logins == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("fault", ["self-signed", "wrong host"])
def test_a_certificate_that_cannot_be_verified_stops_before_the_login(
    post: Callable[[int], Post], certificates: Certificates, security: str, fault: str
) -> None:
    office = post(2)
    bad = (
        certificates.server(authority=trustme.CA()) if fault == "self-signed" else certificates.server("other.example")
    )
    how = {"implicit" if security == "tls" else "starttls": bad}
    with mail_server(password=CANARY, **how) as server:  # type: ignore[arg-type]
        report = office.carry(server.port, mailbox(security=security), password=CANARY, context=certificates.client)
    assert report.stopped is not None
    assert "certificate" in report.stopped[1].lower()
    assert server.logins == 0
    assert server.delivered == []
    assert office.states() == ["queued", "queued"]


def test_no_starttls_no_login(post: Callable[[int], Post], certificates: Certificates) -> None:
    office = post(1)
    with mail_server(password=CANARY) as server:
        report = office.carry(server.port, mailbox(security="starttls"), password=CANARY, context=certificates.client)
    assert report.stopped is not None
    assert "STARTTLS" in report.stopped[1]
    assert server.logins == 0
    assert office.states() == ["queued"]


def test_starttls_that_is_refused_or_stripped_stops(post: Callable[[int], Post], certificates: Certificates) -> None:
    office = post(1)
    refusing = (b"220 hi\r\n", b"250-x\r\n250 STARTTLS\r\n", b"454 TLS not available\r\n", b"250 ok\r\n")
    stripped = (b"220 hi\r\n", b"250-x\r\n250 AUTH PLAIN\r\n", b"235 ok\r\n")
    injected = (b"220 hi\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n250-x\r\n250 AUTH PLAIN\r\n", b"235 ok\r\n")
    for answers in (refusing, stripped, injected):
        with raw_server(*answers) as port:
            report = office.carry(port, mailbox(security="starttls"), password=CANARY, context=certificates.client)
        assert report.stopped is not None
        assert office.states() == ["queued"]


def test_a_wrong_password_stops_at_once_and_never_comes_back_out(
    post: Callable[[int], Post], certificates: Certificates
) -> None:
    office = post(3)
    with mail_server(password="another", implicit=certificates.server()) as server:
        report = office.carry(server.port, mailbox(security="tls"), password=CANARY, context=certificates.client)
    assert server.logins == 1
    assert report.stopped is not None
    assert "535" in report.stopped[1]
    assert office.states() == ["queued"] * 3
    assert CANARY not in repr(office.told) + repr(report.stopped) + repr(office.outbox.rows())


def test_a_login_that_fails_the_third_time_stops_and_loses_nothing(
    post: Callable[[int], Post], certificates: Certificates
) -> None:
    office = post(6)
    box = mailbox(security="tls", per_connection=2)
    with mail_server(password=CANARY, auth_fails_after=2, implicit=certificates.server()) as server:
        report = office.carry(server.port, box, password=CANARY, context=certificates.client)
    assert server.logins == 3
    assert report.stopped is not None
    assert office.states() == ["sent"] * 4 + ["queued"] * 2
    assert [row.unit for row in report.left] == ["U5", "U6"]


def test_a_reply_that_echoes_the_password_is_scrubbed(post: Callable[[int], Post]) -> None:
    import base64

    plain = base64.b64encode(f"\0cz@example.org\0{CANARY}".encode())
    answers = (
        b"220 hi\r\n",
        b"250-x\r\n250 AUTH PLAIN\r\n",
        b"535 you said " + plain + b" that is " + CANARY.encode() + b"\r\n",
    )
    with raw_server(*answers) as port, pytest.raises(NoSessionError) as caught:
        Session(replace(mailbox(), port=port), CANARY, timeouts=QUICK, insecure=True)
    assert "you said ***" in str(caught.value)
    assert CANARY not in repr(caught.value)
    assert plain.decode() not in repr(caught.value)


def test_in_the_clear_only_on_this_machine_and_on_demand() -> None:
    for box, insecure in (
        (mailbox(), False),
        (mailbox(host="mail.example.org"), True),
        (mailbox(host="mail.example.org", security="tls"), True),
    ):
        with pytest.raises(CampaignError, match="INSECURE"):
            Session(box, None, insecure=insecure)


# Pace


def starts(box: Mailbox, count: int, earlier: tuple[datetime, ...] = ()) -> list[float]:
    clock = VirtualClock()
    pace, times = Pace(box, clock, earlier), []
    for _ in range(count):
        if pace.used_up():
            break
        clock.wait(pace.delay())
        pace.started()
        times.append(clock.at)
    return times


def test_the_gap_and_the_minute_are_kept() -> None:
    times = starts(mailbox(gap_seconds=3, per_minute=5), 17)
    assert min(b - a for a, b in itertools.pairwise(times)) >= 3
    for first in times:
        assert sum(first <= each < first + 60 for each in times) <= 5


def test_the_day_is_kept_over_several_runs() -> None:
    box = mailbox(per_day=10)
    yesterday = tuple(datetime.now(UTC) - timedelta(hours=30) for _ in range(9))
    today = tuple(datetime.now(UTC) - timedelta(hours=2) for _ in range(4))
    assert len(starts(box, 20, (*yesterday, *today))) == 6
    assert len(starts(mailbox(per_day=0), 20)) == 20


def test_a_clock_that_was_set_back_does_not_hold_up_the_post() -> None:
    future = (datetime.now(UTC) + timedelta(hours=5),)
    (first,) = starts(mailbox(gap_seconds=3), 1, future)
    assert first <= 1_003.1


def test_the_days_limit_ends_the_run_and_the_rest_waits(post: Callable[[int], Post]) -> None:
    office = post(4)
    with mail_server() as server:
        report = office.carry(server.port, mailbox(per_day=2))
    assert len(server.delivered) == 2
    assert report.stopped is not None
    assert office.states() == ["sent", "sent", "queued", "queued"]
