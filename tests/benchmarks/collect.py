"""``perfxl collect`` against ``perfxl check`` alone; whole processes, side by side.

    python tests/benchmarks/collect.py [--count 1000] [--rounds 3] [--up-to 10000]

Both sides leave the same behind: ``collect`` keeps every return on the disk before it reads it; the other side
copies the same files in the same way (64 at a time, each brought to the disk) and then checks them.  ``check``
holds them against the campaign where it says ``--issued``, as ``collect`` does; without, it does less than
``collect``.  CPU seconds are those of the child process as the system accounts for them.  Nothing here is a
test: it judges nothing.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

from records_made import filled  # noqa: E402
from rosters import campaign, many  # noqa: E402
from run import Run, measure  # noqa: E402

from perfxl.campaign.ledger_loss import FILE  # noqa: E402
from perfxl.campaign.roster_plan import read_plan  # noqa: E402
from perfxl.campaign.settings import read_campaign, read_key  # noqa: E402
from perfxl.stamp import Seal  # noqa: E402
from perfxl.template import build_workbook  # noqa: E402
from perfxl.xlsx.stencil import Stencils  # noqa: E402

COPY = """
import sys
from hashlib import sha256
from pathlib import Path
from perfxl.campaign.placing import place
source, out = Path(sys.argv[1]), Path(sys.argv[2])
files = sorted(source.iterdir())
for at in range(0, len(files), 64):
    batch = []
    for path in files[at:at + 64]:
        data = path.read_bytes(); digest = sha256(data).hexdigest()
        batch.append((out / digest[:2] / f'{digest}.xlsx', data))
    place(batch)
"""


def season(folder: Path, count: int) -> Path:
    """A campaign, made in a process of its own: a child's peak is never below that of the process that starts it."""
    subprocess.run([sys.executable, __file__, "--fill", str(folder), "--count", str(count)], check=True)
    return folder


def fill(folder: Path, count: int) -> None:
    """A campaign of so many projects, issued; beside it what came back for each."""
    folder.mkdir()
    place = campaign(folder / "campaign", many(count))
    measure([sys.executable, "-m", "perfxl", "generate", str(place), "--no-fsync", "--quiet"])
    settings = read_campaign(place)
    form, key, stencils = settings.load_form(), read_key(place), Stencils()
    returned = folder / "returned"
    returned.mkdir()
    for task in read_plan(settings, form).tasks:
        book = build_workbook(
            form,
            [task.assignment],
            year=2026,
            records=[filled(form, task.assignment)],
            seal=Seal(settings.id, task.unit, key),
            password=settings.password,
        )
        (returned / f"{task.assignment.id}.xlsx").write_bytes(stencils.write(book))
    shutil.copytree(place, folder / "before")


def collect(folder: Path, *words: str) -> Run:
    """Into the campaign as it was before anything came back."""
    place = folder / "campaign"
    shutil.rmtree(place / "returns", ignore_errors=True)
    shutil.rmtree(place / "backups", ignore_errors=True)
    for path in place.glob(FILE + "*"):
        path.unlink()
    shutil.copy(folder / "before" / FILE, place / FILE)
    command = [sys.executable, "-m", "perfxl", "collect", str(folder / "returned"), "--campaign", str(place)]
    return measure([*command, "--jobs", "1", "--quiet", *words])


def check(folder: Path, *words: str) -> Run:
    """Without durability: the verdicts as JSON in a file."""
    command = [sys.executable, "-m", "perfxl", "check", str(folder / "returned"), "--jobs", "1", "--quiet"]
    return measure([*command, "--format", "json", "-o", str(folder / "verdicts.json"), *words])


def copy(folder: Path) -> Run:
    """The same files on the disk, as collect keeps them."""
    shutil.rmtree(folder / "copied", ignore_errors=True)
    return measure([sys.executable, "-c", COPY, str(folder / "returned"), str(folder / "copied")])


def compare(count: int, rounds: int, work: Path) -> None:
    """The two sides, in turns."""
    folder = season(work / f"c{count}", count)
    rows: list[tuple[Run, ...]] = []
    for _ in range(rounds):
        issued = check(folder, "--issued", str(folder / "campaign"))
        rows.append((collect(folder), issued, check(folder), copy(folder)))
    ours, measured, plain, copied = (statistics.median(row[at].cpu for row in rows) for at in range(4))
    peaks = [max(row[at].peak for row in rows) for at in range(4)]
    print(f"{count} returns, one job, medians of {rounds}")
    print(f"  collect                  {ours:7.2f} s CPU  {ours / count * 1000:5.2f} ms each  peak {peaks[0]:.0f} MiB")
    print(f"  check --issued campaign  {measured:7.2f} s CPU  peak {peaks[1]:.0f} MiB")
    print(f"  check                    {plain:7.2f} s CPU  peak {peaks[2]:.0f} MiB")
    print(f"  durable copy             {copied:7.2f} s CPU")
    for title, at in (("check --issued and copy", 1), ("check and copy", 2)):
        ratio = statistics.median(row[0].cpu / (row[at].cpu + row[3].cpu) for row in rows)
        print(f"  collect against {title:<24} {ratio:.2f} times the CPU")


def growth(most: int, work: Path) -> None:
    """Linear, with flat memory."""
    count = 100
    while count <= most:
        folder = season(work / f"g{count}", count)
        run = collect(folder, "--no-fsync")
        again = collect_again(folder)
        print(
            f"  {count:6} returns {run.cpu:7.2f} s CPU  {run.cpu / count * 1000:5.2f} ms each  peak {run.peak:.0f} MiB; "
            f"once more {again.cpu:.2f} s"
        )
        shutil.rmtree(folder)
        count *= 10


def collect_again(folder: Path) -> Run:
    """What is known already."""
    words = [sys.executable, "-m", "perfxl", "collect", str(folder / "returned"), "--campaign"]
    return measure([*words, str(folder / "campaign"), "--quiet"])


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--up-to", type=int, default=0)
    parser.add_argument("--fill", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        fill(Path(options.fill), options.count)
        return
    with tempfile.TemporaryDirectory() as work:
        if options.up_to:
            growth(options.up_to, Path(work))
        else:
            compare(options.count, options.rounds, Path(work))


if __name__ == "__main__":
    main()
