"""``python -m corvo_agent`` is ``corvo``."""

from .cli.main import main

if __name__ == "__main__":
    main()
