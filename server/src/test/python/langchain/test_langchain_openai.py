"""LangChain's package for OpenAI, unmodified."""

import pydantic
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings


@tool
def get_weather(city: str) -> str:
    """Tells the weather of a city."""
    return "Sunny"


class Person(pydantic.BaseModel):
    """A person."""

    name: str = pydantic.Field(max_length=16)
    age: int = pydantic.Field(ge=0, le=120)


def chat(url, **more):
    return ChatOpenAI(base_url=f"{url}/v1", api_key="none", model="default", temperature=0, max_tokens=96, max_retries=0, **more)


def test_chat(url):
    answer = chat(url).invoke("Hello!")
    assert answer.content
    assert answer.usage_metadata["total_tokens"] > 0
    chunks = list(chat(url, stream_usage=True).stream("Hello!"))
    assert "".join(chunk.content for chunk in chunks) == answer.content
    assert sum(chunk.usage_metadata["output_tokens"] for chunk in chunks if chunk.usage_metadata) > 0


def test_tools(tools_url):
    model = chat(tools_url).bind_tools([get_weather], tool_choice="any", parallel_tool_calls=False)
    asked = [HumanMessage("What is the weather in Oslo?")]
    answer = model.invoke(asked)
    assert answer.response_metadata["finish_reason"] in ("tool_calls", "length")
    call = answer.tool_calls[0]
    assert call["name"] == "get_weather"
    assert set(call["args"]) == {"city"}

    whole = None
    for chunk in model.stream(asked):
        whole = chunk if whole is None else whole + chunk
    assert whole.tool_calls[0]["args"] == call["args"]

    asked += [answer, ToolMessage("Sunny", tool_call_id=call["id"])]
    last = chat(tools_url).invoke(asked)
    assert isinstance(last, AIMessage)


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_structured_output(tools_url, method):
    person = chat(tools_url).with_structured_output(Person, method=method).invoke("Invent a person.")
    assert isinstance(person, Person)


def test_responses(url):
    model = chat(url, use_responses_api=True)
    assert model.invoke("Hello!").text
    assert "".join(chunk.text for chunk in model.stream("Hello!"))


def test_completions_of_several_prompts(url):
    model = OpenAI(base_url=f"{url}/v1", api_key="none", model="default", temperature=0, max_tokens=8, max_retries=0)
    several = model.generate(["Once upon a time", "The sky is"]).generations
    assert several[0][0].text == model.invoke("Once upon a time")
    assert len(several) == 2


def test_embeddings(url):
    model = OpenAIEmbeddings(
        base_url=f"{url}/v1", api_key="none", model="default", check_embedding_ctx_length=False, max_retries=0
    )
    vectors = model.embed_documents(["A cat", "A dog"])
    assert len(vectors) == 2
    assert vectors[0] != vectors[1]
    assert model.embed_query("A cat") == pytest.approx(vectors[0], abs=1e-3)
