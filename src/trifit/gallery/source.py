"""The code of an experiment as shown: complete, to be copied and run."""

import ast
import inspect
import sys
from collections.abc import Callable
from typing import Any


def code(function: Callable[..., Any]) -> str:
    """The source of a function with the imports and constants of its module that it names.

    Examples
    --------
    >>> print(code(code).splitlines()[0])
    import ast
    """
    own = inspect.getsource(function)
    module = inspect.getsource(sys.modules[function.__module__])
    statements, named = ast.parse(module).body, _names(ast.parse(own))
    constants = []
    for node in statements:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if named & {name for target in targets for name in _names(target)}:
                constants.append(ast.get_source_segment(module, node) or "")
                named |= _names(node)
    imports = []
    for node in statements:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [n for n in node.names if (n.asname or n.name) in named]
            imports += [ast.unparse(node)] if node.names else []
    blocks = ["\n".join(imports), "\n".join(constants), f"\n{own}"]
    return "\n\n".join(block for block in blocks if block).strip() + "\n"


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
