"""Small faults that can be put into a module, one at a time."""

from __future__ import annotations

import ast
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}


@dataclass(frozen=True)
class Fault:
    """One change of one expression or statement.

    Attributes
    ----------
    path
        The module, relative to the project.
    line
        Where it begins, counted from 1.
    where
        The function or class it lies in, "" for the module itself.
    kind
        What sort of change it is.
    was, now
        The changed lines before and after, in one line each.
    start, end
        The bytes of the module that are replaced.
    text
        What replaces them.
    """

    path: str
    line: int
    where: str
    kind: str
    was: str
    now: str
    start: int
    end: int
    text: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What stays the same when lines above it are added or taken away."""
        return self.path, self.where, self.was, self.now

    def put_into(self, source: bytes) -> bytes:
        """Return the module with this fault."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  - {self.was}  + {self.now}"


def find_faults(path: str, source: bytes) -> list[Fault]:
    """List every fault that can be put into the text of a module, in the order of its lines.

    Left alone: annotations, decorators, docstrings, text, what a ``raise`` says, and blocks for type
    checkers.
    """
    finder = _Finder(source, path)
    finder.visit(ast.parse(source))
    faults: dict[tuple[int, int, str], Fault] = {}
    for fault in finder.faults:
        faults.setdefault((fault.start, fault.end, fault.text), fault)
    return sorted(faults.values(), key=lambda fault: (fault.start, fault.end, fault.kind, fault.text))


def sample(faults: list[Fault], number: int, seed: int) -> list[Fault]:
    """Draw faults evenly over modules, and within a module over kinds.

    What is drawn in one module does not depend on the text of the others.
    """
    modules: dict[str, list[Fault]] = {}
    for fault in faults:
        modules.setdefault(fault.path, []).append(fault)
    order = sorted(modules)
    random.Random(seed).shuffle(order)
    queues = [_over_kinds(modules[path], random.Random(f"{seed} {path}")) for path in order]
    drawn: list[Fault] = []
    for turn in range(max((len(queue) for queue in queues), default=0)):
        drawn += [queue[turn] for queue in queues if turn < len(queue)]
    return drawn[:number]


def _over_kinds(faults: list[Fault], chance: random.Random) -> list[Fault]:
    kinds: dict[str, list[Fault]] = {}
    for fault in faults:
        kinds.setdefault(fault.kind, []).append(fault)
    order = sorted(kinds)
    chance.shuffle(order)
    for kind in order:
        chance.shuffle(kinds[kind])
    turns = max(len(of_kind) for of_kind in kinds.values())
    return [kinds[kind][turn] for turn in range(turns) for kind in order if turn < len(kinds[kind])]


class _Finder(ast.NodeVisitor):
    def __init__(self, source: bytes, path: str) -> None:
        self.faults: list[Fault] = []
        self._source = source
        self._path = path
        self._where: list[str] = []
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def _add(self, kind: str, old: ast.expr | ast.stmt, new: ast.AST | str) -> None:
        assert old.end_lineno is not None and old.end_col_offset is not None
        text = new if isinstance(new, str) else ast.unparse(ast.fix_missing_locations(new))
        if isinstance(new, ast.BoolOp | ast.Compare | ast.BinOp | ast.UnaryOp):
            text = f"({text})"
        start = self._lines[old.lineno - 1] + old.col_offset
        end = self._lines[old.end_lineno - 1] + old.end_col_offset
        first, last = self._lines[old.lineno - 1], self._lines[old.end_lineno]
        was = self._source[first:last].decode()
        now = self._source[first:start].decode() + text + self._source[end:last].decode()
        self.faults.append(
            Fault(
                path=self._path,
                line=old.lineno,
                where=".".join(self._where),
                kind=kind,
                was=" ".join(was.split()),
                now=" ".join(now.split()),
                start=start,
                end=end,
                text=text,
            )
        )

    # What is left alone.

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Text, whose places Python 3.11 does not know either."""

    def visit_Raise(self, node: ast.Raise) -> None:
        """Whether it is reached is up to the condition above it."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """An annotation is all that an argument holds."""

    def visit_Assign(self, node: ast.Assign) -> None:
        # At a module's or class's top "A | B" is a type.
        if self._in_function or not isinstance(node.value, ast.BinOp | ast.Subscript):
            self.generic_visit(node)

    # Names of what a fault lies in.

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._where.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._where.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._where.append(f"{node.name}()")
        self.visit(node.args)
        for statement in node.body:
            self.visit(statement)
        self._where.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    @property
    def _in_function(self) -> bool:
        return any(name.endswith("()") for name in self._where)

    # What is changed.

    def visit_Compare(self, node: ast.Compare) -> None:
        for at, op in enumerate(node.ops):
            ops = [*node.ops[:at], _COMPARISONS[type(op)](), *node.ops[at + 1 :]]
            self._add("comparison", node, ast.Compare(node.left, ops, node.comparators))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self._add("and/or", node, ast.BoolOp(other, node.values))
        for at in range(len(node.values)):
            left = [*node.values[:at], *node.values[at + 1 :]]
            self._add("half", node, left[0] if len(left) == 1 else ast.BoolOp(node.op, left))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add("not", node, node.operand)
        elif isinstance(node.op, ast.USub):
            self._add("sign", node, node.operand)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        other = _OPERATORS.get(type(node.op))
        is_text = any(isinstance(side, ast.JoinedStr) for side in (node.left, node.right))
        if other is not None and not is_text:
            self._add("operator", node, ast.BinOp(node.left, other(), node.right))
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        other = _OPERATORS.get(type(node.op))
        if other is not None:
            self._add("operator", node, ast.AugAssign(node.target, other(), node.value))
        self._add("statement", node, "pass")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add("constant", node, str(not node.value))
        elif isinstance(node.value, int | float):
            self._add("constant", node, repr(node.value + 1))

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func
        if isinstance(name, ast.Name) and name.id in _NAMES:
            self._add("name", name, _NAMES[name.id])
        elif isinstance(name, ast.Attribute) and name.attr in _NAMES:
            self._add("name", name, ast.Attribute(name.value, _NAMES[name.attr], ast.Load()))
        for keyword in node.keywords:
            if keyword.arg is not None:
                others = [other for other in node.keywords if other is not keyword]
                self._add("argument", node, ast.Call(node.func, node.args, others))
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self._add("condition", node.test, ast.UnaryOp(ast.Not(), node.test))
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._add("condition", node.test, ast.UnaryOp(ast.Not(), node.test))
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._add("condition", test, "True")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._add("return", node, "return None")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._add("statement", node, "pass")
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._add("loop", node, "break")

    def visit_Break(self, node: ast.Break) -> None:
        self._add("loop", node, "continue")


def read_modules(project: Path, paths: list[str]) -> dict[str, bytes]:
    """Read the modules that these files and folders of the project hold, by their paths in it."""
    files: list[Path] = []
    for name in paths:
        path = project / name
        if not path.exists():
            raise FileNotFoundError(f"{name} is not in {project}.")
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return {file.relative_to(project).as_posix(): file.read_bytes() for file in files}
