"""Finds a small piece of source by where it is and what it says, whatever its formatting, and replaces it.

Python is compared as syntax trees within one function or class, SQL word by word within one named query.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import indent

QUERY = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


class NoLongerFits(ValueError):
    """A place or piece is not in the source exactly once: the source has moved on, the anchor has to follow."""


@dataclass(frozen=True)
class _Span:
    """A piece of source from one position to another, in bytes of UTF-8; `statement` where it is whole statements."""

    line: int
    column: int
    end_line: int
    end_column: int
    statement: bool = False


def replaced_in_python(source: str, name: str, piece: str, replacement: str) -> str:
    """The source with `piece` of the function or class `name` (`Consumer.stop`; "": the module) replaced.

    `piece` is an expression, one or more statements in a row, or an entry of a dictionary. An empty replacement
    removes it.

    Raises:
        NoLongerFits: there is no such function, or the piece is not in it exactly once.
    """
    tree = ast.parse(source)
    found = list(_spans(_named(tree, name), piece))
    if len(found) != 1:
        raise NoLongerFits(f"found {len(found)} times in {name or 'the module'}: {piece!r}")
    return _spliced(source, found[0], replacement)


def replaced_in_sql(source: str, name: str, piece: str, replacement: str) -> str:
    """The source with `piece` of the query `-- name: NAME` replaced; white space is equal to white space.

    Raises:
        NoLongerFits: there is no such query, or the piece is not in it exactly once.
    """
    heads = [*QUERY.finditer(source)]
    ends = [head.start() for head in heads[1:]] + [len(source)]
    spans = [(head.end(), end) for head, end in zip(heads, ends, strict=True) if head[1] == name]
    pattern = re.compile(r"\s+".join(map(re.escape, piece.split())))
    found = [match for begin, end in spans for match in pattern.finditer(source, begin, end)]
    if len(found) != 1:
        raise NoLongerFits(f"found {len(found)} times in query {name}: {piece!r}")
    return source[: found[0].start()] + replacement + source[found[0].end() :]


def _named(tree: ast.AST, name: str) -> ast.AST:
    for part in filter(None, name.split(".")):
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = [node for node in ast.iter_child_nodes(tree) if isinstance(node, definitions) and node.name == part]
        if len(found) != 1:
            raise NoLongerFits(f"{len(found)} definitions of {part} ({name})")
        tree = found[0]
    return tree


def _spans(scope: ast.AST, piece: str) -> Iterator[_Span]:
    try:
        wanted = ast.parse(piece).body
    except SyntaxError:
        yield from _entries(scope, piece)
        return
    texts = [ast.unparse(statement) for statement in wanted]
    for body in _bodies(scope):
        for start in range(len(body) - len(texts) + 1):
            run = body[start : start + len(texts)]
            if [ast.unparse(statement) for statement in run] == texts:
                yield _span(run[0], run[-1], statement=True)
    if len(wanted) == 1 and isinstance(wanted[0], ast.Expr):
        statements = {id(node.value) for node in ast.walk(scope) if isinstance(node, ast.Expr)}
        for node in ast.walk(scope):
            if isinstance(node, ast.expr) and id(node) not in statements and ast.unparse(node) == texts[0]:
                yield _span(node, node)


def _entries(scope: ast.AST, piece: str) -> Iterator[_Span]:
    """Entries `key: value` of dictionaries."""
    wanted = ast.unparse(ast.parse(f"{{{piece}}}", mode="eval"))
    for node in ast.walk(scope):
        for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
            if key is not None and ast.unparse(ast.Dict([key], [value])) == wanted:
                yield _span(key, value)


def _bodies(scope: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    for node in ast.walk(scope):
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield value


def _span(first: ast.expr | ast.stmt, last: ast.expr | ast.stmt, *, statement: bool = False) -> _Span:
    assert last.end_lineno is not None
    assert last.end_col_offset is not None
    return _Span(first.lineno, first.col_offset, last.end_lineno, last.end_col_offset, statement)


def _spliced(source: str, span: _Span, replacement: str) -> str:
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    before = b"".join(lines[: span.line - 1]) + lines[span.line - 1][: span.column]
    after = lines[span.end_line - 1][span.end_column :] + b"".join(lines[span.end_line :])
    text = replacement or ("pass" if span.statement else "**{}")
    return (before + indent(text, " " * span.column).lstrip().encode() + after).decode()
