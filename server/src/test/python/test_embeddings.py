"""Embeddings by OpenAI's own Python client, which asks for base64 unless told otherwise."""

import math

import openai
import pytest


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def test_one_text(client, model):
    answer = client.embeddings.create(model=model, input="Hello, world!")
    assert answer.object == "list"
    assert answer.model == model
    assert answer.data[0].object == "embedding"
    assert answer.data[0].index == 0
    assert math.isclose(math.hypot(*answer.data[0].embedding), 1, abs_tol=1e-4)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0


def test_floats_are_the_same(client, model):
    base64 = client.embeddings.create(model=model, input="Hello").data[0].embedding
    floats = client.embeddings.create(model=model, input="Hello", encoding_format="float").data[0].embedding
    assert cosine(base64, floats) > 0.99999


def test_many_texts_keep_their_order(client, model):
    texts = [f"Text number {i} is about {'ships' if i % 2 else 'cats'}." for i in range(100)]
    together = client.embeddings.create(model=model, input=texts).data
    assert [entry.index for entry in together] == list(range(100))
    for i in (0, 41, 99):
        alone = client.embeddings.create(model=model, input=texts[i]).data[0].embedding
        assert cosine(alone, together[i].embedding) > 0.999


def test_tokens(client, model):
    answer = client.embeddings.create(model=model, input=[[1, 2, 3], [4, 5]])
    assert len(answer.data) == 2
    assert answer.usage.prompt_tokens == 5


def test_dimensions(client, model):
    embedding = client.embeddings.create(model=model, input="Hello", dimensions=32).data[0].embedding
    assert len(embedding) == 32
    assert math.isclose(math.hypot(*embedding), 1, abs_tol=1e-4)


def test_a_wrong_field_is_named(client, model):
    with pytest.raises(openai.BadRequestError) as error:
        client.embeddings.create(model=model, input="Hello", dimensions=1_000_000)
    assert error.value.param == "dimensions"
    with pytest.raises(openai.BadRequestError) as error:
        client.embeddings.create(model=model, input=["Hello", ""])
    assert error.value.param == "input[1]"
