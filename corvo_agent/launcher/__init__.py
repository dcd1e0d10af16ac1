"""``corvo run``: makes every Python process of a service a worker of its Module, and leaves its lines as they are.

``environment`` is what the service is started with; ``inject/sitecustomize.py``, which every Python in that environment
runs at its start, has ``join`` decide whether this one belongs to the service, and start a stub in it then.
``isolated`` does so where Python looks at no environment.
"""

__all__: tuple[str, ...] = ()
