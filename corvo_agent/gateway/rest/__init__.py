"""The gateway's REST API: routes, what surrounds them, and their description."""
