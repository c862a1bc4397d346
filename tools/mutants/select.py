"""Which tests can notice a fault."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .faults import Fault


@dataclass
class Record:
    """Which test runs which lines of which module, and the seconds of processor time that it takes."""

    seconds: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    imports: dict[str, None] = field(default_factory=dict)  # in the order of the first import

    def add(self, part: dict[str, Any]) -> None:
        """Take in what one run of pytest has written."""
        self.seconds |= part["seconds"]
        self.failed |= set(part["failed"])
        self.imports |= dict.fromkeys(part["imports"])
        for path, lines in part["lines"].items():
            known = self.lines.setdefault(path, {})
            for line, names in lines.items():
                known.setdefault(int(line), set()).update(names)

    def as_json(self) -> dict[str, Any]:
        """Return what ``add`` takes."""
        lines = {
            path: {str(line): sorted(names) for line, names in of_path.items()}
            for path, of_path in self.lines.items()
        }
        failed = sorted(self.failed)
        return {"seconds": self.seconds, "failed": failed, "imports": list(self.imports), "lines": lines}

    def tests_for(self, fault: Fault, source: bytes, package: str, budget: float) -> list[str]:
        """List the tests that run a fault's line.

        Those of the file and the folder of its name come first; then each test with its quickest case
        before any with a second one.

        A line that only an import runs, or another process, is left to the tests of the function it
        lies in, then to those of the module, then to those in the folder of its name; and to all of the
        file of its name.

        Parameters
        ----------
        fault
            The fault.
        source
            Its module's text, without the fault.
        package
            The folder that the record's paths start from, relative to the project.
        budget
            Seconds that the tests may have taken together. One is always taken, and so is each test
            of the file of its name.
        """
        inside = PurePosixPath(fault.path).relative_to(package)
        lines = self.lines.get(inside.as_posix(), {})
        body = _function(source, fault.line)
        # Outside of a function's body an import runs a line: in whichever test came first says nothing.
        names = lines.get(fault.line, set()) if fault.line in body else set()
        if not names:
            names = {name for line in body for name in lines.get(line, ())}
        if not names:
            bodies = _in_functions(source)
            names = {name for line, of_line in lines.items() if line in bodies for name in of_line}
        own = inside.parent.as_posix()
        if not names:
            names = {name for name in self.seconds if f"/{own}/" in name}
        file = f"{own}/test_{inside.stem.strip('_')}.py"
        if fault.line not in body or not lines.get(fault.line):
            names |= {name for name in self.seconds if f"/{file}::" in name}
        cases = Counter[str]()
        ranks: dict[str, tuple[bool, bool, int, float]] = {}
        for name in sorted(names - self.failed, key=lambda name: (self.seconds[name], name)):
            test = name.partition("[")[0]
            cases[test] += 1
            ranks[name] = f"/{file}::" not in test, f"/{own}/" not in test, cases[test], self.seconds[name]
        chosen: list[str] = []
        for name in sorted(ranks, key=lambda name: (*ranks[name], name)):
            elsewhere, _, case, _ = ranks[name]
            if chosen and budget < self.seconds[name] and (elsewhere or case > 1):
                continue
            budget -= self.seconds[name]
            chosen.append(name)
        return chosen


def _in_functions(source: bytes) -> set[int]:
    """Return the lines of all bodies of functions: all others are run by an import."""
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return {line for node in functions for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)}


def _function(source: bytes, line: int) -> range:
    """Return the lines of the innermost function around a line, if there is one."""
    around = [
        range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return min(around, key=len, default=range(0))
