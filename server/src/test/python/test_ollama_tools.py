"""Tools with Ollama's own Python client, unmodified."""

import base64

import ollama
import pytest

ASK = [{"role": "user", "content": "What is the weather in Oslo?"}]
GREEDY = {"temperature": 0, "num_predict": 96}


def get_weather(city: str) -> str:
    """Tells the weather of a city.

    Args:
      city: where

    Returns:
      the weather
    """
    return f"Sunny in {city}, 20 degrees"


@pytest.fixture(scope="module")
def llama(tools_url: str) -> ollama.Client:
    return ollama.Client(host=tools_url, timeout=120)


# Ollama has no field that makes a model call a tool; Corral takes OpenAI's among the options.
MUST = GREEDY | {"tool_choice": "required", "parallel_tool_calls": False}


def test_a_call_and_its_round(llama):
    answer = llama.chat(model="default", messages=ASK, tools=[get_weather], options=MUST)
    (call,) = answer.message.tool_calls
    assert call.function.name == "get_weather"
    assert set(call.function.arguments) == {"city"}
    result = get_weather(**call.function.arguments)
    told = llama.chat(
        model="default",
        messages=[*ASK, answer.message, {"role": "tool", "tool_name": "get_weather", "content": result}],
        tools=[get_weather],
        options=GREEDY | {"num_predict": 24, "tool_choice": "none"},
    )
    assert told.message.content
    assert told.done_reason in ("stop", "length")


def test_a_streamed_call_is_the_same(llama):
    whole = llama.chat(model="default", messages=ASK, tools=[get_weather], options=MUST).message.tool_calls
    calls = [
        call
        for piece in llama.chat(model="default", messages=ASK, tools=[get_weather], options=MUST, stream=True)
        for call in piece.message.tool_calls or []
    ]
    assert [call.function for call in calls] == [call.function for call in whole]


def test_the_model_is_said_to_take_tools(llama):
    assert "tools" in llama.show("default").capabilities


def test_a_template_without_tools_says_so(url):
    with pytest.raises(ollama.ResponseError, match="template") as refused:
        ollama.Client(host=url, timeout=120).chat(model="default", messages=ASK, tools=[get_weather])
    assert refused.value.status_code == 400


def test_an_image_needs_a_model_that_sees(llama):
    gif = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=")
    with pytest.raises(ollama.ResponseError, match="projector"):
        llama.chat(model="default", messages=[{"role": "user", "content": "What is this?", "images": [gif]}])
