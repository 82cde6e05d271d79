"""The code of an experiment as it is shown: complete, so that it can be copied and run."""

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
    named = {node.id for node in ast.walk(ast.parse(own)) if isinstance(node, ast.Name)}
    imports, constants = [], []
    module = inspect.getsource(sys.modules[function.__module__])
    for node in ast.parse(module).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [n for n in node.names if (n.asname or n.name) in named]
            imports += [ast.unparse(node)] if node.names else []
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(n.id in named for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)):
                constants.append(ast.get_source_segment(module, node) or "")
    blocks = ["\n".join(imports), "\n".join(constants), f"\n{own}"]
    return "\n\n".join(block for block in blocks if block).strip() + "\n"
