"""Every Python in the environment of a service of ``corvo run`` runs this at its start, whatever its version is.

It may be another program's, and have no such package. Whatever happens here, it must not be seen, and what would have
run in the place of this has to run all the same.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
_self = sys.modules.get("sitecustomize")

try:
    __import__("corvo_agent.launcher.join", fromlist=["join"]).join()
except Exception:  # nosec B110
    # The program has to start, whatever is wrong with what looks into it.
    # A SyntaxError too: of a Python that this package is not for.
    pass

# Another one on the path comes into its place, and what that raises is for Python to tell.
sys.path[:] = [_path for _path in sys.path if os.path.abspath(_path) != _here]
sys.modules.pop("sitecustomize", None)
try:
    __import__("sitecustomize")
except ImportError as _error:
    if getattr(_error, "name", "sitecustomize") != "sitecustomize":
        raise
finally:
    if _self is not None and "sitecustomize" not in sys.modules:
        sys.modules["sitecustomize"] = _self
