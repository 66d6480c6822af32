"""The demo: a small shop whose pages provoke every trouble the dashboard can show. Standard library only, Python 3.8 or newer."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from shop import application  # noqa: E402, F401 (the path comes first; Apache wants the name here)
