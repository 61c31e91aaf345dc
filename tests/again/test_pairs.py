"""Two commands, of which the first was interrupted: what each finishes, and what nobody may finish."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest

from pitchcast.model.catalog import Catalog
from pitchcast.model.layout import CATALOG, PUBLIC
from pitchcast.site import pending
from tests.again.faulty import Fault, Kind
from tests.again.proof import check_doctor, check_nothing_left, check_public
from tests.again.scenarios import GLOBEX
from tests.again.show import CRASHED, Done, Show

PUBLISH = ("publish", "three.wav", "--to", "acme-corp", "--title", "Third pitch", "--yes")
UNDO = ("undo", "--yes")
ROTATE = ("feeds", "rotate", "acme-corp", "--yes")
FOR_INITECH = ("publish", "three.wav", "--to", "initech", "--title", "Third pitch", "--yes")
ADD = ("prospects", "add", GLOBEX)
EDIT_ACME = ("prospects", "edit", "acme-corp", "--company", "Acme Inc")

ENDED = {"crash": CRASHED, "crash after": CRASHED, "down": 4, "down after": 4, "interrupt": 130}


@pytest.fixture(params=["folder", "s3"])
def show(request: pytest.FixtureRequest) -> Show:
    """A show with two episodes, in a folder and on a real S3 server."""
    found: Show = request.getfixturevalue("in_folder" if request.param == "folder" else "in_bucket")
    found.begin()
    return found


@pytest.fixture
def another_machine() -> Iterator[None]:
    """What runs meanwhile runs on another machine, where no lock of this one is seen."""
    with patch.object(socket, "gethostname", lambda: "desktop"):
        yield


def cut(show: Show, words: tuple[str, ...], kind: Kind = "crash after") -> Done:
    """Run a command that is interrupted at its commit: before it ("crash", "down"), or once it was done."""
    done = show.run(*words)
    asked = [request.key for request in done.run.of("write")]
    show.begin()
    cut_off = show.run(*words, fault=Fault("write", asked.index(CATALOG), kind))
    assert cut_off.run.hit is not None
    assert cut_off.run.hit.key == CATALOG
    assert cut_off.code == ENDED[kind], cut_off.err
    return cut_off


def titles(catalog: Catalog) -> list[str]:
    return [episode.title for episode in catalog.episodes]


def expect_all_in_order(show: Show) -> None:
    check_public(show, show.catalog())
    check_nothing_left(show)
    check_doctor(show)


@pytest.mark.parametrize("kind", ["crash after", "down after"])
def test_undo_of_a_cut_publish_makes_nothing_of_it_public_on_the_way(show: Show, kind: Kind) -> None:
    cut(show, PUBLISH, kind)
    done = show.run(*UNDO)
    assert done.code == 0, done.err
    assert "Third pitch" in done.out
    assert not [r for r in done.run.changed if r.key.startswith(PUBLIC) and r.key.endswith(".mp3")]
    assert not [body for body in done.run.shown if b"Third pitch" in body]
    assert titles(show.catalog()) == ["First pitch", "Second pitch"]
    expect_all_in_order(show)


def test_a_publish_after_a_cut_rotate_closes_the_old_address(show: Show) -> None:
    before = show.catalog()
    cut(show, ROTATE)
    done = show.run(*FOR_INITECH)
    assert done.code == 0, done.err
    assert "rotate" in done.err, "what was finished along with it is told"
    after = show.catalog()
    assert set(after.retired_paths) - set(before.retired_paths) == {
        "".join(f.path for f in before.feeds if f.id == "acme-corp")
    }
    expect_all_in_order(show)
    again = show.run(*ROTATE, "--json")
    assert json.loads(again.out)["resumed"]
    assert show.catalog().retired_paths == after.retired_paths, (
        "the same command acknowledges, and rotates nothing a second time"
    )
    assert show.run(*ROTATE).code == 0
    assert len(show.catalog().retired_paths) == len(after.retired_paths) + 1, "then it means it again"
    expect_all_in_order(show)


def test_a_cut_undo_then_a_publish_then_undo_takes_one_back(show: Show) -> None:
    cut(show, UNDO)
    assert show.run(*PUBLISH).code == 0
    assert titles(show.catalog()) == ["First pitch", "Third pitch"]
    check_public(show, show.catalog())
    again = json.loads(show.run(*UNDO, "--json").out)
    assert again["resumed"]
    assert again["episode"]["name"] == "Second pitch"
    assert titles(show.catalog()) == ["First pitch", "Third pitch"]
    expect_all_in_order(show)
    third = json.loads(show.run(*UNDO, "--json").out)
    assert "resumed" not in third
    assert titles(show.catalog()) == ["First pitch"]
    expect_all_in_order(show)


@pytest.mark.parametrize("kind", ["crash", "down", "interrupt"])
@pytest.mark.parametrize("words", [PUBLISH, UNDO, ROTATE], ids=lambda words: words[0])
def test_nobody_commits_what_was_given_up(show: Show, words: tuple[str, ...], kind: Kind) -> None:
    before = show.catalog()
    cut(show, words, kind)
    assert show.run(*ADD).code == 0
    assert show.run(*EDIT_ACME).code == 0
    after = show.catalog()
    assert titles(after) == titles(before)
    assert after.retired_paths == before.retired_paths
    assert after.releases == before.releases
    assert after.revision == before.revision + 2
    expect_all_in_order(show)
    done = show.run(*words)
    assert done.code == 0, done.err
    assert show.catalog().revision == after.revision + 1
    expect_all_in_order(show)


@pytest.mark.usefixtures("another_machine")
@pytest.mark.parametrize("words", [PUBLISH, UNDO, ROTATE], ids=lambda words: words[0])
def test_the_same_command_on_another_machine_completes_it(show: Show, words: tuple[str, ...]) -> None:
    with patch.object(socket, "gethostname", lambda: "laptop"):
        cut(show, words)
    after = show.catalog()
    done = json.loads(show.run(*words, "--json").out)
    assert done["resumed"]
    assert show.catalog() == after
    expect_all_in_order(show)


def test_on_another_machine_another_command_waits_for_a_sign_of_life(show: Show) -> None:
    with patch.object(socket, "gethostname", lambda: "laptop"):
        cut(show, ROTATE)
    with patch.object(socket, "gethostname", lambda: "desktop"):
        first = show.run(*ADD, "--json")
        assert "finished" not in json.loads(first.out), "the process may live yet, on the other machine"
        with patch.object(pending, "_ALIVE_FOR", timedelta(seconds=-60)):  # a minute without a sign of life
            second = show.run(*EDIT_ACME, "--json")
        assert [one["command"] for one in json.loads(second.out)["finished"]] == ["feeds rotate"]
    expect_all_in_order(show)


def test_a_colleague_finishes_what_concerns_the_same_feed(show: Show) -> None:
    cut(show, UNDO)
    done = show.run("publish", "three.wav", "--to", "acme-corp", "--title", "Third pitch", "--yes", who="sam@desk")
    assert done.code == 0, done.err
    assert "Second pitch" not in titles(show.catalog())
    expect_all_in_order(show)
    again = json.loads(show.run(*UNDO, "--json").out)
    assert again["resumed"]
    assert titles(show.catalog()) == ["First pitch", "Third pitch"]


def test_a_colleague_leaves_alone_what_concerns_others(show: Show) -> None:
    cut(show, ROTATE)
    done = show.run(*FOR_INITECH, "--json", who="sam@desk")
    assert "finished" not in json.loads(done.out)
    assert show.run(*ROTATE).code == 0
    expect_all_in_order(show)


@pytest.mark.parametrize("kind", ["crash after", "down after"])
def test_two_commands_cut_off_one_after_another_are_both_finished_by_the_third(show: Show, kind: Kind) -> None:
    cut(show, ROTATE)
    asked = [request.key for request in show.run(*FOR_INITECH, fault=Fault("write", 10**6, kind)).run.of("write")]
    show.begin()
    cut(show, ROTATE)
    second = show.run(*FOR_INITECH, fault=Fault("write", asked.index(CATALOG), kind))
    assert second.code == ENDED[kind]
    third = show.run(*ADD)
    assert third.code == 0, third.err
    expect_all_in_order(show)
