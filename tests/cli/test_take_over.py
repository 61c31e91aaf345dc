"""``--take-over``: where a storage has one writer, and that is somebody else, as people run into it."""

from pathlib import Path

import pytest

from tests.fixtures.program import Run


def test_the_error_says_how_to_become_the_writer(
    published: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PITCHCAST_STORAGE_SINGLE_WRITER", "true")
    assert pitchcast("feeds", "rotate", "acme-corp", "--yes").code == 0
    monkeypatch.setenv("PITCHCAST_USER", "sam@desk")
    refused = pitchcast("feeds", "rotate", "acme-corp", "--yes")
    assert refused.code == 1
    assert "one writer, dana@laptop" in refused.err
    assert "--take-over" in refused.err
    assert pitchcast("feeds", "list").code == 0, "anybody may look"
    assert pitchcast("feeds", "rotate", "acme-corp", "--yes", "--take-over").code == 0
    monkeypatch.setenv("PITCHCAST_USER", "dana@laptop")
    assert "one writer, sam@desk" in pitchcast("feeds", "rotate", "acme-corp", "--yes").err
    assert "--take-over" in pitchcast("--help").out
