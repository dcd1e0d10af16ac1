"""The guides' list of differences from the original: each row has a test that shows what holds here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.guides.text import table

ROOT = Path(__file__).resolve().parent.parent
ROWS = "tests/gateway/test_wire_rows.py"
COMPARED = "tests/gateway/test_wire_rows_compared.py"
DEBUG = "tests/gateway/test_wire_rows_debug.py"
ERRORS = "tests/gateway/test_wire_rows_errors.py"
SEMANTICS = "tests/gateway/test_wire_rows_semantics.py"
GRPC = "tests/gateway/grpc/test_service.py"

SHOWN_BY = {
    "spelling of levels, categories, queries": f"{ROWS}::test_row_levels_in_any_case_are_shown_as_written",
    "parameters of the Log query": "tests/logs/search/test_parameters.py::test_each_parameter",
    "values of log lines": "tests/logs/lines/test_record.py::test_every_value_survives",
    "profiles": f"{DEBUG}::test_row_the_profile_request_of_the_readme",
    "`<`, `>`, `&` in JSON": f"{ROWS}::test_row_html_is_not_escaped_and_both_forms_are_read",
    "creating and deleting over REST": f"{ROWS}::test_row_create_patch_and_delete_exist_here",
    "a PUT or label from an older version": f"{COMPARED}::test_row_label_with_a_stale_version",
    "a missing object": f"{ERRORS}::test_row_missing",
    "a bad selector, order or page of a list": f"{ERRORS}::test_row_list_with_bad_selector_sort_or_paging",
    "a watch with a bad selector, or a `field-change-selector` that names nothing": (
        f"{COMPARED}::test_row_a_watch_with_a_bad_selector"
    ),
    "`sort-order=by-name-reverse`": f"{ROWS}::test_row_query_parameters",
    "numbers that are none (`O.resource-version=abc`, `max-results=-1`), labels of an object without generation": (
        f"{COMPARED}::test_row_what_crashes_the_original"
    ),
    "text that is no UTF-8, or half of a surrogate pair": f"{COMPARED}::test_row_text_that_cannot_be_stored",
    "lines about broken rules": f"{ERRORS}::test_row_invalid_enum_name_or_tenant",
    "`kind` and `meta.self-link` in etcd": f"{COMPARED}::test_row_kv_value_without_kind",
    "a Module without `log-level`": f"{ROWS}::test_row_body_null_empty_absent_means_defaults",
    "status of a pod or process": f"{GRPC}::test_row_update_of_the_status",
    "self-link in answers of create, label, delete": f"{COMPARED}::test_row_self_links_in_answers",
    "body of a refusal for another origin": f"{ROWS}::test_row_cors_foreign_write_is_refused",
    "`field-selector=status.category=venice`": f"{COMPARED}::test_row_the_category_of_what_is_created",
    "Debug on the API server itself": f"{GRPC}::test_row_debug_is_routed_to_the_agent",
    "which Modules answer Debug": f"{DEBUG}::test_row_every_module_with_an_address_answers",
    "Debug of a Module without service ports": f"{COMPARED}::test_row_a_module_without_service_ports",
    "a query that names another Module": (
        "tests/integration/test_identity.py::test_an_action_does_not_run_in_another_modules_process"
    ),
    "codes of Debug's errors over gRPC": (
        "tests/integration/test_foreign_peer.py::test_their_client_understands_our_errors"
    ),
    "an agent that is gone": f"{DEBUG}::test_row_a_dead_backend",
    "a slow action": f"{DEBUG}::test_row_a_hung_backend",
}


def stated() -> list[str]:
    """The topics of the guides' table, in its order."""
    return [line.split("|")[1].strip() for line in table("differences")[2:]]


def test_every_row_has_its_test_and_every_test_its_row() -> None:
    assert stated() == list(SHOWN_BY)


@pytest.mark.parametrize("shown", SHOWN_BY.values())
def test_it_is_there(shown: str) -> None:
    path, _, name = shown.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
