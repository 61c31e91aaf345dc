"""Make the table of THIRD_PARTY.md anew: versions from what is pinned, licences from what is installed.

    python -m tests.supply.third_party [--sbom FILE]

What no package says of itself (what we use it for, a licence that its metadata leaves unclear) is in third_party.toml
beside this file. ``--sbom`` writes the same as a bill of materials in CycloneDX's JSON instead; ``-`` is standard
output.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from tests.supply.pins import ROOT, read_pins

DOCUMENT = ROOT / "THIRD_PARTY.md"
FACTS = Path(__file__).with_name("third_party.toml")
BEGIN = "<!-- The table is made by python -m tests.supply.third_party -->\n"
END = "<!-- The table ends here -->\n"

_ALWAYS = ROOT / "docs" / "requirements.txt"
_WITH_EXTRAS = ROOT / "docs" / "requirements-all.txt"

_PLAIN = {  # what the older field "License" says, and how SPDX writes it
    "Apache-2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT": "MIT",
}
_CLASSIFIERS = {"License :: OSI Approved :: MIT License": "MIT"}


class LicenceUnknown(LookupError):
    """Neither the installed package nor third_party.toml says which licence it has."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """A package that comes with pitchcast, or with one of its extras."""

    name: str
    versions: tuple[str, ...]
    licence: str
    purpose: str
    only_with_extras: bool


def used() -> list[Used]:
    """Return every package that pitchcast or an extra of it brings, by name."""
    facts = tomllib.loads(FACTS.read_text("utf-8"))
    always = {pin.name for pin in read_pins(_ALWAYS)}
    pins = read_pins(_WITH_EXTRAS)
    packages = []
    for name in sorted({pin.name for pin in pins}):
        of_it = [pin for pin in pins if pin.name == name]
        needed_by = sorted({other for pin in of_it for other in pin.needed_by if not other.startswith("pitchcast")})
        packages.append(
            Used(
                name=name,
                versions=tuple(pin.version for pin in of_it),
                licence=facts["licences"].get(name) or licence_of(name),
                purpose=facts["purposes"].get(name) or f"{', '.join(needed_by)} {_need(needed_by)} it",
                only_with_extras=name not in always,
            )
        )
    return packages


def _need(needed_by: Sequence[str]) -> str:
    return "needs" if len(needed_by) == 1 else "need"


def licence_of(name: str) -> str:
    """Return the licence that an installed package states, as SPDX writes it."""
    try:
        said = metadata(name)
    except PackageNotFoundError as error:
        raise LicenceUnknown(f"{name} is not installed here: add its licence to {FACTS.name}") from error
    if expression := said.get("License-Expression"):
        return expression
    if plain := _PLAIN.get(said.get("License", "")):
        return plain
    stated = [line for line in said.get_all("Classifier", []) if line.startswith("License ::")]
    if len(stated) == 1 and stated[0] in _CLASSIFIERS:
        return _CLASSIFIERS[stated[0]]
    raise LicenceUnknown(f"{name} does not say clearly which licence it has: look, and add it to {FACTS.name}")


def document(text: str, packages: Sequence[Used]) -> str:
    """Return the document with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(packages)}\n{END}{after}"


def table(packages: Sequence[Used]) -> str:
    rows = ["| package | version | licence | for |", "| --- | --- | --- | --- |"]
    for package in packages:
        extra = ", only with an extra" if package.only_with_extras else ""
        cells = (package.name, " or ".join(package.versions), package.licence, package.purpose + extra)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def bill_of_materials(packages: Sequence[Used]) -> dict[str, Any]:
    """Return the packages as CycloneDX 1.6 describes them. It has no date: the same pins make the same bytes."""
    components = []
    for package in packages:
        for version in package.versions:
            address = f"pkg:pypi/{package.name}@{version}"
            components.append(
                {
                    "type": "library",
                    "bom-ref": address,
                    "name": package.name,
                    "version": version,
                    "scope": "optional" if package.only_with_extras else "required",
                    "licenses": [{"expression": package.licence}],
                    "purl": address,
                }
            )
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.supply.third_party", description="Say what else is used.")
    parser.add_argument("--sbom", metavar="FILE", help="write a bill of materials (CycloneDX, JSON) instead")
    chosen = parser.parse_args()
    if not chosen.sbom:
        DOCUMENT.write_text(document(DOCUMENT.read_text("utf-8"), used()), "utf-8")
        return 0
    text = json.dumps(bill_of_materials(used()), indent=2) + "\n"
    if chosen.sbom == "-":
        sys.stdout.write(text)
    else:
        Path(chosen.sbom).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
