"""The sender killed at random, again and again: no message lost, none doubled, every doubt listed."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from campaigns import CAMPAIGN
from mail_server import Fault, Server, mail_server
from test_smtp import letter

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.outbox import Outbox, message_id

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 is a word of POSIX")

MESSAGES, CAMPAIGNS, KILLS = 100, 40, 200
"""Messages of a campaign, campaigns, and kills in all, of the full run."""

SENDERS = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from campaigns import CAMPAIGN, mailbox
from dataclasses import replace
from perfxl.campaign.delivery import Courier
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.outbox import Outbox
from perfxl.campaign.pace import Pace, RealClock
from perfxl.campaign.smtp import Session

def carry(folder, port):
    box = replace(mailbox(per_connection=7), port=port)
    with Ledger.open(Path(folder), "send") as ledger:
        outbox = Outbox(ledger, CAMPAIGN)
        outbox.recover()
        courier = Courier(
            outbox,
            box,
            open_session=lambda: Session(box, None, insecure=True),
            prove=lambda row, data: None,
            pace=Pace(box, RealClock()),
            clock=RealClock(),
        )
        courier.run(outbox.rows(["queued", "deferred"]))

for line in sys.stdin:
    folder, port = line.rsplit(" ", 1)
    child = os.fork()
    if not child:
        carry(folder, int(port))
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print(status, flush=True)
"""
"""A process that has everything imported and forks a sender for each line that it is given."""


class Tally(NamedTuple):
    """What came of a campaign."""

    kills: int
    sent: int
    uncertain: int
    uncertain_arrived: int
    lost: int
    doubled: int


def killed_again_and_again(folder: Path, senders: subprocess.Popen[str], count: int, seed: int) -> Tally:
    """Send ``count`` messages; kill the sender after some deliveries and a moment, until all is decided."""
    draw = random.Random(seed)
    folder.mkdir()
    with Ledger.create(folder) as ledger, ledger.writing():
        outbox = Outbox(ledger, CAMPAIGN)
        for number in range(count):
            made = letter(number)
            identity = message_id(CAMPAIGN, f"{seed}-U{number}", "issue", 1, "example.org")
            data = made.data.replace(made.message_id.encode(), identity.encode())
            outbox.put(replace(made, unit=f"{seed}-U{number}", message_id=identity, data=data))

    async def dawdle(server: Server, who: str) -> None:
        await asyncio.sleep(draw.random() * 0.004)
        server.keep()
        await asyncio.sleep(draw.random() * 0.004)

    async def accept(server: Server, who: str) -> str:
        await dawdle(server, who)
        return "250 OK"

    kills = 0
    with mail_server(Fault("end", accept, times=10**9)) as server:
        for _ in range(20 * count):
            if not waiting(folder):
                break
            kills += one_life(senders, folder, server, draw)
    return reckon(folder, server, kills)


def one_life(senders: subprocess.Popen[str], folder: Path, server: Server, draw: random.Random) -> int:
    """A sender starts, and is killed after a few deliveries and a moment; whether it was."""
    assert senders.stdin is not None
    assert senders.stdout is not None
    goal, began = len(server.delivered) + draw.randrange(25), time.monotonic()
    senders.stdin.write(f"{folder} {server.port}\n")
    senders.stdin.flush()
    child = int(senders.stdout.readline())
    while len(server.delivered) < goal and time.monotonic() - began < 20 and alive(child):
        time.sleep(0.001)
    time.sleep(draw.random() * 0.03)
    senders.stdin.write("kill\n")  # by its parent, to which its number belongs until it is waited for
    senders.stdin.flush()
    status = int(senders.stdout.readline())
    return os.WIFSIGNALED(status)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def waiting(folder: Path) -> bool:
    with Ledger.open(folder, "status", hold=False) as ledger:
        return bool(Outbox(ledger, CAMPAIGN).rows(["queued", "claimed", "data_started", "deferred"]))


def reckon(folder: Path, server: Server, kills: int) -> Tally:
    """Every message against what the server took."""
    arrived = Counter(each.message_id for each in server.delivered)
    with Ledger.open(folder, "send") as ledger:
        outbox = Outbox(ledger, CAMPAIGN)
        rows = outbox.rows()
        assert {row.state for row in rows} <= {"sent", "uncertain"}
        assert set(ledger.latest("sent")) == {row.enclosures[0].assignments[0] for row in rows if row.state == "sent"}
    sent = [row for row in rows if row.state == "sent"]
    doubt = [row for row in rows if row.state == "uncertain"]
    assert set(arrived) <= {row.message_id for row in rows}
    return Tally(
        kills=kills,
        sent=len(sent),
        uncertain=len(doubt),
        uncertain_arrived=sum(arrived[row.message_id] for row in doubt),
        lost=sum(not arrived[row.message_id] for row in sent),
        doubled=sum(count > 1 for count in arrived.values()),
    )


def run(folder: Path, campaigns: int, count: int, seed: int) -> Tally:
    command = [sys.executable, "-c", SENDERS, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as senders:
        found = [killed_again_and_again(folder / str(n), senders, count, seed + n) for n in range(campaigns)]
        assert senders.stdin is not None
        senders.stdin.close()
    return Tally(*map(sum, zip(*found, strict=True)))


def good(tally: Tally, messages: int) -> None:
    assert tally.lost == 0, tally
    assert tally.doubled == 0, tally
    assert tally.sent + tally.uncertain == messages, tally
    assert tally.uncertain <= tally.kills, tally


def test_a_few_kills(tmp_path: Path) -> None:
    tally = run(tmp_path, 1, 30, 5)
    good(tally, 30)
    assert tally.kills >= 1


@pytest.mark.slow
def test_two_hundred_kills_over_four_thousand_messages(tmp_path: Path) -> None:
    share = float(os.environ.get("PERFXL_SHARE", "1"))
    campaigns = max(1, round(CAMPAIGNS * share))
    place = Path(os.environ.get("PERFXL_KILL_FOLDER", tmp_path)) / "kills"
    place.mkdir()
    tally = run(place, campaigns, MESSAGES, 1)
    print(json.dumps({"messages": campaigns * MESSAGES, **tally._asdict()}))
    good(tally, campaigns * MESSAGES)
    assert tally.kills >= KILLS * campaigns / CAMPAIGNS
