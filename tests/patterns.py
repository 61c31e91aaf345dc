"""Every regular expression of the program, found in its source, as JavaScript writes it.

npm's ``recheck`` judges JavaScript's patterns as a search, which may begin anywhere in the text. So what Python looks
for with ``match`` and ``fullmatch`` gets the anchors that these mean.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

SOURCE = Path(__file__).parents[1] / "src"
_FUNCTIONS = {"search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
_ANCHORED = {"match": "^(?:{})", "fullmatch": "^(?:{})$"}
_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}

_LITERAL = re.compile(  # of JavaScript: what stands between slashes where a value may begin
    r"(?<=[(=,:!&|?\[])/(?![/* ])((?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/([gimsuy]*)(?=[.,;)\s])"
)

# Patterns that are made while the program runs: what their parts are like. All of these are escaped texts, but for the
# lists of crawlers in analytics/agents.py: others wrote them, and they only meet the few characters kept of an agent.
_STAND_INS: dict[str, object] = {
    "name": "x",
    "key": "x",
    "known": [b"ab", b"cd"],
    "numbers": [b"ab", b"cd"],
    "pattern": "x",
    "entry": {"pattern": "x"},
    "any_of_them": "x",
}


@dataclass(frozen=True)
class Pattern:
    """A pattern as JavaScript writes it, and the line of the source that holds it."""

    place: str
    source: str
    flags: str


def find_patterns() -> Iterator[Pattern]:
    """Yield every pattern of the program, once for each way in which it is used."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if any(isinstance(node, ast.Name) and node.id == "re" for node in ast.walk(tree)):
            yield from _patterns_of(path, tree)
    for path in sorted(SOURCE.rglob("*.js")):
        yield from _patterns_of_script(path)


def _patterns_of(path: Path, tree: ast.Module) -> Iterator[Pattern]:
    module = _imported(path)
    uses = _uses(tree)
    names = {id(node.value): target for node in ast.walk(tree) for target in _assigned(node)}
    for node in ast.walk(tree):
        function = _function_of_re(node)
        if not function:
            continue
        assert isinstance(node, ast.Call)
        place = f"{path.relative_to(SOURCE)}:{node.lineno}"
        pattern, flags = _evaluated(node, module, place)
        ways = uses.get(names.get(id(node), ""), {"search"}) if function == "compile" else {function}
        for way in sorted({_ANCHORED.get(way, "{}") for way in ways}):
            yield Pattern(place, way.replace("{}", _in_javascript(pattern)), flags)


def _imported(path: Path) -> ModuleType:
    return importlib.import_module(".".join(path.relative_to(SOURCE).with_suffix("").parts))


def _uses(tree: ast.Module) -> dict[str, set[str]]:
    """Return by which methods each name is used; a pattern that is handed on may be searched for."""
    found: dict[str, set[str]] = {}
    methods = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            method = methods.get(id(node), "search")
            found.setdefault(node.id, set()).add(method)
    return found


def _assigned(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Assign):
        return []
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _function_of_re(node: ast.AST) -> str:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return ""
    owner = node.func.value
    is_of_re = isinstance(owner, ast.Name) and owner.id == "re"
    return node.func.attr if is_of_re and node.func.attr in {"compile", *_FUNCTIONS} else ""


def _evaluated(call: ast.Call, module: ModuleType, place: str) -> tuple[str, str]:
    """Return the pattern that a call is given, and its flags as letters."""
    flags_at = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(_function_of_re(call), 2)
    given = [keyword.value for keyword in call.keywords if keyword.arg == "flags"] + call.args[flags_at : flags_at + 1]
    flags = _value(given[0], module, place) if given else 0
    pattern = _value(call.args[0], module, place)
    assert isinstance(flags, int)
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else str(pattern)
    letters = "".join(letter for flag, letter in _FLAGS.items() if flags & flag)
    beyond = any(ord(char) > 0xFFFF for char in text)  # JavaScript takes these for two characters unless told
    return text, letters + ("u" if beyond else "")


def _value(expression: ast.expr, module: ModuleType, place: str) -> object:
    try:
        code = compile(ast.Expression(expression), place, "eval")
        return eval(code, {**_STAND_INS, **vars(module)})  # noqa: S307 - it is the program's own source
    except NameError as error:
        raise AssertionError(f"{place}: {error}; tests/patterns.py must know what it is like") from error


def _in_javascript(pattern: str) -> str:
    assert not {"[]", "[^]"} & set(re.findall(r"\[\^?\]", pattern)), (
        f"{pattern}: an empty class in JavaScript; write \\]"
    )
    return pattern.replace("(?P<", "(?<").replace(r"\Z", "$").replace(r"\A", "^")


def _patterns_of_script(path: Path) -> Iterator[Pattern]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for found in _LITERAL.finditer(line):
            yield Pattern(f"{path.relative_to(SOURCE)}:{number}", found[1], re.sub("[gy]", "", found[2]))
