"""Clients of a running server; CORRAL_URL says where it is."""

import os

import openai
import pytest


@pytest.fixture(scope="session")
def url() -> str:
    return os.environ["CORRAL_URL"].rstrip("/")


@pytest.fixture(scope="session")
def client(url: str) -> openai.OpenAI:
    # No retries: a test that passes by trying again would hide a failure.
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=120)


@pytest.fixture(scope="session")
def model(client: openai.OpenAI) -> str:
    return client.models.list().data[0].id
