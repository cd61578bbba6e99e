"""Petals' chat: its documents' examples, as its clients run them."""

import json

import pytest
import requests
import websocket

SESSION = {"type": "open_inference_session", "max_length": 512}
TURN = {"type": "generate", "max_new_tokens": 1, "stop_sequence": "\n", "extra_stop_sequences": ["</s>"]}


@pytest.fixture
def socket(url):
    connection = websocket.create_connection(url.replace("http", "ws", 1) + "/api/v2/generate", timeout=60)
    yield connection
    connection.close()


def say(socket, message, **more):
    socket.send(json.dumps({**message, **more}))


def hear(socket):
    message = json.loads(socket.recv())
    assert message["ok"], message
    return message


def hear_turn(socket):
    text, tokens = "", 0
    while True:
        message = hear(socket)
        text += message["outputs"]
        tokens += message["token_count"]
        if message["stop"]:
            return text, tokens


def test_the_documents_example_for_websockets(socket, model):
    say(socket, {"type": "open_inference_session", "model": model, "max_length": 30})
    say(socket, {"type": "generate", "inputs": "A cat sat on", "max_length": 30, "do_sample": 1,
                 "temperature": 0.6, "top_p": 0.9})
    assert socket.recv() == '{"ok": true}'
    answer = hear(socket)
    assert answer["stop"] and answer["outputs"] and answer["token_count"] < 30


def test_a_conversation_of_three_turns(socket):
    say(socket, SESSION)
    hear(socket)
    say(socket, TURN, inputs="Q: What is the capital of France?\nA:")
    assert "Paris" in hear_turn(socket)[0]
    say(socket, TURN, inputs="Q: And of Italy?\nA:")
    text, tokens = hear_turn(socket)
    assert "Rome" in text and text.endswith("\n") and tokens > 1
    say(socket, TURN, inputs="Q: And of Spain?\nA:")
    assert "Madrid" in hear_turn(socket)[0]


def test_closing_stops_the_text_and_frees_the_slots(url):
    for _ in range(20):
        connection = websocket.create_connection(url.replace("http", "ws", 1) + "/api/v2/generate", timeout=60)
        say(connection, SESSION)
        say(connection, TURN, inputs="Once upon a time", stop_sequence="never said")
        hear(connection)
        hear(connection)
        connection.close()
    answer = requests.post(f"{url}/api/v1/generate", data={"inputs": "Hello", "max_new_tokens": 1}, timeout=60)
    assert answer.json()["ok"]


def test_a_full_session_says_so_in_the_originals_words(socket):
    say(socket, SESSION, max_length=16)
    say(socket, TURN, inputs="1, 2, 3, 4,", stop_sequence="never said")
    hear(socket)
    with pytest.raises(websocket.WebSocketConnectionClosedException):
        while True:
            message = json.loads(socket.recv())
            if not message["ok"]:
                assert "Maximum length exceeded: prefix 16 + current 1 exceeds pre-allocated maximum 16" in (
                    message["traceback"])
                socket.recv()
                raise websocket.WebSocketConnectionClosedException


def test_a_session_by_http_token_by_token(url):
    opened = requests.get(f"{url}/api/v1/open_inference_session", params={"max_length": 256}, timeout=60).json()
    with requests.Session() as http:
        text = ""
        data = {"inputs": "Counting up: one, two, three, four,"}
        for _ in range(8):
            data.update(session_id=opened["session_id"], max_new_tokens=1)
            answer = http.post(f"{url}/api/v1/generate", data=data, timeout=60).json()
            assert answer["ok"], answer
            text += answer["outputs"]
            data = {}
    assert text.startswith(" five, six, seven,")
    closed = requests.get(f"{url}/api/v1/close_inference_session", params=opened, timeout=60).json()
    assert closed == {"ok": True, "session_id": opened["session_id"]}
    again = requests.post(f"{url}/api/v1/generate", data={**opened, "max_new_tokens": 1}, timeout=60)
    assert again.status_code == 200 and "expired or does not exist" in again.json()["traceback"]


def test_forms_of_both_kinds(url):
    parts = {"inputs": (None, "Once upon a time,"), "max_new_tokens": (None, "4")}
    multipart = requests.post(f"{url}/api/v1/generate", files=parts, timeout=60).json()
    encoded = requests.post(f"{url}/api/v1/generate", timeout=60,
                            data={"inputs": "Once upon a time,", "max_new_tokens": 4}).json()
    assert multipart == encoded and multipart["ok"]
