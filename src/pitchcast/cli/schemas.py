"""The JSON Schema of every ``--json`` answer: ``python -m pitchcast.cli.schemas docs/schemas``.

Made from the types that are answered, so that they cannot differ; a test holds real answers against them. Every field
named is always there, and more may come: fields are added, never renamed.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pitchcast.model.answers.table import ANSWERS

_WORDS = {"failure": "any command", "home": "pitchcast"}


def file_name(command: str) -> str:
    """Return the name of the file that holds a command's schema."""
    return f"{command.replace(' --', ' ').replace(' ', '-')}.json"


def render_schemas() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each schema file."""
    for command, answer in ANSWERS.items():
        schema = msgspec.json.schema(answer)
        words = _WORDS.get(command, f"pitchcast {command}")
        title = f"{words} --json{', where it fails' * (command == 'failure')}"
        document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_strict(schema)}
        yield file_name(command), msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _strict(schema: Any) -> Any:
    """Return the schema with every field named as always there, and room for more."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _strict(one) for key, one in schema.items() if key != "default"}
    if "properties" in kept:
        kept["required"] = list(kept["properties"])
        kept.pop("additionalProperties", None)
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].split())
    return kept


if __name__ == "__main__":
    for name, content in render_schemas():
        (Path(sys.argv[1]) / name).write_bytes(content)
