"""An agent inside a process that was not prepared, for as long as its caller is attached: CPython 3.14, on demand.

``attaching`` brings it there and takes it away again, ``guest`` is what runs inside, ``inside_answers`` asks it.
"""
