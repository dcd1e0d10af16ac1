"""Commands that run something: the agent, the gateway, the module writer and the demo."""

__all__: tuple[str, ...] = ()
