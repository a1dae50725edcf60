"""Find what parses as Python 3.8 but does not run there."""

from __future__ import annotations

import ast
from typing import Callable, Dict, Iterator, List, Set

_GENERICS = {"list", "dict", "tuple", "set", "frozenset", "type"}
_METHODS = {"removeprefix", "removesuffix", "is_relative_to", "pairwise", "bit_count", "randbytes", "lcm", "with_stem"}
_KEYWORDS = {"zip": {"strict"}, "dataclass": {"slots", "kw_only", "match_args"}, "field": {"kw_only"}}
_NAMES = {
    "functools": {"cache"},
    "typing": {"Annotated", "ParamSpec", "TypeAlias", "TypeGuard", "Self", "Never", "Concatenate", "assert_never"},
    "types": {"UnionType", "NoneType", "EllipsisType"},
    "enum": {"StrEnum"},
    "datetime": {"UTC"},
}
_MODULES = {"tomllib", "zoneinfo", "graphlib"}


def newer_than_python38(tree: ast.Module) -> Iterator[str]:
    annotations = list(_annotations(tree))
    if annotations and not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body):
        yield "annotations without `from __future__ import annotations`"
    never_run = {id(inner) for annotation in annotations for inner in ast.walk(annotation)}
    for node in ast.walk(tree):
        if id(node) in never_run:
            continue
        for kind, looks_new in _LOOKS.items():
            if isinstance(node, kind):
                yield from (f"line {node.lineno}: {what}" for what in looks_new(node))  # type: ignore[attr-defined]


def _annotations(tree: ast.Module) -> Iterator[ast.expr]:
    """Those that stay text; the ones in class bodies are read by the codec, so they have to run."""
    in_class: Set[int] = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for inner in node.body}
    for node in ast.walk(tree):
        if isinstance(node, (ast.AnnAssign, ast.arg)) and id(node) not in in_class:
            notes = [node.annotation]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            notes = [node.returns]
        else:
            notes = []
        yield from (note for note in notes if note is not None)


def _subscript(node: ast.Subscript) -> List[str]:
    return [f"{node.value.id}[...]"] if isinstance(node.value, ast.Name) and node.value.id in _GENERICS else []


def _union(node: ast.BinOp) -> List[str]:
    sides = (node.left, node.right)
    has_none = any(isinstance(side, ast.Constant) and side.value is None for side in sides)
    return ["X | None"] if isinstance(node.op, ast.BitOr) and has_none else []


def _attribute(node: ast.Attribute) -> List[str]:
    return [f".{node.attr}"] if node.attr in _METHODS else []


def _call(node: ast.Call) -> List[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    return [f"{name}({keyword.arg}=)" for keyword in node.keywords if keyword.arg in _KEYWORDS.get(name, ())]


def _import_from(node: ast.ImportFrom) -> List[str]:
    new = _NAMES.get(node.module or "", set())
    return [f"{node.module}.{alias.name}" for alias in node.names if node.module in _MODULES or alias.name in new]


def _import(node: ast.Import) -> List[str]:
    return [alias.name for alias in node.names if alias.name in _MODULES]


_LOOKS: Dict[type, Callable[..., List[str]]] = {
    ast.Subscript: _subscript,
    ast.BinOp: _union,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.ImportFrom: _import_from,
    ast.Import: _import,
}
