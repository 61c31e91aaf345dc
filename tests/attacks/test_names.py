"""Attacks by names: somebody is called nearly like a prospect, to hear what was meant for that one."""

from pathlib import Path

import pytest

from tests.fixtures.program import Run

EPISODE = "new-recording-12"
LOOKALIKES = ["Acme GmbH", "Acme", "ACME CORPORATION LTD", "Corp, Acme Inc", "Acme Corp.", "Аcme Corp", "acme-corp"]


@pytest.mark.parametrize("name", LOOKALIKES)
def test_get_a_pitch_meant_for_another_company_by_a_like_name(published: Path, pitchcast: Run, name: str) -> None:
    """Whoever got into the CRM under such a name hears nothing that is published for the prospect's own name."""
    (published / "crm.csv").write_text(f'id,name,email\n7,"{name}",eve@evil.example\n', encoding="utf-8")
    assert pitchcast("prospects", "import", "crm.csv", "--yes").code == 0
    assert len(pitchcast("prospects", "list", "--json").json["prospects"]) == 2
    for who in ("Acme Corp", "Acme", "acme corporation", "Corp Acme", "Acme Corp <jo@acme.example>"):
        done = pitchcast("episodes", "deliver", EPISODE, "--to", who, "--json")
        reached = [feed["prospect"]["id"] for feed in done.json.get("feeds", [])]
        assert reached in ([], ["acme-corp"]) or who.casefold() == name.casefold(), (who, reached)
        assert reached or done.json["error"]["kind"] == "ambiguous_name"
