"""A new storage address in a pitchcast.toml, however it is written: what else stands there stays as it is."""

from pathlib import Path

import pytest

from pitchcast.config import load_settings, rewrite_storage
from pitchcast.errors import ConfigError

VALUES = {
    "url": "s3://pitches/bills",
    "endpoint_url": "https://s3.example.com",
    "region": "",
    "private_url": "",
    "public_url": "https://pitches.example.com/\\",
}
NEW = 'endpoint_url = "https://s3.example.com"\npublic_url = "https://pitches.example.com/\\\\"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pitchcast.toml"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", f'[storage]\nurl = "s3://pitches/bills"\n{NEW}', id="an empty file"),
        pytest.param(
            '# Ours\n[storage]\nurl = "site"  # here\nregion = "eu"  # gone\n\n# The brand\n[brand]\ncolor = "#fff"\n',
            f'# Ours\n[storage]\nurl = "s3://pitches/bills"  # here\n{NEW}\n# The brand\n[brand]\ncolor = "#fff"\n',
            id="comments",
        ),
        pytest.param(
            '[storage]\nurl = "site"\n# region = "eu"  # an example\n',
            f'[storage]\nurl = "s3://pitches/bills"\n{NEW}# region = "eu"  # an example\n',
            id="examples below",
        ),
        pytest.param(
            '[show]\ntitle = "Bills"\n',
            f'[show]\ntitle = "Bills"\n\n[storage]\nurl = "s3://pitches/bills"\n{NEW}',
            id="no such section",
        ),
        pytest.param(
            '[show]\ntitle = "Bills"\n[storage]',
            f'[show]\ntitle = "Bills"\n[storage]\nurl = "s3://pitches/bills"\n{NEW}',
            id="an empty section at the end",
        ),
        pytest.param(
            '[storage]\nurl = "site" # no line feed',
            f'[storage]\nurl = "s3://pitches/bills" # no line feed\n{NEW}',
            id="no line feed at the end",
        ),
        pytest.param(
            '[ "storage" ] # here\n"url" = \'site\' # now\n\'region\' = "eu"\n[show]\n',
            f'[ "storage" ] # here\n"url" = "s3://pitches/bills" # now\n{NEW}[show]\n',
            id="quoted keys",
        ),
        pytest.param(
            'storage.url = "site" # now\nstorage.region = "eu"\n[show]\ntitle = "Bills"\n',
            'storage.url = "s3://pitches/bills" # now\n'
            + "".join(f"storage.{line}\n" for line in NEW.splitlines())
            + '[show]\ntitle = "Bills"\n',
            id="dotted keys",
        ),
        pytest.param(
            'storage = { url = "site" } # now\n[show]\ntitle = "Bills"\n',
            f'storage = {{ url = "s3://pitches/bills", {NEW.strip().replace(chr(10), ",")}}} # now\n'
            '[show]\ntitle = "Bills"\n',
            id="an inline table",
        ),
        pytest.param(
            "[storage]\nurl = \"\"\"\\\n  site\"\"\" # now\nregion = '''\neu'''\n[show]\n",
            f'[storage]\nurl = "s3://pitches/bills" # now\n{NEW}[show]\n',
            id="texts of several lines",
        ),
        pytest.param(
            '[show]\ndescription = """\n[storage]\nurl = "x"\n"""\n[storage]\nurl = "site"\n',
            f'[show]\ndescription = """\n[storage]\nurl = "x"\n"""\n[storage]\nurl = "s3://pitches/bills"\n{NEW}',
            id="a text that looks like the section",
        ),
        pytest.param(
            '[storage]\r\nurl = "site" # now\r\n\r\n[show]\r\n',
            f'[storage]\nurl = "s3://pitches/bills" # now\n{NEW}\n[show]\n'.replace("\n", "\r\n"),
            id="lines of Windows",
        ),
        pytest.param(
            "[storage]\n\turl\t=\t'site'\t# now\n[show]\n",
            f'[storage]\n\turl\t=\t"s3://pitches/bills"\t# now\n{NEW}[show]\n',
            id="tabs",
        ),
    ],
)
def test_a_new_address_and_nothing_else(before: str, after: str, file: Path) -> None:
    file.write_bytes(before.encode())
    rewrite_storage(file, VALUES, {})
    assert file.read_bytes().decode() == after


def test_what_is_right_already_is_left_alone(file: Path) -> None:
    rewritten = '[storage]\nurl = "s3://pitches/bills"\n'
    file.write_text(rewritten)
    file.chmod(0o400)
    rewrite_storage(file, {"url": "s3://pitches/bills", "region": ""}, {})
    assert file.read_text() == rewritten


@pytest.mark.parametrize(
    "text", ["[storage", "[storage]\nurl = site", "a = " + "[" * 500, "storage = 1", "[[storage]]"]
)
def test_what_cannot_be_changed_is_told_and_left_alone(text: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        rewrite_storage(file, VALUES, {})
    assert 'url = "s3://pitches/bills"' in caught.value.hint
    assert file.read_text() == text


def test_settings_read_the_new_address(file: Path) -> None:
    file.write_text('storage.region = "eu"\n"storage"."url" = "site"\n')
    rewrite_storage(file, VALUES, {})
    assert load_settings(file.parent, config=file, environ={}).storage.url == "s3://pitches/bills"
