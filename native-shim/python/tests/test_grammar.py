"""These files run in the application's Python, which may be as old as 3.8."""

import ast
import os
import sys
import unittest

from .support import SOURCES

TOOLS = sorted("wsgideck_tools/" + name for name in os.listdir(os.path.join(SOURCES, "wsgideck_tools")) if name.endswith(".py"))
NAMES = ["agent.py", "agent_start.py", "agent_main.py", "handler.py", "wsgi_callable.py", "check_entry.py", "service.py", *TOOLS]
# What a tool is about is the user's to install; it says so when it is missing.
WISHED = {
    "wsgi_callable.py": {"a2wsgi"},
    "wsgideck_tools/coverage.py": {"coverage", "wsgideck_tools"},
    "wsgideck_tools/paste_application.py": {"paste", "wsgideck_tools"},
}


class Grammar(unittest.TestCase):
    def test_is_python_3_8(self) -> None:
        for name in NAMES:
            with self.subTest(name), open(os.path.join(SOURCES, name)) as file:
                ast.parse(file.read(), name, feature_version=(3, 8))

    def test_the_check_would_notice_newer_grammar(self) -> None:
        with self.assertRaises(SyntaxError):
            ast.parse("match x:\n    case 1: pass\n", feature_version=(3, 8))

    def test_imports_nothing_that_is_not_in_the_standard_library(self) -> None:
        for name in NAMES:
            known = sys.stdlib_module_names | WISHED.get(name, set())
            with open(os.path.join(SOURCES, name)) as file:
                tree = ast.parse(file.read())
            for node in ast.walk(tree):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                for module in names:
                    self.assertIn(module.partition(".")[0], known, name)


if __name__ == "__main__":
    unittest.main()
