"""A client of the gateway's REST API: Modules, Debug queries, followed logs. Only ``transport`` knows aiohttp."""
