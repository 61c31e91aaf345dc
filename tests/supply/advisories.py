"""Ask an advisory service about every pinned package.

    python -m tests.supply.advisories [--service https://…] [--accept ID] [FILE …]

Ends with 0 when the service has looked at every package and knows of no hole, with 1 when one has a known hole, and
with 4 when anything was not looked at: "no known holes" is an answer only from somebody who has looked. To be sure of
that, each request also asks about a version that does have a known hole.
"""

import argparse
import json
import re
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.supply.pins import FILES, ROOT, NotPinned, read_pins

SERVICE = "https://api.osv.dev/v1/querybatch"
CLEAN, HOLES, NOT_AUDITED = 0, 1, 4

Package = tuple[str, str]
"""A name and a version."""

CONTROL: Package = ("jinja2", "3.1.5")
"""It has CVE-2025-27516: a service that does not say so has not looked."""

_BATCH = 500  # the service takes up to 1,000 at once
_ANSWER_BYTES = 10_000_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")


class NotAudited(Exception):
    """The service did not answer for what it was asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parse(arguments)
    files = chosen.files or [ROOT / pinned.file for pinned in FILES]
    try:
        packages = sorted({(pin.name, pin.version) for file in files for pin in read_pins(file)})
        found = audit(packages, chosen.service, chosen.timeout)
    except (NotAudited, NotPinned, OSError) as error:
        print(f"Not audited: {error}")
        return NOT_AUDITED
    open_holes = 0
    for (name, version), holes in found.items():
        for hole in holes:
            accepted = hole in chosen.accept
            open_holes += not accepted
            print(f"{name} {version}: {hole}{' (accepted)' if accepted else ''}")
    print(f"{len(found)} packages audited, {open_holes} known holes.")
    return HOLES if open_holes else CLEAN


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.supply.advisories", description="Look for known holes.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files of pinned packages (all of ours)")
    parser.add_argument("--service", default=SERVICE, help=f"a service that speaks OSV's querybatch ({SERVICE})")
    parser.add_argument("--timeout", type=float, default=30, metavar="SECONDS", help="wait so long for it (30)")
    parser.add_argument("--accept", action="append", default=[], metavar="ID", help="a hole that does not concern us")
    return parser.parse_args(arguments)


def audit(packages: Sequence[Package], service: str, timeout: float) -> dict[Package, list[str]]:
    """Return the known holes of each package. Raises NotAudited if one of them was not looked at."""
    if not packages:
        raise NotAudited("there is no package to ask about")
    found: dict[Package, list[str]] = {}
    for start in range(0, len(packages), _BATCH):
        batch = packages[start : start + _BATCH]
        asked = [CONTROL, *batch]
        answered = dict(zip(asked, _holes(ask(asked, service, timeout), len(asked)), strict=True))
        if not answered[CONTROL]:
            raise NotAudited(f"{_host(service)} knows no hole in {' '.join(CONTROL)}, which has one")
        found |= {package: answered[package] for package in batch}
    return found


def ask(packages: Sequence[Package], service: str, timeout: float) -> object:
    """Return the service's answer as it came."""
    address = urlsplit(service)
    if address.scheme != "https" and address.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise NotAudited(f"{service} is not an https address: anybody on the way could answer")
    queries = [{"package": {"ecosystem": "PyPI", "name": name}, "version": version} for name, version in packages]
    request = urllib.request.Request(
        service, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.build_opener(_StayThere).open(request, timeout=timeout) as response:
            body = response.read(_ANSWER_BYTES + 1)
        if len(body) > _ANSWER_BYTES:
            raise NotAudited(f"{_host(service)} answers without end")
        return json.loads(body)
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise NotAudited(f"{_host(service)} gave no answer that can be read ({type(error).__name__})") from error


class _StayThere(urllib.request.HTTPRedirectHandler):
    """Another place is not the service that was chosen."""

    def redirect_request(self, *_: object) -> None:
        return None


def _holes(answer: object, asked: int) -> Iterator[list[str]]:
    """Yield the holes of each package that was asked about, in order."""
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list):
        raise NotAudited("the answer is not one about packages")
    if len(results) != asked:
        raise NotAudited(f"{asked} packages were asked about, and {len(results)} answered for")
    yield from map(_ids, results)


def _ids(result: Any) -> list[str]:
    if not isinstance(result, dict) or result.get("next_page_token"):
        raise NotAudited("the answer about a package is not complete")
    holes = result.get("vulns", [])
    if not isinstance(holes, list) or not all(_is_hole(hole) for hole in holes):
        raise NotAudited("the answer about a package cannot be read")
    return [hole["id"] for hole in holes]


def _is_hole(hole: object) -> bool:
    """Return whether it has a plain name: it is printed as it came."""
    return isinstance(hole, dict) and isinstance(hole.get("id"), str) and bool(_ID.fullmatch(hole["id"]))


def _host(service: str) -> str:
    return urlsplit(service).netloc


if __name__ == "__main__":
    sys.exit(main())
