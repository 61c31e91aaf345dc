"""THIRD_PARTY.md names what is pinned, with the licences that the installed packages state."""

import json

import pytest

from tests.supply.pins import ROOT, read_pins
from tests.supply.third_party import DOCUMENT, LicenceUnknown, bill_of_materials, document, licence_of, used


def test_the_table_is_up_to_date() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert document(text, used()) == text, "run python -m tests.supply.third_party"


def test_a_licence_that_nobody_states_is_not_guessed() -> None:
    with pytest.raises(LicenceUnknown, match="not installed here"):
        licence_of("no-such-package")
    with pytest.raises(LicenceUnknown, match="does not say clearly"):
        licence_of("feedgen")


def test_the_bill_of_materials_names_every_pinned_version() -> None:
    bill = json.loads(json.dumps(bill_of_materials(used())))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    named = {(component["name"], component["version"]) for component in bill["components"]}
    assert named == {(pin.name, pin.version) for pin in read_pins(ROOT / "docs/requirements-all.txt")}
    assert all(component["licenses"][0]["expression"] for component in bill["components"])
    assert all(component["purl"].startswith("pkg:pypi/") for component in bill["components"])
