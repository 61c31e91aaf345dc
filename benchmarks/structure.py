"""How hard the program is to read: figures from its source, and the functions and names behind them.

    python -m benchmarks.structure [--list]

Complexity is McCabe's: one, and one more for each place where a function can go another way, conditional expressions,
``and``/``or`` and the conditions of comprehensions among them.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "pitchcast"
STAGES = ("audio", "artwork", "feed", "page", "storage", "crm")
HARD = 12  # functions above this complexity are counted

_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.match_case, ast.Assert)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_PLUMBING = (
    "Display(common)",
    "open_show(",
    "showing_progress(",
    "progress=",
    ".progress",
    "as_json",
    "exit_code",
    "problems",
)

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name below the package, its text and its tree."""

    name: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Function:
    module: str
    name: str
    complexity: int
    parameters: frozenset[str]


def read_modules() -> list[Module]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found.append(Module(name.removesuffix(".__init__"), text, ast.parse(text)))
    return found


def functions_of(module: Module) -> Iterator[Function]:
    for node in ast.walk(module.tree):
        if isinstance(node, AnyFunction):
            given = node.args
            names = frozenset(argument.arg for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs])
            yield Function(module.name, node.name, complexity_of(node), names)


def complexity_of(function: AnyFunction) -> int:
    """Return the ways through a function; functions inside it count for themselves."""
    return 1 + sum(map(_branches, _own_nodes(function)))


def _own_nodes(function: AnyFunction) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, AnyFunction):
            waiting.extend(ast.iter_child_nodes(node))


def _branches(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return int(isinstance(node, _BRANCHES))


def imports_of(module: Module) -> set[str]:
    """Return what a module imports from the package, also within functions; imports for types alone are left out."""
    found = set()
    for node in ast.walk(_without_type_checking(module.tree)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pitchcast"):
            base = node.module.removeprefix("pitchcast").removeprefix(".")
            found |= {_module_meant(base, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("pitchcast.") for alias in node.names if "pitchcast" in alias.name}
    return found


def _module_meant(package: str, name: str) -> str:
    """Return the module that ``from package import name`` reads: one of the package, or the package itself."""
    inner = f"{package}.{name}".strip(".")
    path = PACKAGE.joinpath(*inner.split("."))
    return inner if path.is_dir() or path.with_suffix(".py").is_file() else package


def _without_type_checking(tree: ast.Module) -> ast.Module:
    kept = [node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))]
    return ast.Module(kept, [])


def imports_within(modules: list[Module], package: str) -> dict[str, set[str]]:
    """Return the imports of a package's modules that name other modules of it."""
    names = {module.name for module in modules if module.name.startswith(f"{package}.")}
    return {module.name: (imports_of(module) & names) - {module.name} for module in modules if module.name in names}


def levels_of(imports: dict[str, set[str]]) -> int:
    """Return how many modules the longest chain of imports holds."""
    known: dict[str, int] = {}

    def level(name: str, above: tuple[str, ...] = ()) -> int:
        if name not in known:
            known[name] = 1 + max(
                (level(below, (*above, name)) for below in imports[name] if below not in above), default=0
            )
        return known[name]

    return max(map(level, imports), default=0)


def circles_of(modules: list[Module]) -> int:
    """Return how many modules import themselves by way of others."""
    names = {module.name for module in modules}
    imports = {module.name: imports_of(module) & names for module in modules}
    return sum(name in _reached(imports, name) for name in imports)


def _reached(imports: dict[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(imports[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(imports[name])
    return reached


def names_with_two_meanings(modules: list[Module]) -> dict[str, list[str]]:
    """Return the names of classes and types that several modules give to different things, options apart."""
    places = defaultdict(list)
    for module in modules:
        if module.name == "cli.options":
            continue
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(module.name)
    return {name: found for name, found in places.items() if len(found) > 1}


def plumbing_lines(modules: list[Module]) -> int:
    """Return how many lines of the command line open, report progress, choose JSON or end, instead of doing a job."""
    lines = (line for module in modules if module.package == "cli" for line in module.text.splitlines())
    return sum(any(sign in line for sign in _PLUMBING) for line in lines)


def stages_imported_by_cli(modules: list[Module]) -> set[str]:
    used = {name.partition(".")[0] for module in modules if module.package == "cli" for name in imports_of(module)}
    return used & set(STAGES)


def per_hundred_lines(count: float, modules: list[Module]) -> str:
    lines = sum(bool(line.strip()) for module in modules for line in module.text.splitlines())
    return f"{100 * count / lines:.1f}"


def main() -> None:
    modules = read_modules()
    functions = [function for module in modules for function in functions_of(module)]
    hard = sorted((f for f in functions if f.complexity > HARD), key=lambda f: -f.complexity)
    jobs = imports_within(modules, "workflows")
    both = [f for f in functions if {"project", "progress"} <= f.parameters]
    outermost = ("cli.", "api")  # they take --dry-run and dry_run= from people and scripts
    dry = [f for f in functions if "dry_run" in f.parameters and not f.module.startswith(outermost)]
    comprehensions = sum(isinstance(node, _COMPREHENSIONS) for module in modules for node in ast.walk(module.tree))
    ambiguous = names_with_two_meanings(modules)
    rows = {
        "workflows: files": len(jobs),
        "workflows: imports among them": sum(map(len, jobs.values())),
        "workflows: levels": levels_of(jobs),
        "highest complexity of a function": max(f.complexity for f in functions),
        f"functions above {HARD}": len(hard),
        "complexity in 100 lines": per_hundred_lines(sum(f.complexity for f in functions), modules),
        "comprehensions in 100 lines": per_hundred_lines(comprehensions, modules),
        "functions with project and progress": len(both),
        "dry_run parameters below cli and api": len(dry),
        "plumbing lines in cli": plumbing_lines(modules),
        "class names with several meanings": len(ambiguous),
        "modules in an import circle": circles_of(modules),
        "stages imported by cli": len(stages_imported_by_cli(modules)),
    }
    for name, value in rows.items():
        print(f"{name:40} {value:>6}")
    if "--list" in sys.argv:
        _print_lists(hard, both, dry, ambiguous)


def _print_lists(
    hard: list[Function], both: list[Function], dry: list[Function], ambiguous: dict[str, list[str]]
) -> None:
    print(f"\nFunctions above {HARD}")
    for function in hard:
        print(f"  {function.complexity:3} {function.module}.{function.name}")
    for title, found in (("With project and progress", both), ("dry_run below cli and api", dry)):
        print(f"\n{title}")
        for function in found:
            print(f"  {function.module}.{function.name}")
    print("\nNames with several meanings")
    for name, places in sorted(ambiguous.items()):
        print(f"  {name}: {', '.join(places)}")


if __name__ == "__main__":
    main()
