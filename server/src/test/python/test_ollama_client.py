"""Ollama's own Python client, unmodified, against the server."""

import asyncio
import json
import math

import ollama
import pytest

HELLO = [{"role": "user", "content": "Hello!"}]
GREEDY = {"temperature": 0, "num_predict": 16}


@pytest.fixture(scope="module")
def llama(url: str) -> ollama.Client:
    return ollama.Client(host=url, timeout=120)


def test_chat(llama, model):
    answer = llama.chat(model=model, messages=HELLO, options=GREEDY)
    assert answer.model == model
    assert answer.message.role == "assistant"
    assert answer.message.content
    assert answer.done
    assert answer.done_reason in ("stop", "length")
    assert 0 < answer.eval_count <= 16
    assert answer.prompt_eval_count > 0
    assert answer.total_duration >= answer.eval_duration > 0


def test_chat_streamed_is_the_same(llama, model):
    whole = llama.chat(model=model, messages=HELLO, options=GREEDY)
    pieces = list(llama.chat(model=model, messages=HELLO, options=GREEDY, stream=True))
    assert "".join(piece.message.content for piece in pieces) == whole.message.content
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert pieces[-1].eval_count == whole.eval_count


def test_streams_side_by_side(url, model):
    async def text(client: ollama.AsyncClient) -> str:
        stream = await client.chat(model=model, messages=HELLO, options=GREEDY, stream=True)
        return "".join([piece.message.content async for piece in stream])

    async def all_of_them() -> list[str]:
        async with ollama.AsyncClient(host=url) as client:
            return await asyncio.gather(*(text(client) for _ in range(4)))

    texts = asyncio.run(all_of_them())
    assert len(set(texts)) == 1
    assert texts[0]


def test_a_stream_can_be_left(llama, model):
    stream = llama.chat(model=model, messages=HELLO, options=GREEDY, stream=True)
    next(stream)
    stream.close()
    assert llama.chat(model=model, messages=HELLO, options=GREEDY).message.content


def test_generate(llama, model):
    answer = llama.generate(model=model, prompt="Hello!", system="You are kind.", options=GREEDY, keep_alive="5m")
    assert answer.response
    pieces = list(llama.generate(model=model, prompt="Hello!", system="You are kind.", options=GREEDY, stream=True))
    assert "".join(piece.response for piece in pieces) == answer.response
    assert pieces[-1].context == answer.context


def test_a_raw_prompt_is_taken_as_it_is(llama, model):
    templated = llama.generate(model=model, prompt="1, 2, 3, 4,", options=GREEDY)
    raw = llama.generate(model=model, prompt="1, 2, 3, 4,", raw=True, options=GREEDY)
    assert raw.response.lstrip().startswith("5")
    assert raw.prompt_eval_count < templated.prompt_eval_count
    assert raw.context is None


def test_a_context_is_continued(llama, model):
    first = llama.generate(model=model, prompt="My dog is called Rex.", options=GREEDY)
    second = llama.generate(model=model, prompt="What is my dog called?", context=first.context, options=GREEDY)
    assert second.prompt_eval_count > len(first.context)
    assert second.context[: len(first.context)] == first.context


def test_a_model_that_is_asked_nothing_is_loaded(llama, model):
    assert llama.generate(model=model).done_reason == "load"
    assert llama.chat(model=model, keep_alive=-1).done_reason == "load"


def test_json(llama, model):
    schema = {
        "type": "object",
        "properties": {"age": {"type": "integer", "maximum": 99, "minimum": 0}, "married": {"type": "boolean"}},
        "required": ["age", "married"],
    }
    answer = llama.chat(
        model=model,
        messages=[{"role": "user", "content": "Invent a person."}],
        format=schema,
        options={"num_predict": 100, "seed": 1},
    )
    assert set(json.loads(answer.message.content)) == {"age", "married"}


def test_stop(llama, model):
    answer = llama.chat(model=model, messages=HELLO, options={"temperature": 0, "num_predict": 64, "stop": ["!", "?"]})
    assert "!" not in answer.message.content
    assert answer.done_reason == "stop"


def test_logprobs(llama, model):
    answer = llama.chat(model=model, messages=HELLO, options=GREEDY, logprobs=True, top_logprobs=2)
    assert answer.logprobs
    assert all(token.logprob <= 0 for token in answer.logprobs)
    assert all(len(token.top_logprobs) == 2 for token in answer.logprobs)


def test_embed(llama, model):
    answer = llama.embed(model=model, input=["Hello, world!", "And again."])
    assert len(answer.embeddings) == 2
    assert math.isclose(math.hypot(*answer.embeddings[0]), 1, abs_tol=1e-3)
    one = llama.embeddings(model=model, prompt="Hello, world!").embedding
    length = math.hypot(*one)
    assert all(
        math.isclose(x / length, y, abs_tol=1e-3) for x, y in zip(one, answer.embeddings[0], strict=True)
    )


def test_what_is_too_long_to_embed_is_refused_where_it_is_not_to_be_cut_off(llama, model):
    with pytest.raises(ollama.ResponseError) as raised:
        llama.embed(model=model, input="word " * 50_000, truncate=False)
    assert raised.value.status_code == 400


def test_models(llama, model):
    listed = llama.list().models
    assert model in [entry.model for entry in listed]
    assert listed[0].size > 0
    assert listed[0].details.format == "gguf"
    running = llama.ps().models[0]
    assert running.model == model
    assert running.context_length > 0
    shown = llama.show(model)
    assert shown.modelinfo["general.architecture"] == shown.details.family
    assert isinstance(shown.modelinfo[f"{shown.details.family}.context_length"], int)
    assert "completion" in shown.capabilities
    assert shown.template


def test_an_unknown_model_is_not_found(llama):
    for stream in (False, True):
        with pytest.raises(ollama.ResponseError) as raised:
            list(llama.chat(model="llama-of-another-house", messages=HELLO, stream=stream))
        assert raised.value.status_code == 404


def test_a_bad_value_is_a_bad_request(llama, model):
    with pytest.raises(ollama.ResponseError) as raised:
        llama.chat(model=model, messages=HELLO, options={"temperature": 1000})
    assert raised.value.status_code == 400
    assert "between -100 and 100" in raised.value.error
