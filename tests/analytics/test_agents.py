"""What agents are, decided by our table of apps and lists of others; and what kind of network an address is in."""

import json
from ipaddress import ip_address
from pathlib import Path

import iporigin
import pytest

from pitchcast.analytics.agents import AgentLists, decode_agent
from pitchcast.analytics.networks import Networks
from pitchcast.errors import ConfigError

LISTS = AgentLists()


@pytest.mark.parametrize(
    ("agent", "kind", "app"),
    [
        pytest.param("", "none", "", id="none"),
        pytest.param("Podcasts/1745.1 CFNetwork/1568 Darwin/24.0", "app", "Apple Podcasts", id="Apple Podcasts"),
        pytest.param(
            "AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5)", "app", "AppleCoreMedia", id="Apple's player"
        ),
        pytest.param("Overcast/3.0 (+http://overcast.fm/; iOS podcast app)", "app", "Overcast", id="Overcast"),
        pytest.param("PocketCasts/1.0 (Pocket Casts Feed Parser)", "app", "Pocket Casts", id="Pocket Casts"),
        pytest.param("AntennaPod/3.4.0", "app", "AntennaPod", id="AntennaPod"),
        pytest.param("Spotify/8.9 iOS/17.5 (iPhone14,5)", "app", "Spotify", id="Spotify"),
        pytest.param("Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0", "browser", "Firefox", id="a browser"),
        pytest.param("SomethingNew/1.0", "app", "SomethingNew", id="an app that nobody knows"),
        pytest.param("curl/8.1.2", "program", "curl", id="curl"),
        pytest.param("Lavf/61.7.100", "program", "Lavf", id="ffmpeg"),
        pytest.param("pitchcast/0.1", "program", "pitchcast", id="ourselves"),
        pytest.param("Mozilla/5.0 (compatible; Googlebot/2.1)", "program", "", id="a crawler"),
        pytest.param(
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "preview",
            "Slackbot-LinkExpanding",
            id="Slack",
        ),
        pytest.param("WhatsApp/2.23.20.0", "preview", "WhatsApp", id="WhatsApp"),
        pytest.param("atc/1.0 watchOS/10.5 model/Watch6,1", "watch", "Apple Podcasts", id="a watch"),
        pytest.param("(null)/(null) watchOS/6.0", "watch", "Apple Podcasts", id="an older watch"),
    ],
)
def test_what_an_agent_is(agent: str, kind: str, app: str) -> None:
    decided = LISTS.decide(agent)
    assert (decided.kind, decided.app) == (kind, app)


def test_a_list_of_further_programs(tmp_path: Path) -> None:
    path = tmp_path / "bots.json"
    path.write_text(json.dumps([{"user_agents": ["^SomethingNew/"], "name": "new"}, {"pattern": "Other"}, "Third"]))
    lists = AgentLists(path)
    assert [lists.decide(text).kind for text in ("SomethingNew/1", "Another Other", "Third", "Fourth")] == [
        *("program", "program", "program", "app")
    ]
    assert "bots " in lists.versions
    path.write_text('[{"pattern": "("}]')
    with pytest.raises(ConfigError, match=r"bots\.json"):
        AgentLists(path)


@pytest.mark.parametrize(
    ("written", "coding", "text"),
    [
        pytest.param("-", "plain", "", id="none"),
        pytest.param("a%20b", "percent", "a b", id="once"),
        pytest.param("a%2520b", "percent", "a b", id="twice"),
        pytest.param("a%252520b", "percent", "a%20b", id="never more often"),
        pytest.param(r"say \x22hi\x22", "backslash", 'say "hi"', id="nginx"),
        pytest.param(r"caf\xC3\xA9 \"x\" \\", "backslash", 'café "x" \\', id="Apache"),
        pytest.param("x" * 5000, "plain", "x" * 1000, id="endless"),
    ],
)
def test_agents_are_read_as_they_were_sent(written: str, coding: str, text: str) -> None:
    assert decode_agent(written, coding) == text


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("52.95.110.1", "hosting"),
        ("104.16.0.1", "cdn"),
        ("172.224.226.1", "relay"),
        ("192.168.1.1", "other"),
        ("198.51.100.7", "own"),
        ("52.95.110.9", "kept"),
        ("2001:db8::1", "vpn"),
    ],
)
def test_kinds_of_networks(tmp_path: Path, address: str, kind: str) -> None:
    path = tmp_path / "networks.csv"
    path.write_text("network,kind\n2001:db8::/32,vpn\n198.51.100.7,hosting\n")
    networks = Networks("198.51.100.0/24", "52.95.110.9", path)
    assert networks.kind_of(ip_address(address)) == kind


def test_a_list_of_networks_with_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "networks.csv"
    path.write_text("network,kind\n2001:db8::/32,nice\n")
    with pytest.raises(ConfigError, match="row 2: the kind is 'nice'"):
        Networks(file=path)


def test_reserved_networks_are_no_data_centres() -> None:
    """Wherever reserved networks begin and end, an address in one is told from all others."""
    networks = Networks()
    edges = [0, 1, 0x3FFFFF, 0x400000, 0x7FFFFF, 0x800000, 0xFE0000 - 1, 0xFE0000, 0xFFFFFE, 0xFFFFFF]
    for first_byte in range(256):
        for address in (ip_address((first_byte << 24) + edge) for edge in edges):
            is_reserved = iporigin.classify(address).kind == "reserved"
            assert (networks.kind_of(address) == "other") == is_reserved, address
