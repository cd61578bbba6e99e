"""Clients of a running server; CORRAL_URL says where it is."""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

import openai
import pytest
import requests


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


HERE = pathlib.Path(__file__).resolve().parent


@contextlib.contextmanager
def serving(*flags):
    """A server of one's own, on a port of its own."""
    serve = HERE.parents[3] / "scripts" / "serve"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            serve,
            *("--model", os.environ["CORRAL_MODEL"], "--host", "127.0.0.1", "--port", str(port)),
            *flags,
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        await_health(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60)


@pytest.fixture(scope="session")
def tools_url() -> str:
    """A server whose model has a chat template with tools, which its own has not."""
    if "CORRAL_TOOLS_URL" in os.environ:
        yield os.environ["CORRAL_TOOLS_URL"].rstrip("/")
        return
    with serving("--chat-template-file", HERE / "tools.jinja", "--reasoning", "off") as address:
        yield address


@pytest.fixture(scope="session")
def narrow_url() -> str:
    """A server that answers one request at a time, and lets none wait."""
    if "CORRAL_NARROW_URL" in os.environ:
        yield os.environ["CORRAL_NARROW_URL"].rstrip("/")
        return
    with serving("-np", "1", "-c", "1024", "--queue", "0") as address:
        yield address


def await_health(address: str, server: subprocess.Popen) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            if requests.get(f"{address}/health", timeout=2).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise AssertionError("the server did not start")


@pytest.fixture(scope="session")
def tools_client(tools_url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{tools_url}/v1", api_key="none", max_retries=0, timeout=120)
