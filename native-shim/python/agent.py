"""Starts the agent (agent_start.py): `WSGIImportScript ROOT/wsgideck/agent.py` names this file.

mod_wsgi compiles what it imports anew in each process, on the way to the first response. What lies beside this file is taken in its
compiled form where there is one for this Python (in __pycache__/, put there with the server root; checked against the source), else it is
compiled as well.
"""

import os

# What every import of a file uses; importlib.machinery would be one more file to load.
from _frozen_importlib_external import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

HERE = os.path.dirname(os.path.abspath(__file__))


def load(name: str, scope: "Dict[str, Any]") -> "Dict[str, Any]":
    """Runs NAME.py of this folder in `scope`, and returns that. No import: the application's module path and sys.modules are not ours."""
    path = os.path.join(HERE, name + ".py")
    loader: "Any" = SourceFileLoader(name, path)
    # What Python compiles is not left beside the source: the folder is the server's, and may be taken away with what it knows to be in it.
    loader.set_data = lambda *_, **__: None
    code: "Any"
    try:
        code = loader.get_code(name)
    except Exception:
        # The compiled file is damaged; its header is all that Python looks at beforehand.
        code = loader.source_to_code(loader.get_data(path), path)
    exec(code, scope)
    return scope


load("agent_start", globals())
