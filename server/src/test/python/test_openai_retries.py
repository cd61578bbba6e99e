"""A server that is full, seen by clients that try again; unmodified, with their own ways of waiting."""

import anthropic
import openai
import pytest

ASK = {"model": "default", "max_tokens": 8, "messages": [{"role": "user", "content": "Hello!"}]}
LONG = {"model": "default", "prompt": "Once upon a time", "max_tokens": 900, "extra_body": {"ignore_eos": True}}


@pytest.fixture
def occupied(narrow_url):
    """The server's only slot, taken until somebody is told that the server is full."""
    busy = openai.OpenAI(base_url=f"{narrow_url}/v1", api_key="none", max_retries=0, timeout=120)
    with busy.completions.create(**LONG, stream=True) as stream:
        next(iter(stream))
        yield stream


def leaving(stream, refused):
    """Looks at answers: frees the slot at the first that says there is none."""

    def look(response):
        if response.status_code >= 500:
            refused.append((response.status_code, response.headers.get("retry-after")))
            stream.close()

    return {"event_hooks": {"response": [look]}}


def test_openais_client_tries_again(narrow_url, occupied):
    refused = []
    http = openai.DefaultHttpxClient(**leaving(occupied, refused))
    client = openai.OpenAI(base_url=f"{narrow_url}/v1", api_key="none", max_retries=5, timeout=120, http_client=http)
    raw = client.chat.completions.with_raw_response.create(**ASK)
    assert raw.parse().choices[0].message.content
    assert raw.retries_taken == len(refused) >= 1
    status, after = refused[0]
    assert status == 503
    assert int(after) >= 1


def test_anthropics_client_tries_again(narrow_url, occupied):
    refused = []
    http = anthropic.DefaultHttpxClient(**leaving(occupied, refused))
    client = anthropic.Anthropic(base_url=narrow_url, api_key="none", max_retries=5, timeout=120, http_client=http)
    raw = client.messages.with_raw_response.create(**ASK)
    assert raw.parse().content[0].text
    assert raw.retries_taken == len(refused) >= 1
    assert refused[0][0] == 529


def test_who_does_not_try_again_is_told_that_it_is_full(narrow_url, occupied):
    client = openai.OpenAI(base_url=f"{narrow_url}/v1", api_key="none", max_retries=0, timeout=120)
    with pytest.raises(openai.InternalServerError) as refused:
        client.chat.completions.create(**ASK)
    assert refused.value.status_code == 503
    assert refused.value.code == "server_busy"


def test_what_never_works_is_not_tried_again(narrow_url):
    tries = []
    http = openai.DefaultHttpxClient(event_hooks={"request": [tries.append]})
    client = openai.OpenAI(base_url=f"{narrow_url}/v1", api_key="none", max_retries=5, timeout=120, http_client=http)
    with pytest.raises(openai.InternalServerError) as refused:
        client.audio.transcriptions.create(model="default", file=("a.wav", b"RIFF"))
    assert refused.value.status_code == 501
    assert len(tries) == 1
