"""Settings: which value holds, what a mistake is called, and that a new file says what it was made from."""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pitchcast.config import (
    AudienceSettings,
    BrandSettings,
    Settings,
    ShowSettings,
    StorageSettings,
    load_settings,
    render_config,
    user_config_path,
    write_config,
)
from pitchcast.config.document import read_document
from pitchcast.config.keys import FLAG, KEYS, NUMBER, PATH, TEXT, Key
from pitchcast.config.personal import read_personal
from pitchcast.errors import ConfigError
from pitchcast.model.leads import LeadRules
from pitchcast.model.show import AudioSettings, LoudnessTarget, Show

SETTINGS_PAGE = Path(__file__).parent.parent / "docs" / "settings.md"


def load(folder: Path, text: str | bytes = "", **changes: object) -> Settings:
    """Load a pitchcast.toml with that text in *folder*, and nothing else."""
    folder.mkdir(exist_ok=True)
    (folder / "pitchcast.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(folder, **{"environ": {}, **changes})  # type: ignore[arg-type]


def mistakes(folder: Path, text: str | bytes = "", **changes: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **changes)
    assert caught.value.hint
    return caught.value.message.split("\n")


EVERY_SETTING = """
[show]
title = "Cloud bills, explained"
host = "Dana Reyes"
email = "dana@seller.example"
owner_email = true
language = "de-CH"
category = "Technology"
link = "https://seller.example/?from=podcast"
artwork = "art/cover.jpg"
cover_per_prospect = true
role = "Cloud architect"
photo = "dana.jpg"
contact = "dana@seller.example"
description = "Three ideas.\\nEvery month."
explicit = true
[storage]
url = "s3://pitches/cloud-bills"
endpoint_url = "http://127.0.0.1:8333/"
insecure = true
region = "eu-central-1"
profile = "pitchcast"
public_url = "https://listen.example.com/"
private_url = "s3://pitches-private/x"
addressing = "path"
checksums = "when_required"
client = "boto3"
timeout = 30
audio = "shared"
single_writer = true
history_days = 365
gone_days = 90
[audio]
loudness = -18
true_peak = -1.5
bitrate = 128
channels = "mono"
trim_silence = false
level = "always"
clean = "light"
shorten_pauses = 1.5
[brand]
intro = "intro.wav"
outro = "outro.wav"
crossfade = 1
call_to_action = "Book twenty minutes"
call_to_action_url = "https://example.com/book?utm_source=podcast"
color = "#1d3fae"
accent = "#FC0"
company = "Seller Ltd"
company_url = "https://seller.example"
imprint_url = "https://seller.example/imprint"
privacy_url = "https://seller.example/privacy"
address = "team"
logo = "logo.png"
templates = "brand"
mail = "mail.txt"
[audience]
logs = "s3://logs/pitches"
own_networks = "203.0.113.0/24, 2001:db8::/32"
keep_networks = "198.51.100.7"
bots = "bots.json"
networks = "networks.csv"
half_life = 21
call_today = 60
warm = 30
points_play = 12
points_play_again = 6
points_tap = 40
points_unsure_tap = 0
points_passed_on = 25
points_passed_on_again = 5
points_passed_on_most = 60
points_colleague = 25
points_pasted = 0
points_subscribed = 20
points_download = 1
points_downloads_most = 3
points_open = 1
points_returning = 15
notice = false
per_prospect = false
keep_days = 90
"""


LEAD_RULES = LeadRules(
    half_life=21,
    call_today=60,
    warm=30,
    points_play=12,
    points_play_again=6,
    points_tap=40,
    points_unsure_tap=0,
    points_passed_on=25,
    points_passed_on_again=5,
    points_passed_on_most=60,
    points_colleague=25,
    points_pasted=0,
    points_subscribed=20,
    points_download=1,
    points_downloads_most=3,
    points_open=1,
    points_returning=15,
)


def every_setting(folder: Path) -> Settings:
    return Settings(
        folder / "pitchcast.toml",
        ShowSettings(
            title="Cloud bills, explained",
            host="Dana Reyes",
            email="dana@seller.example",
            owner_email=True,
            language="de-CH",
            category="Technology",
            link="https://seller.example/?from=podcast",
            artwork=folder / "art" / "cover.jpg",
            cover_per_prospect=True,
            role="Cloud architect",
            photo=folder / "dana.jpg",
            contact="dana@seller.example",
            description="Three ideas.\nEvery month.",
            explicit=True,
        ),
        StorageSettings(
            url="s3://pitches/cloud-bills",
            endpoint_url="http://127.0.0.1:8333",
            insecure=True,
            region="eu-central-1",
            profile="pitchcast",
            public_url="https://listen.example.com",
            private_url="s3://pitches-private/x",
            addressing="path",
            checksums="when_required",
            client="boto3",
            timeout_s=30,
            audio="shared",
            single_writer=True,
            history_days=365,
            gone_days=90,
            base=folder,
        ),
        AudioSettings(
            target=LoudnessTarget(integrated_lufs=-18.0, true_peak_dbtp=-1.5),
            bitrate_kbps=128,
            channels="mono",
            trim_silence=False,
            level="always",
            clean="light",
            shorten_pauses_s=1.5,
        ),
        BrandSettings(
            intro=folder / "intro.wav",
            outro=folder / "outro.wav",
            crossfade_s=1.0,
            call_to_action="Book twenty minutes",
            call_to_action_url="https://example.com/book?utm_source=podcast",
            color="#1d3fae",
            accent="#FC0",
            company="Seller Ltd",
            company_url="https://seller.example",
            imprint_url="https://seller.example/imprint",
            privacy_url="https://seller.example/privacy",
            address="team",
            logo=folder / "logo.png",
            templates=folder / "brand",
            mail=folder / "mail.txt",
        ),
        AudienceSettings(
            logs="s3://logs/pitches",
            own_networks="203.0.113.0/24, 2001:db8::/32",
            keep_networks="198.51.100.7",
            bots=folder / "bots.json",
            networks=folder / "networks.csv",
            leads=LEAD_RULES,
            notice=False,
            per_prospect=False,
            keep_days=90,
            base=folder,
        ),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A show's folder with the files that settings name."""
    folder = tmp_path.resolve() / "show"
    (folder / "art").mkdir(parents=True)
    (folder / "brand").mkdir()
    for name in (
        "cover.jpg",
        "art/cover.jpg",
        "intro.wav",
        "outro.wav",
        "logo.png",
        "mail.txt",
        "dana.jpg",
        "bots.json",
        "networks.csv",
    ):
        (folder / name).write_bytes(b"x")
    return folder


class TestWhichValueHolds:
    def test_nothing_set_gives_the_defaults(self, tmp_path: Path) -> None:
        settings = load_settings(tmp_path, environ={})
        assert settings == Settings(
            storage=StorageSettings(base=tmp_path.resolve()), audience=AudienceSettings(base=tmp_path.resolve())
        )
        assert (settings.file, settings.show.title, settings.storage.url) == (None, "", "./site")
        assert settings.audio == AudioSettings()

    def test_the_show_has_the_defaults_of_the_model(self) -> None:
        show = Show(id="", title="", host="", art_token="", first_address="")
        names = (
            "owner_email",
            "language",
            "category",
            "explicit",
            "link",
            "description",
            "email",
            "cover_per_prospect",
        )
        assert [getattr(ShowSettings(), name) for name in names] == [getattr(show, name) for name in names]

    def test_every_key_of_the_file(self, folder: Path) -> None:
        assert load(folder, EVERY_SETTING) == every_setting(folder)
        assert {f"{section}.{key}" for section, keys in tomllib.loads(EVERY_SETTING).items() for key in keys} == {*KEYS}

    def test_every_key_of_the_environment(self, folder: Path) -> None:
        """What an environment variable says is read as the same value as in the file."""
        texts = {
            f"PITCHCAST_{section}_{key}".upper(): str(value)
            for section, keys in tomllib.loads(EVERY_SETTING).items()
            for key, value in keys.items()
        }
        assert {key.variable for key in KEYS.values()} == set(texts)
        assert load(folder, environ=texts) == every_setting(folder)

    def test_every_key_of_the_options(self, folder: Path) -> None:
        data = tomllib.loads(EVERY_SETTING)
        options = {f"{section}.{key}": value for section, keys in data.items() for key, value in keys.items()}
        options |= {"show.artwork": Path("art/cover.jpg"), "audio.bitrate": "128", "brand.crossfade": "1"}
        assert load(folder, options=options) == every_setting(folder)

    def test_option_then_environment_then_file_then_own_file(self, tmp_path: Path) -> None:
        own = tmp_path / "config.toml"
        own.write_text('[show]\ntitle = "own"\nhost = "own"\nlink = "https://own.example"\ndescription = "own"\n')
        file = '[show]\ntitle = "file"\nhost = "file"\nlink = "https://file.example"\n'
        environ = {"PITCHCAST_SHOW_TITLE": "environment", "PITCHCAST_SHOW_HOST": "environment"}
        options = {"show.title": "option", "show.host": None}
        show = load(tmp_path, file, user_config=own, environ=environ, options=options).show
        assert (show.title, show.host, show.link, show.description) == (
            "option",
            "environment",
            "https://file.example",
            "own",
        )

    def test_the_file_is_found_upwards_and_its_paths_count_from_it(self, folder: Path) -> None:
        load(folder, '[show]\nartwork = "cover.jpg"\n[storage]\nurl = "site"\n')
        deep = folder / "a" / "b"
        deep.mkdir(parents=True)
        settings = load_settings(deep, environ={})
        assert settings.file == folder / "pitchcast.toml"
        assert settings.show.artwork == folder / "cover.jpg"
        assert (settings.storage.url, settings.storage.base) == ("site", folder)

    def test_the_default_storage_lies_beside_the_file_that_was_found(self, folder: Path) -> None:
        load(folder)
        assert load_settings(folder / "art", environ={}).storage.base == folder

    @pytest.mark.parametrize("how", ["option", "environment"])
    def test_paths_from_outside_count_from_the_working_folder(self, folder: Path, how: str) -> None:
        load(folder, '[storage]\nurl = "elsewhere"\n')
        given = {"storage.url": "site", "show.artwork": "cover.jpg"}
        environ = {KEYS[name].variable: text for name, text in given.items()} if how == "environment" else {}
        settings = load_settings(folder / "art", environ=environ, options=given if how == "option" else {})
        assert settings.storage.base == folder / "art"
        assert settings.show.artwork == folder / "art" / "cover.jpg"

    def test_paths_in_the_own_file_count_from_its_folder(self, folder: Path, tmp_path: Path) -> None:
        own = folder / "config.toml"
        own.write_text('[brand]\nintro = "intro.wav"\n[storage]\nurl = "pitches"\n')
        settings = load_settings(tmp_path, environ={}, user_config=own)
        assert settings.brand.intro == folder / "intro.wav"
        assert (settings.file, settings.storage.base) == (None, folder)

    def test_a_file_named_by_option_wins_over_the_one_named_by_the_environment(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / f"{name}.toml").write_text(f'[show]\ntitle = "{name}"\n')
        environ = {"PITCHCAST_CONFIG": "one.toml"}
        assert load(tmp_path, "[show]\ntitle = 'found'", environ=environ).show.title == "one"
        settings = load_settings(tmp_path, environ=environ, config=Path("two.toml"))
        assert (settings.show.title, settings.file) == ("two", tmp_path.resolve() / "two.toml")

    def test_an_empty_variable_counts_as_not_set_and_others_are_left_alone(self, tmp_path: Path) -> None:
        environ = {"PITCHCAST_SHOW_TITLE": "", "PITCHCAST_CONFIG": "", "PITCHCAST_FFMPEG": "/opt/ffmpeg", "SHOW_X": "1"}
        assert load(tmp_path, "[show]\ntitle = 'file'", environ=environ).show.title == "file"

    def test_an_empty_file_name_takes_away_what_the_own_file_says(self, folder: Path) -> None:
        own = folder / "config.toml"
        own.write_text('[brand]\nintro = "intro.wav"\n')
        assert load(folder, '[brand]\nintro = ""\n', user_config=own).brand.intro is None

    @pytest.mark.parametrize("text", ["yes", "TRUE", "1", "on"])
    def test_words_for_true_in_the_environment(self, tmp_path: Path, text: str) -> None:
        assert load_settings(tmp_path, environ={"PITCHCAST_SHOW_EXPLICIT": text}).show.explicit is True

    def test_a_byte_order_mark_and_windows_line_ends_are_fine(self, tmp_path: Path) -> None:
        text = b"\xef\xbb\xbf[show]\r\ntitle = 'one'\r\ndescription = '''\r\na\r\nb'''\r\n"
        show = load(tmp_path, text).show
        assert (show.title, show.description) == ("one", "a\nb")

    def test_the_own_file_need_not_exist(self, tmp_path: Path) -> None:
        assert load_settings(tmp_path, environ={}, user_config=tmp_path / "none.toml").file is None
        assert user_config_path().parts[-2:] == ("pitchcast", "config.toml")


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("show.titel = 'x'", "1: show.titel: unknown key (did you mean title?)", id="misspelt key"),
            pytest.param(
                "[show]\nurl = 'x'", "2: show.url: unknown key (did you mean storage.url?)", id="other section"
            ),
            pytest.param("title = 'x'", "1: title: unknown key (did you mean show.title?)", id="no section"),
            pytest.param("[stroage]\nurl='x'", "1: stroage: unknown section (did you mean storage?)", id="section"),
            pytest.param("[zzz]\nurl = 'x'", "1: zzz: unknown section", id="section like no other"),
            pytest.param("[show.more]\nx = 1", "1: show.more: unknown key", id="table in a section"),
            pytest.param("show = 'x'", "1: show: must be a section, written [show]", id="section as a value"),
            pytest.param("\n[[show]]\ntitle='x'", "2: show: must be a section, written [show]", id="list of sections"),
            pytest.param(
                '"show.title" = "x"',
                '1: "show.title": unknown key (did you mean show.title?)',
                id="quoted name with a dot",
            ),
            pytest.param('[show]\n"a\\u001b[31m" = 1', '2: show."a\\u001b[31m": unknown key', id="control in a key"),
            pytest.param("[show]\ntitle = 5", "2: show.title: must be text in quotes", id="number for text"),
            pytest.param(
                "[show]\nexplicit = 'no'",
                "2: show.explicit: must be true or false, without quotes",
                id="text for a flag",
            ),
            pytest.param("[show]\nexplicit = 0", "2: show.explicit: must be true or false, without quotes", id="0"),
            pytest.param(
                "audio.bitrate = 96.0", "1: audio.bitrate: must be a whole number, without quotes", id="float bitrate"
            ),
            pytest.param("audio.bitrate = 97", "1: audio.bitrate: must be 64, 80, 96 or 128", id="bitrate"),
            pytest.param(
                "audio.loudness = true", "1: audio.loudness: must be a number, without quotes", id="flag for a number"
            ),
            pytest.param("audio.loudness = 16", "1: audio.loudness: must be between -30 and -8", id="sign forgotten"),
            pytest.param("audio.loudness = nan", "1: audio.loudness: must be between -30 and -8", id="not a number"),
            pytest.param("audio.true_peak = 0.1", "1: audio.true_peak: must be between -9 and 0", id="true peak"),
            pytest.param("brand.crossfade = 11", "1: brand.crossfade: must be between 0 and 10", id="crossfade"),
            pytest.param("audio.channels = 'left'", "1: audio.channels: must be auto, mono or stereo", id="channels"),
            pytest.param("show.artwork = ['a']", "1: show.artwork: must be a file name in quotes", id="list of files"),
            pytest.param("extends = 5", "1: extends: must be a file name in quotes", id="extends a number"),
            pytest.param(
                "locked = ['brands']",
                '1: locked: must be a list of sections or keys, as in ["brand", "show.link"]',
                id="locked nothing",
            ),
            pytest.param(
                "locked = [['brand']]",
                '1: locked: must be a list of sections or keys, as in ["brand", "show.link"]',
                id="locked lists",
            ),
        ],
    )
    def test_key_and_line_are_named(self, tmp_path: Path, text: str, expected: str) -> None:
        assert mistakes(tmp_path, text) == [f"pitchcast.toml:{expected}"]

    BAD_VALUES = (
        ("show.title", "x" * 256, "must have at most 255 characters, has 256"),
        ("show.host", " Dana", "must not start or end with a space"),
        ("show.title", "a\nb", "must be one line without control characters"),
        ("show.title", "a\u2028b", "must be one line without control characters"),
        ("show.email", "dana", "must be an e-mail address"),
        ("show.email", "Dana <dana@seller.example>", "must be an e-mail address"),
        ("show.email", "dana@seller", "must be an e-mail address"),
        ("show.language", "english", "must be a language code"),
        ("show.language", "en_US", "must be a language code"),
        ("show.language", "zz", "must be a language code"),
        ("show.language", "", "must be a language code"),
        ("show.category", "A > B > C", "must be one or two names"),
        ("show.category", "A>B", "must be one or two names"),
        ("show.category", "", "must be one or two names"),
        ("show.link", "seller.example", "must be an address such as https://example.com"),
        ("show.link", "javascript:alert(1)", "must be an address"),
        ("show.link", "https://", "must be an address"),
        ("show.link", "https://a b.example", "must be an address"),
        ("show.link", "https://[::1", "must be an address"),
        ("show.link", "https://a.example:99999", "must be an address"),
        ("show.link", "https://me:pw@a.example", "must hold no user name and no password"),
        ("show.description", "ü" * 2001, "must have at most 4000 bytes, has 4002"),
        ("show.description", "bell \a", "must have no control characters"),
        ("show.artwork", "none.jpg", "no such file"),
        ("show.artwork", ".", "no such file"),
        ("brand.intro", "x" * 5000, "cannot be read"),
        ("brand.outro", "a\0b", "no such file"),
        ("brand.call_to_action_url", "mailto:a@b", "must be an address"),
        ("brand.call_to_action_url", "mailto:a@b.example, c@d.example", "must be an address"),
        ("brand.call_to_action_url", "tel:call me", "must be an address"),
        ("brand.call_to_action_url", "sms:+442079460000", "must be an address"),
        ("brand.call_to_action_url", "javascript:alert(1)", "must be an address"),
        ("show.link", "mailto:a@b.example", "must be an address"),
        ("brand.color", "red; } body {", "must be a colour"),
        ("brand.accent", "#12345", "must be a colour"),
        ("brand.address", "everybody", "must be team or person"),
        ("show.contact", "call me", "must be an e-mail address, a telephone number such as"),
        ("show.contact", "+12", "must be an e-mail address"),
        ("storage.url", "", "must be a folder, file://… or s3://BUCKET/PREFIX"),
        ("audience.logs", "https://logs.example.com/x", "must be a folder, a file or s3://BUCKET/PREFIX"),
        ("audience.own_networks", "203.0.113.0/24, 10.0.0.x", "must be networks, as in 203.0.113.0/24"),
        ("storage.url", "https://s3.example.com/x", "must be a folder, file://… or s3://BUCKET/PREFIX"),
        ("storage.url", "s3://", "must look like s3://BUCKET/PREFIX"),
        ("storage.url", "s3:/bucket", "must look like s3://BUCKET/PREFIX"),
        ("storage.url", "s3://bucket/a//b", "must look like s3://BUCKET/PREFIX"),
        ("storage.url", "s3://bucket/../b", "must look like s3://BUCKET/PREFIX"),
        (
            "storage.url",
            "s3://Pitches",
            "must look like s3://BUCKET/PREFIX, where BUCKET has 3 to 63 lowercase letters",
        ),
        ("storage.private_url", "s3://my_pitches/x", "must look like s3://BUCKET/PREFIX, where BUCKET has 3 to 63"),
        ("storage.private_url", "./private", "must look like s3://BUCKET/PREFIX"),
        ("storage.endpoint_url", "s3.example.com", "must be an address"),
        ("storage.endpoint_url", "https://s3.example.com/?x=1", "must have no ? and no #"),
        ("storage.public_url", "http://listen.example.com", "must start with https://"),
        ("storage.public_url", "https://listen.example.com/#x", "must have no ? and no #"),
        ("storage.public_url", "https://hören.example", "must consist of ASCII characters"),
        ("storage.addressing", "dns", "must be auto, path or virtual"),
        ("storage.checksums", "never", "must be when_supported or when_required"),
        ("storage.client", "obstore", "must be auto or boto3"),
        ("storage.timeout", 0, "must be between 1 and 3600"),
    )

    @pytest.mark.parametrize(("name", "value", "what"), BAD_VALUES)
    def test_values_are_checked(self, tmp_path: Path, name: str, value: str, what: str) -> None:
        (mistake,) = mistakes(tmp_path, options={name: value})
        assert mistake.startswith(f"{name}: {what}")

    GOOD_VALUES = (
        ("show.title", "x" * 255),
        ("show.host", "מאיה 🎙️ 山田"),
        ("show.description", "ü" * 2000),
        ("show.language", "zh-Hant-TW"),
        ("show.category", "Business > Marketing"),
        ("show.link", "https://münchen.example:8080/a?b=c#d"),
        ("storage.public_url", "http://127.0.0.1:8760"),
        ("storage.public_url", "http://[::1]:8760"),
        ("storage.public_url", "http://localhost:8760"),
        ("storage.public_url", "https://example.com/podcasts"),
        ("storage.url", "C:\\pitches\\site"),
        ("storage.url", "../site"),
        ("storage.url", "file:///srv/site"),
        ("storage.url", "s3://bucket"),
        ("storage.url", "s3://bucket/a/b/"),
        ("storage.endpoint_url", "http://127.0.0.1:9000"),
    )

    @pytest.mark.parametrize(("name", "value"), GOOD_VALUES)
    def test_good_values_pass(self, tmp_path: Path, name: str, value: str) -> None:
        assert KEYS[name].value_in(load(tmp_path, options={name: value})) == value

    @pytest.mark.parametrize("host", ["minio.internal:9000", "192.168.1.5", "127.0.0.1.example.com", "[fe80::1]"])
    def test_keys_cross_a_network_in_plain_http_only_if_that_is_said(self, tmp_path: Path, host: str) -> None:
        text = f'[storage]\nurl = "s3://pitches"\nendpoint_url = "http://{host}"\n'
        (mistake,) = mistakes(tmp_path, text)
        assert mistake.startswith("pitchcast.toml:3: storage.endpoint_url: must start with https://")
        line = mistake.partition("add the line ")[2].partition(" under")[0]
        assert load(tmp_path, f"{text}{line}\n").storage.endpoint_url == f"http://{host}"

    def test_all_mistakes_of_all_places_at_once(self, tmp_path: Path) -> None:
        own = tmp_path / "config.toml"
        own.write_text("[audio]\nbitrate = 1\n")
        text = '# a show\n[show]\ntitle = 5\n\n[storage]\npubic_url = "https://a.example"\nsingle_writer = 1\n'
        environ = {"PITCHCAST_STORAGE_ULR": "x", "PITCHCAST_AUDIO_LOUDNESS": "loud", "PITCHCAST_SHOW_": "x"}
        assert mistakes(tmp_path, text, user_config=own, environ=environ, options={"show.language": "?"}) == [
            "config.toml:2: audio.bitrate: must be 64, 80, 96 or 128",
            "pitchcast.toml:3: show.title: must be text in quotes",
            "pitchcast.toml:6: storage.pubic_url: unknown key (did you mean public_url?)",
            "pitchcast.toml:7: storage.single_writer: must be true or false, without quotes",
            "PITCHCAST_AUDIO_LOUDNESS: audio.loudness: must be a number, without quotes",
            "PITCHCAST_STORAGE_ULR: storage.ulr: unknown key (did you mean url?)",
            "show.language: must be a language code such as en or de-CH",
        ]

    @pytest.mark.parametrize("name", ["secret_access_key", "access_key", "aws_session_token", "password", "apikey"])
    def test_credentials_are_refused_and_never_repeated(self, tmp_path: Path, name: str) -> None:
        environ = {f"PITCHCAST_STORAGE_{name.upper()}": "hunter2"}
        found = mistakes(tmp_path, f"[storage]\n{name} = 'hunter2'\n", environ=environ)
        what = f"storage.{name}: credentials come only from the usual AWS places (a profile, the environment)"
        assert found == [f"pitchcast.toml:2: {what}", f"PITCHCAST_STORAGE_{name.upper()}: {what}"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param(
                "[show]\nhost = Dana", r"2: is not valid TOML: Invalid value \(text needs quotes\)", id="no quotes"
            ),
            pytest.param('[show]\ntitle = "open', "2: is not valid TOML: ", id="open quote"),
            pytest.param(
                "[show]\ntitle = 'a'\ntitle = 'b'", "3: is not valid TOML: Cannot overwrite a value", id="twice"
            ),
            pytest.param('[show]\nx = """\n\n', "2: is not valid TOML: ", id="open text block"),
            pytest.param('[brand]\nintro = "C:\\Users\\x.wav"', "2: is not valid TOML: .*backslash is", id="backslash"),
            pytest.param("[show", "1: is not valid TOML: ", id="open section"),
            pytest.param(b"a = 1\nb = '\xff'", "2: is not UTF-8; save it as UTF-8 text", id="Latin-1"),
            pytest.param("[show]".encode("utf-16"), "1: is not UTF-8; save it as UTF-8 text", id="UTF-16"),
            pytest.param("x = " + "9" * 5000, " is not valid TOML: ", id="absurd number"),
            pytest.param("x = " + "[" * 20000, " is not valid TOML: |1: is not valid TOML: ", id="absurd nesting"),
            pytest.param("#" * 70_000, " is too large for settings: more than 65.5 kB", id="too big"),
        ],
    )
    def test_what_is_no_toml_is_refused_with_its_line(self, tmp_path: Path, text: str | bytes, expected: str) -> None:
        (mistake,) = mistakes(tmp_path, text)
        assert re.match(f"pitchcast.toml:({expected})", mistake)

    def test_a_broken_file_does_not_hide_the_mistakes_elsewhere(self, tmp_path: Path) -> None:
        assert len(mistakes(tmp_path, "[show", environ={"PITCHCAST_SHOW_LANGUAGE": "?"})) == 2

    def test_a_folder_of_that_name(self, tmp_path: Path) -> None:
        (tmp_path / "pitchcast.toml").mkdir()
        with pytest.raises(ConfigError, match=r"pitchcast\.toml: is a folder, not a file"):
            load_settings(tmp_path, environ={})

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "pitchcast.toml").symlink_to(tmp_path / "gone.toml")
        with pytest.raises(ConfigError, match=r"pitchcast\.toml: cannot be read: No such file"):
            load_settings(tmp_path, environ={})

    @pytest.mark.parametrize("how", ["option", "environment"])
    def test_a_named_file_that_is_not_there(self, tmp_path: Path, how: str) -> None:
        environ = {"PITCHCAST_CONFIG": "none.toml"} if how == "environment" else {}
        with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
            load_settings(tmp_path, environ=environ, config=Path("none.toml") if how == "option" else None)

    def test_a_name_that_is_not_unicode(self, tmp_path: Path) -> None:
        assert mistakes(tmp_path, environ={"PITCHCAST_SHOW_DESCRIPTION": "a\udcff"}) == [
            "PITCHCAST_SHOW_DESCRIPTION: show.description: is not valid Unicode"
        ]

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            pytest.param("[show]\n# title = 1\n\n  title = 1", 4, id="comment and indent"),
            pytest.param("show = {host = 'a', title = 1}", 1, id="inline table"),
            pytest.param("show.host = 'a'\nshow.title = 1", 2, id="dotted"),
            pytest.param("['show'] # [brand]\n\"title\" = 1", 2, id="quoted"),
            pytest.param('[show]\ndescription = """\ntitle = 0\n[audio]\n"""\ntitle = 1', 6, id="after a text block"),
            pytest.param("[show]\ntitle = [\n  1,\n  2,\n]", 2, id="value over several lines"),
            pytest.param("[brand]\ncall_to_action = 'title = 1'\n[show]\ntitle=1 # title", 4, id="looks alike"),
        ],
    )
    def test_the_line_is_found_however_it_is_written(self, tmp_path: Path, text: str, line: int) -> None:
        assert mistakes(tmp_path, text) == [f"pitchcast.toml:{line}: show.title: must be text in quotes"]


class TestExtends:
    @pytest.fixture
    def company(self, tmp_path: Path) -> Path:
        """A show's folder beside that of the company, whose file locks the brand and one key more."""
        (tmp_path / "company").mkdir()
        (tmp_path / "company" / "intro.wav").write_bytes(b"x")
        (tmp_path / "company" / "company.toml").write_text(
            'locked = ["brand", "audio.bitrate"]\n[brand]\nintro = "intro.wav"\n[show]\nlanguage = "de"\nlink = "https://c.example"\n'
        )
        (tmp_path / "show").mkdir()
        return tmp_path.resolve() / "show"

    def test_the_base_is_overridden_and_its_paths_count_from_it(self, company: Path) -> None:
        settings = load(company, 'extends = "../company/company.toml"\n[show]\nlanguage = "fr"\n')
        assert (settings.show.language, settings.show.link) == ("fr", "https://c.example")
        assert settings.brand.intro is not None
        assert settings.brand.intro.resolve() == company.parent / "company" / "intro.wav"
        assert settings.file == company / "pitchcast.toml"

    def test_what_is_locked_is_refused_from_everywhere(self, company: Path) -> None:
        found = mistakes(
            company,
            'extends = "../company/company.toml"\n[brand]\ncrossfade = 1.0\n[audio]\nloudness = -17.0\n',
            environ={"PITCHCAST_AUDIO_BITRATE": "64"},
            options={"brand.outro": "x.wav"},
        )
        by = f"is locked by {Path('..', 'company', 'company.toml')}"
        assert found == [
            f"pitchcast.toml:3: brand.crossfade: {by}",
            f"PITCHCAST_AUDIO_BITRATE: audio.bitrate: {by}",
            f"brand.outro: {by}",
        ]

    def test_the_own_file_does_not_show_through_a_lock(self, company: Path) -> None:
        own = company / "config.toml"
        own.write_text('[brand]\ncall_to_action = "Mine"\n[show]\nhost = "Dana"\n')
        settings = load(company, 'extends = "../company/company.toml"\n', user_config=own)
        assert (settings.brand.call_to_action, settings.show.host) == ("", "Dana")

    def test_a_base_may_extend_another(self, tmp_path: Path) -> None:
        (tmp_path / "a.toml").write_text('[show]\ntitle = "a"\nhost = "a"\nlink = "https://a.example"\n')
        (tmp_path / "b.toml").write_text('extends = "a.toml"\n[show]\ntitle = "b"\nhost = "b"\n')
        show = load(tmp_path, 'extends = "b.toml"\n[show]\ntitle = "c"\n').show
        assert (show.title, show.host, show.link) == ("c", "b", "https://a.example")

    def test_a_circle(self, tmp_path: Path) -> None:
        (tmp_path / "b.toml").write_text('extends = "pitchcast.toml"\n')
        assert mistakes(tmp_path, 'extends = "b.toml"\n') == ["b.toml:1: extends: files extend each other in a circle"]

    @pytest.mark.parametrize("name", ["none.toml", ".", "loop.toml", "nul\\u0000"])
    def test_a_base_that_is_no_file(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "loop.toml").symlink_to("loop.toml")
        (mistake,) = mistakes(tmp_path, f'# ours\nextends = "{name}"\n[show]\ntitle = "x"\n')
        assert mistake.startswith("pitchcast.toml:2: extends: no such file: ")


UNHURRIED = hypothesis_settings(deadline=None)  # files are written, on machines that may be busy
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


class TestNewFile:
    @UNHURRIED
    @given(title=TEXTS, description=TEXTS, call_to_action=TEXTS)
    def test_any_text_comes_back_as_it_was(self, title: str, description: str, call_to_action: str) -> None:
        text = render_config(
            ShowSettings(title=title, description=description),
            StorageSettings(),
            brand=BrandSettings(call_to_action=call_to_action),
        )
        data = tomllib.loads(text.encode("utf-8").decode("utf-8"))
        assert data["show"].get("title", "") == title
        assert data["show"].get("description", "") == description
        assert data["brand"].get("call_to_action", "") == call_to_action

    @UNHURRIED
    @given(
        description=st.text(st.sampled_from("\"'\\\n\t#=[]{}$% aüß🎙️\u2028\u202e\u0085"), max_size=200),
        loudness=st.floats(-30, -8),
        crossfade=st.floats(0, 10),
        bitrate=st.sampled_from([64, 80, 96, 128]),
        explicit=st.booleans(),
    )
    def test_loading_it_gives_the_same_settings(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        description: str,
        loudness: float,
        crossfade: float,
        bitrate: int,
        explicit: bool,
    ) -> None:
        description = description.replace("\u0085", "")
        show = ShowSettings(title="A 'title' with \"quotes\" \\ 🎙️", description=description, explicit=explicit)
        audio = AudioSettings(target=LoudnessTarget(integrated_lufs=loudness), bitrate_kbps=bitrate)
        brand = BrandSettings(crossfade_s=crossfade)
        folder = tmp_path_factory.getbasetemp().resolve() / "new-file"
        storage = StorageSettings(url="s3://bucket/x", single_writer=True, base=folder)
        settings = load(folder, render_config(show, storage, audio, brand))
        audience = AudienceSettings(base=folder)
        assert settings == Settings(folder / "pitchcast.toml", show, storage, audio, brand, audience)

    def test_every_setting_survives(self, folder: Path) -> None:
        settings = every_setting(folder)
        text = render_config(settings.show, settings.storage, settings.audio, settings.brand, settings.audience)
        assert load(folder, text) == settings
        assert 'artwork = "art/cover.jpg"' in text

    def test_only_what_is_set_stands_outside_comments(self) -> None:
        text = render_config(ShowSettings(title="One", host="Dana"), StorageSettings())
        assert tomllib.loads(text) == {
            "show": {"title": "One", "host": "Dana"},
            "storage": {"url": "./site"},
            "audio": {},
            "brand": {},
            "audience": {},
        }

    def test_the_examples_in_comments_are_good_settings(self, folder: Path) -> None:
        text = render_config(ShowSettings(title="One", host="Dana"), StorageSettings())
        with_examples = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
        data = tomllib.loads(with_examples)
        assert {f"{section}.{key}" for section, keys in data.items() for key in keys} == {*KEYS}
        (folder / "pitchcast.toml").write_text(with_examples.replace("BUCKET", "bucket").replace("OTHER", "other"))
        assert load_settings(folder, environ={}).brand.intro == folder / "intro.wav"

    def test_a_storage_folder_given_from_elsewhere_stays_the_same_place(self, folder: Path, tmp_path: Path) -> None:
        storage = StorageSettings(url="site", base=tmp_path.resolve())
        loaded = load(folder, render_config(ShowSettings(), storage, folder=folder)).storage
        assert loaded.base / loaded.url == tmp_path.resolve() / "site"

    def test_an_existing_file_is_never_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / "pitchcast.toml"
        write_config(path, "# mine: ü\n")
        with pytest.raises(ConfigError, match="exists and is not overwritten"):
            write_config(path, "# yours\n")
        assert path.read_bytes() == "# mine: ü\n".encode()
        assert list(tmp_path.iterdir()) == [path]

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot be written: No such file"):
            write_config(tmp_path / "none" / "pitchcast.toml", "")

    def test_a_full_disk_leaves_nothing(self, tmp_path: Path) -> None:
        script = "import resource, sys; from pathlib import Path; from pitchcast.config import write_config\n"
        script += "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); write_config(Path(sys.argv[1]), 'x' * 200)"
        path = tmp_path / "pitchcast.toml"
        run = subprocess.run([sys.executable, "-B", "-c", script, path], capture_output=True, text=True, check=False)
        assert "pitchcast.toml cannot be written: File too large" in run.stderr
        assert list(tmp_path.iterdir()) == []

    def test_one_of_many_writers_wins_and_nothing_is_mixed(self, tmp_path: Path) -> None:
        path = tmp_path / "pitchcast.toml"
        script = "import sys; from pathlib import Path; from pitchcast.config import write_config\n"
        script += "write_config(Path(sys.argv[1]), sys.argv[2] * 50_000)"
        writers = [
            subprocess.Popen([sys.executable, "-c", script, str(path), letter], stderr=subprocess.DEVNULL)
            for letter in "abcd"
        ]
        assert sorted(writer.wait() for writer in writers) == [0, 1, 1, 1]
        content = path.read_text()
        assert content == content[0] * 50_000
        assert list(tmp_path.iterdir()) == [path]


class TestOwner:
    """Whose file is obeyed that nobody named; tests/attacks tries others' on the program."""

    def test_in_a_folder_of_somebody_else_their_file_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As in a container that runs as root in somebody's checkout."""
        me = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)
        assert load(tmp_path, '[show]\ntitle = "Theirs"\n').show.title == "Theirs"
        below = tmp_path / "below"
        below.mkdir()
        with pytest.raises(ConfigError, match="not obeyed unless you name it") as caught:
            load_settings(below, environ={})
        assert f"PITCHCAST_CONFIG={tmp_path / 'pitchcast.toml'}" in caught.value.hint
        named = {"PITCHCAST_CONFIG": str(tmp_path / "pitchcast.toml")}
        assert load_settings(below, environ=named).show.title == "Theirs"

    def test_windows_tells_no_owner_and_goes_by_the_users_own_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(os, "geteuid")
        below = tmp_path / "home" / "work" / "today"
        below.mkdir(parents=True)
        monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
        load(below.parent, '[show]\ntitle = "Mine"\n')
        assert load_settings(below, environ={}).show.title == "Mine"
        monkeypatch.setattr(Path, "home", lambda: tmp_path / "elsewhere")
        assert load_settings(below.parent, environ={}).show.title == "Mine"
        with pytest.raises(ConfigError, match="outside your user folder"):
            load_settings(below, environ={})

    @pytest.mark.parametrize("address", ["https://intranet.example.com/company.toml", "s3://pitches/company.toml"])
    def test_no_file_extends_an_address(self, tmp_path: Path, address: str) -> None:
        (mistake,) = mistakes(tmp_path, f'extends = "{address}"\n')
        assert mistake.startswith("pitchcast.toml:1: extends: must be a file on this computer")
        assert "pitchcast join https://" in mistake


class TestPage:
    @pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
    def test_every_key_is_in_the_table_with_default_and_variable(self, key: Key) -> None:
        page = SETTINGS_PAGE.read_text(encoding="utf-8")
        section = page.partition(f"### [{key.section}]\n")[2].partition("\n#")[0]
        (row,) = re.findall(rf"^\| `{key.name.partition('.')[2]}` \|.*$", section, re.MULTILINE)
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[2:] == [shown_default(key), f"`{key.variable}`"]
        assert len(cells[1]) > 3

    def test_the_table_has_no_other_keys(self) -> None:
        page = SETTINGS_PAGE.read_text(encoding="utf-8")
        assert set(re.findall(r"PITCHCAST_[A-Z]+_[A-Z_]+", page)) == {key.variable for key in KEYS.values()}

    def test_every_example_is_good(self, folder: Path) -> None:
        examples = re.findall(r"```toml\n(.*?)```", SETTINGS_PAGE.read_text(encoding="utf-8"), re.DOTALL)
        assert len(examples) >= 6
        (folder / "company.toml").write_text("")
        for example in examples:
            if "[writer]" in example:
                (folder / "user.toml").write_text(example, encoding="utf-8")
                assert read_personal(folder / "user.toml").writer
            else:
                assert load(folder, example).file


def shown_default(key: Key) -> str:
    if key.kind in (TEXT, PATH):
        return f"`{key.default}`" if key.default else "–"
    return f"`{str(key.default).lower()}`" if key.kind is FLAG else f"`{key.default}`"


def test_defaults_are_of_the_kind_that_is_asked_for() -> None:
    assert all(isinstance(key.default, float) for key in KEYS.values() if key.kind is NUMBER)
    assert all(isinstance(key.default, bool) for key in KEYS.values() if key.kind is FLAG)


def test_importing_settings_is_quick() -> None:
    """No heavy library comes along, not even the one that knows the user's folders."""
    script = "import sys, pitchcast.config; print(*sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"boto3", "typer", "rich", "platformdirs", "pydub", "PIL", "lxml", "markdown_it"}.intersection(modules)


@given(
    st.one_of(st.binary(max_size=60), st.text(st.sampled_from("show.\"'=[]{},#\n1ax\\"), max_size=80).map(str.encode))
)
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_bytes_are_settings_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pitchcast.toml"
        path.write_bytes(content)
        with suppress(ConfigError):
            read_document(path, path.name)
