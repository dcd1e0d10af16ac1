"""What one request of the REST API may take, where no other file has it: sizes, numbers and seconds."""

from __future__ import annotations

#: Seconds that a read waits for the revision that it asks for.
CATCH_UP = 5.0
#: Modules that one request asks at the same time, unless it wants fewer.
FAN_OUT = 64
#: Records that one request merges by time.
MAX_MERGED = 200_000
#: Seconds that a list waits for the agents that it measures.
MEASURING = 12.0
#: Seconds that a scrape waits for agents: Prometheus waits ten unless told otherwise.
SCRAPE_SECONDS = 8.0
#: Modules whose agents one scrape asks; of a larger fleet each is scraped by itself, see the targets.
SCRAPED = 1000
#: Seconds of silence after which a stream says that it is still there.
ALIVE = 15.0
#: Lines of each log in a support bundle, and seconds of its CPU profile.
BUNDLE_LINES, BUNDLE_CPU_SECONDS = 100_000, 60.0
