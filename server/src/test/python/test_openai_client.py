"""OpenAI's own Python client, unmodified, against the server."""

import asyncio
import json

import openai
import pytest

HELLO = [{"role": "user", "content": "Hello!"}]


def greedy(client, model, **more):
    return client.chat.completions.create(
        model=model, messages=HELLO, temperature=0, max_completion_tokens=16, **more
    )


def test_models_are_listed(client, model):
    entry = client.models.retrieve(model)
    assert entry.id == model
    assert entry.object == "model"
    assert entry.created > 0


def test_chat(client, model):
    answer = greedy(client, model)
    assert answer.object == "chat.completion"
    assert answer.model == model
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.completion_tokens <= 16
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens_details.cached_tokens >= 0


def test_chat_streamed_is_the_same(client, model):
    whole = greedy(client, model).choices[0]
    chunks = list(greedy(client, model, stream=True))
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].choices[0].finish_reason == whole.finish_reason


def test_usage_at_the_end_of_a_stream(client, model):
    chunks = list(greedy(client, model, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_streams_side_by_side(url, model):
    async def stream(client: openai.AsyncOpenAI) -> str:
        text = ""
        async for chunk in await client.chat.completions.create(
            model=model, messages=HELLO, temperature=0, max_completion_tokens=16, stream=True
        ):
            text += chunk.choices[0].delta.content or ""
        return text

    async def all_of_them() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            return await asyncio.gather(*(stream(client) for _ in range(8)))

    texts = asyncio.run(all_of_them())
    assert len(set(texts)) == 1
    assert texts[0]


def test_a_stream_can_be_left(client, model):
    with greedy(client, model, stream=True) as stream:
        next(iter(stream))
    assert greedy(client, model).choices[0].message.content


def test_several_choices(client, model):
    answer = client.chat.completions.create(
        model=model, messages=HELLO, n=2, seed=1, max_completion_tokens=8
    )
    assert [choice.index for choice in answer.choices] == [0, 1]


def test_logprobs(client, model):
    answer = greedy(client, model, logprobs=True, top_logprobs=3)
    tokens = answer.choices[0].logprobs.content
    assert len(tokens) > 0
    assert all(len(token.top_logprobs) == 3 for token in tokens)
    assert all(token.logprob <= 0 for token in tokens)
    assert all(token.top_logprobs[0].token == token.token for token in tokens)


def test_stop(client, model):
    answer = client.chat.completions.create(
        model=model, messages=HELLO, temperature=0, max_completion_tokens=64, stop=["!", "?"]
    )
    assert "!" not in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"


def test_structured_output(client, model):
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    answer = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Invent a person."}],
        seed=1,
        max_completion_tokens=100,
        response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": schema, "strict": True}},
    )
    person = json.loads(answer.choices[0].message.content)
    assert isinstance(person["name"], str)
    assert isinstance(person["age"], int)


def test_fields_of_llama_cpp(client, model):
    answer = greedy(client, model, extra_body={"top_k": 1, "cache_prompt": False})
    assert answer.choices[0].message.content
    assert answer.timings["cache_n"] == 0


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as raised:
        client.chat.completions.create(model="gpt-4", messages=HELLO)
    assert raised.value.code == "model_not_found"
    assert raised.value.param == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("some/other model")


def test_a_bad_value_is_a_bad_request(client, model):
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model=model, messages=HELLO, temperature=1000)
    assert raised.value.param == "temperature"
    assert "between -100 and 100" in raised.value.message


def test_a_prompt_that_is_too_long_is_a_bad_request(client, model):
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "word " * 200_000}], stream=True
        )
    assert raised.value.code == "context_length_exceeded"


def test_what_is_not_there_yet_says_so(client, model):
    video = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,"}}
    with pytest.raises(openai.InternalServerError) as raised:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": [video]}])
    assert raised.value.status_code == 501
