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


# Further names of routes, with the same handlers and so the same descriptions.
ALIASES = [
    "/audio/transcriptions", "/chat/completions", "/chat/completions/input_tokens", "/completions", "/embeddings",
    "/greedy_until", "/reranking", "/responses", "/responses/input_tokens", "/serve_loglikelihood_rolling",
    "/v1/health", "/v1/rerank", "/v1/reranking",
]  # fmt: skip

# Ollama's routes have the number of tokens within an object.
OLLAMA = ["/api/chat", "/api/generate"]

# OpenAI's route that knows no other name than its own.
RESPONSES = ["/v1/responses"]

# Petals' route goes on until a text is said that it was asked to stop at: one is soon said.
PETALS = "/api/v1/generate"

# What else says how much is generated, and how much of it is enough; a prompt counts for Petals' max_length.
OTHER_NUMBERS = {"n": 2, "n_cmpl": 2, "max_new_tokens": FEW, "max_length": 64}

# EasyLM's routes that write as much as the server allows: two answers tell what there is to learn.
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
    if isinstance(body.get("prompt"), list):
        body["prompt"] = body["prompt"][:FEW]
    if path == PETALS and body.get("stop_sequence"):
        body["extra_stop_sequences"] = ["e"]
    if path in OLLAMA and isinstance(body.get("options") or {}, dict):
        body["options"] = kept_short(body.get("options") or {}, "") | {"num_predict": FEW}

    def cap(name, most):
        value = body.get(name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is None or (number and (most < value < 1 << 31 or value == -1)):  # -1 is no limit, and -1.0 is -1
            body[name] = most

    cap("n_predict", FEW)
    if path in RESPONSES:
        cap("max_output_tokens", FEW)
    for name, most in OTHER_NUMBERS.items():
        if name in body:
            cap(name, most)
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
    if path in LONG_WINDED and answered[path] == 2:
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
    told = {operation.path: {**operation.definition.raw, "operationId": None} for operation in operations}
    tested = [told[path] for path in told.keys() - set(ALIASES)]
    assert all(told[alias] in tested for alias in ALIASES)
    assert all(operation.definition.raw["summary"] for operation in operations)
