"""Logs as they are fetched: what is read of one is the same whichever others lie in the same file."""

import gzip
import io
import itertools
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pyarrow import compress

from pitchcast.analytics import washing
from pitchcast.analytics.database import open_database
from pitchcast.analytics.reading import lines_sql
from pitchcast.upkeep.analytics import fetching
from pitchcast.upkeep.analytics.fetching import Fetched, fetch_all
from pitchcast.upkeep.analytics.logs import AccessLog
from tests.analytics.logs import WITHOUT_IDS, WRITERS, Asked, log_of

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "two gzip files": lambda body: gzip.compress(body[:100]) + gzip.compress(body[100:]),
    "zstandard": lambda body: compress(body, codec="zstd", asbytes=True),
    "two zstandard files": lambda body: b"".join(
        compress(part, codec="zstd", asbytes=True) for part in (body[:100], body[100:])
    ),
}
SMALL, LARGE = 3, 200  # lines


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a log be large that has more than some kilobytes, so that this takes less time."""
    monkeypatch.setattr(washing, "_BLOCK_BYTES", 4096)
    monkeypatch.setattr(fetching, "_PIECE_BYTES", 16_384)


def body_of(form: str, lines: int) -> bytes:
    """Return a log of that form whose lines tell which is which."""
    return log_of(form, [WRITERS[form](Asked(id=f"R{number}", agent=f"Agent/{number}")) for number in range(lines)])


BODIES = {
    f"{form}, {lines} lines, {end}": body_of(form, lines).removesuffix(cut)
    for form, lines, (end, cut) in itertools.product(
        WRITERS, (SMALL, LARGE), {"whole": b"", "without its last end": b"\n"}.items()
    )
} | {
    "nothing": b"",
    "empty lines": b"\n\n \n",
    "one line without its end": body_of("S3", 1).strip(),
    "one line without its end or id": body_of("Caddy", 1).strip(),
    "prose": b"Logs from 2026-09-08 on are here.\n",
}


def fetched(folder: Path, *bodies: bytes) -> list[Fetched]:
    folder.mkdir()
    return fetch_all([AccessLog("log", "", 0, lambda body=body: io.BytesIO(body)) for body in bodies], folder)  # type: ignore[misc]


def lines_of(log: Fetched, folder: Path) -> list[str]:
    """Return the lines that would be read of a log."""
    with closing(open_database(folder)) as database:
        rows = [row for part in log.parts for row in database.execute(lines_sql([part])).fetchall()]
    assert {file for _, file in rows} <= {part.number for part in log.parts}
    return sorted(line for line, _ in rows)


@pytest.mark.parametrize("packed", PACKED)
def test_in_company_as_alone(tmp_path: Path, packed: str) -> None:
    bodies = [PACKED[packed](body) for body in BODIES.values()]
    together = fetched(tmp_path / "together", *bodies)
    for number, (name, body) in enumerate(BODIES.items()):
        (alone,) = fetched(tmp_path / f"alone-{number}", bodies[number])
        one = together[number]
        assert (one.problem, one.left_out) == (alone.problem, alone.left_out), name
        assert facts_of(one) == [(number, *facts) for _, *facts in facts_of(alone)], name
        kept = [line for line in body.decode().split("\n") if line.strip()] if one.parts else []
        if kept and not body.endswith(b"\n") and not one.parts[0].format.unique:
            assert one.left_out.unreadable["unfinished"] == 1
            kept.pop()
        assert lines_of(one, tmp_path / "together") == lines_of(alone, tmp_path / f"alone-{number}"), name
        assert lines_of(one, tmp_path / "together") == sorted(kept), name
        assert sum(part.lines for part in one.parts) == len(kept), name


def facts_of(log: Fetched) -> list[tuple[int, str, str, str, str]]:
    return [(part.number, part.format.name, part.header, part.first_line, part.last_line) for part in log.parts]


def test_however_many_logs_they_make_few_files(tmp_path: Path) -> None:
    logs = fetched(tmp_path / "logs", *[body_of(form, SMALL) for form in list(WRITERS) * 50])
    files = list((tmp_path / "logs").iterdir())
    assert len(WRITERS) < len(files) < len(logs) / 3
    most_in_a_log = max(len(body_of(form, SMALL)) for form in WRITERS)
    assert max(file.stat().st_size for file in files) < 16_384 + 2 * most_in_a_log


@pytest.mark.parametrize("packed", ["gzip", "zstandard"])
@pytest.mark.parametrize("form", WRITERS)
def test_cut_off_in_its_packed_bytes(tmp_path: Path, packed: str, form: str) -> None:
    """As much as there is is read, and a line without its end is not taken for a whole one."""
    body = body_of(form, LARGE)
    whole = PACKED[packed](body)
    (log,) = fetched(tmp_path / "logs", whole[: len(whole) // 2])
    lines = lines_of(log, tmp_path / "logs")
    unfinished = {part.last_line for part in log.parts}
    assert set(lines) - unfinished <= set(body.decode().splitlines())
    if packed == "gzip":
        assert len(lines) > LARGE // 10
    if form in WITHOUT_IDS:
        assert not unfinished & set(lines)
