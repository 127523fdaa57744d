"""What the platform makes of a script, without running it: foreign code is never run here.

A small part of Python is understood: a function of three positional arguments whose body pops, deletes, copies and
sets fields of its first argument and returns it. A script that cannot be read, takes other arguments, or meets a field
that is not there throws, and the record passes through unchanged (contract 10). Anything more is taken to let records
through as they are, without an error.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any

PASSED = 3
"""Positional arguments that the platform gives: input, metadata, args."""
_TEXT: dict[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, "strip": str.strip}


class Thrown(Exception):  # noqa: N818 - what a script throws
    """What the platform's log would say."""


class _NotUnderstoodError(Exception):
    """The script does more than is understood here."""


def apply_script(script: str, language: str, record: Any) -> Any:
    """The record as the script leaves it.

    Raises:
        Thrown: the script throws.
    """
    if not language.startswith("python"):
        return record
    function = _function(script)
    if function is None:
        return record
    result = copy.deepcopy(record)
    try:
        for statement in function.body:
            if isinstance(statement, ast.Return):
                return _value(statement.value, function, result)
            _do(statement, function, result)
    except _NotUnderstoodError:
        return record
    return None


def _function(script: str) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(script)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Thrown(f"SyntaxError: {getattr(error, 'msg', 'cannot be read')}") from None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not functions:
        raise Thrown("NameError: no function is defined")
    fitting = [function for function in functions if _takes(function.args)]
    if not fitting:
        count = len(functions[0].args.args)
        raise Thrown(f"TypeError: {functions[0].name}() takes {count} positional arguments but {PASSED} were given")
    alone = len(tree.body) == 1 and fitting[0].args.args
    return fitting[0] if alone else None


def _takes(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional - len(arguments.defaults) <= PASSED and (positional >= PASSED or arguments.vararg is not None)


def _do(statement: ast.stmt, function: ast.FunctionDef, record: Any) -> None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, (ast.Call, ast.Constant)):
        if isinstance(statement.value, ast.Call):
            _value(statement.value, function, record)
        return
    if isinstance(statement, ast.Delete):
        for target in statement.targets:
            name = _field(target, function)
            _need(record, name)
            del record[name]
        return
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        record[_field(statement.targets[0], function)] = _value(statement.value, function, record)
        return
    raise _NotUnderstoodError


def _value(node: ast.expr | None, function: ast.FunctionDef, record: Any) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id == function.args.args[0].arg:
        return record
    if isinstance(node, ast.Subscript):
        name = _field(node, function)
        _need(record, name)
        return record[name]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
        return _called(node.func, [_value(item, function, record) for item in node.args], function, record)
    raise _NotUnderstoodError


def _called(called: ast.Attribute, given: list[Any], function: ast.FunctionDef, record: Any) -> Any:
    on = _value(called.value, function, record)
    if on is record and called.attr in {"pop", "get"} and given and isinstance(given[0], str):
        if called.attr == "pop" and len(given) == 1:
            _need(record, given[0])
        return record.pop(*given) if called.attr == "pop" else record.get(*given)
    if called.attr in _TEXT and not given:
        if not isinstance(on, str):
            raise Thrown(f"AttributeError: {type(on).__name__!r} object has no attribute {called.attr!r}")
        return _TEXT[called.attr](on)
    raise _NotUnderstoodError


def _field(node: ast.expr, function: ast.FunctionDef) -> str:
    """The name in `input["name"]`."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == function.args.args[0].arg
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ):
        return node.slice.value
    raise _NotUnderstoodError


def _need(record: Any, name: str) -> None:
    if not isinstance(record, dict) or name not in record:
        raise Thrown(f"KeyError: {name!r}")
