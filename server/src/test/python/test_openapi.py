"""The server's own description, turned into requests that are right and wrong in every way that it allows to think of."""

import collections
import os

import hypothesis
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

SEED = 20_231_117
CASES_A_ROUTE = 25
FEW = 4
CONFORM = [status_code_conformance, content_type_conformance, response_schema_conformance]


# Further names of routes, with the same handlers.
ALIASES = ["/chat/completions", "/completions", "/embeddings", "/reranking", "/v1/rerank", "/v1/reranking", "/v1/health"]

# Ollama's routes have the number of tokens within an object.
OLLAMA = ["/api/chat", "/api/generate"]

# EasyLM's routes that write as much as the server allows: some answers tell what there is to learn.
LONG_WINDED = ["/chat", "/generate"]
answered = collections.Counter()

# Read when tests are collected, since each operation becomes a test.
everything = schemathesis.openapi.from_url(f"{os.environ['CORRAL_URL'].rstrip('/')}/openapi.json")
schema = everything.exclude(path=ALIASES)


def kept_short(body, path):
    """The same request, with few tokens to generate wherever it asks for a number of them that is allowed."""
    if not isinstance(body, dict):
        return body
    body = dict(body)
    if path in OLLAMA and isinstance(body.get("options") or {}, dict):
        body["options"] = kept_short(body.get("options") or {}, "") | {"num_predict": FEW}

    def cap(name, most):
        value = body.get(name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is None or (number and (value > most or value == -1)):  # -1 is no limit, and -1.0 is -1
            body[name] = most

    cap("n_predict", FEW)
    for name in ("n", "n_cmpl"):
        if name in body:
            cap(name, 2)
    return body


@schema.parametrize()
@hypothesis.seed(SEED)
@settings(
    max_examples=CASES_A_ROUTE,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)
def test_no_request_is_a_fault(case):
    path = case.operation.path
    if path in LONG_WINDED and answered[path] == FEW:
        return
    case.body = kept_short(case.body, path)
    response = case.call(timeout=60)
    answered[path] += response.status_code == 200
    assert response.status_code != 500, f"{response.text}\n{case.as_curl_command()}"
    assert response.headers["x-request-id"]
    case.validate_response(response, checks=CONFORM)
    if response.status_code >= 400:
        body = response.json()
        error = body.get("error") or body.get("detail") or body["traceback"]
        assert error["message"] if isinstance(error, dict) else error


def test_every_route_is_in_it():
    operations = [operation.ok() for operation in everything.get_all_operations()]
    assert len(operations) > 25
    assert set(ALIASES) <= {operation.path for operation in operations}
    assert all(operation.definition.raw["summary"] for operation in operations)
