"""Source as a device needs it: without comments and docstrings, each line where it was, so that tracebacks hold."""

from __future__ import annotations

import ast
import io
import tokenize

# Not empty: to a dataclass without a docstring Python gives its signature, which takes longer than all else of it.
_DOCSTRING = '"-"'
_TOLD = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def lean(source: bytes) -> bytes:
    text = source.decode()
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _TOLD) and ast.get_docstring(node, clean=False) is not None:
            told = node.body[0]
            last = told.end_lineno or told.lineno
            lines[told.lineno - 1 : last] = [" " * told.col_offset + _DOCSTRING, *[""] * (last - told.lineno)]
    return "\n".join([*lines, ""]).encode()
