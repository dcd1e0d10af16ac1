"""The JSON of the API as JSON Schema, for the OpenAPI document."""

from __future__ import annotations

from .answers import ANSWERS
from .objects import OBJECTS
from .queries import QUERY_SCHEMAS
from .schema import Schema

#: By name.
SCHEMAS: Schema = {**OBJECTS, **ANSWERS, **QUERY_SCHEMAS}
