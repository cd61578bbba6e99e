"""Clients of 2023 as a host of llama.cpp's server published them: their own text, but for the address.

examples_2023 holds them. What they promise of caching is tested with them: a cookie names the conversation, a slot can be
asked for, and neither is ever needed.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

EXAMPLES = Path(__file__).parent / "examples_2023"
HOST = "https://curated.aleph.cloud"
MACHINE = "/vm/a8b6d895cfe757d4bc5db9ba30675b5031fe3189a99a14f13d5210c473220caf"
LONG = "The lighthouse keeper wrote down every ship that passed the reef. " * 12


def example(name, url):
    text = (EXAMPLES / name).read_text()
    assert HOST + MACHINE in text
    return text.replace(HOST, url)


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(url):
    result = json.loads(run(["sh", "-c", example("curl.sh", url)]))
    assert result["content"]
    assert result["stop"] is True
    assert result["tokens_predicted"] <= 128
    assert result["prompt"] == "Building a website can be done in 10 simple steps:"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node(url, tmp_path):
    """fetch sends text/plain;charset=UTF-8 where nothing else is said."""
    program = tmp_path / "index.js"
    program.write_text(example("index.js", url))
    printed = run(["node", "index.js"], cwd=tmp_path)
    assert printed.strip()
    assert printed.strip() != "undefined"


def test_python(url, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(example("program.py", url))
    printed = run([sys.executable, str(program)])
    assert printed.strip() != "None"
    assert printed.count("\n") == 1, "a line break ends the answer"


def test_langchain(url, capsys):
    module = {"__name__": "example"}
    exec(example("langchain_llm.py", url), module)  # noqa: S102 - the client's own text
    llm = module["openhermes"]
    assert llm.slot_id == -1
    first = llm.invoke(f"USER: {LONG} What did he write down?\nASSISTANT:")
    assert isinstance(first, str)
    assert llm.slot_id >= 0
    llm.invoke(f"USER: {LONG} What did he write down?\nASSISTANT:{first}\nUSER: And why?\nASSISTANT:")
    second = capsys.readouterr().out
    assert "'cache_n': 0" not in second.rsplit("'timings'", 1)[1], "the second turn reads only what is new"


def turn(session, url, prompt, **fields):
    body = {"prompt": prompt, "n_predict": 8, "temperature": 0, "cache_prompt": True, **fields}
    answer = session.post(f"{url}/completion", json=body, timeout=120)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("prefix", ["", MACHINE])
@pytest.mark.parametrize("kept", ["cookie", "slot_id", "both", "nothing"])
def test_a_conversation_is_cached_however_little_the_client_keeps(url, prefix, kept):
    session = requests.Session()
    opening = f"{prefix} {kept}: {LONG}"
    first = turn(session, url + prefix, opening, slot_id=-1).json()
    if kept in ("slot_id", "nothing"):
        session.cookies.clear()
    again = {"slot_id": first["slot_id"]} if kept in ("slot_id", "both") else {}
    second = turn(session, url + prefix, f"{opening}{first['content']} Then", **again).json()
    assert second["timings"]["cache_n"] >= first["tokens_evaluated"] - 1
    assert second["timings"]["prompt_n"] < 16
    if kept != "nothing":
        assert second["slot_id"] == second["id_slot"] == first["slot_id"], "the slot was free"


def test_the_cookie_names_the_conversation_and_follows_it(url):
    session = requests.Session()
    first = turn(session, url, "One", slot_id=2)
    assert first.json()["slot_id"] == 2
    cookie = session.cookies["corral_conversation"]
    assert "HttpOnly" in first.headers["Set-Cookie"]
    conversation, slot = cookie.split(".")
    assert slot == "2"
    assert turn(session, url, "Two").json()["slot_id"] == 2
    moved = turn(session, url, "Three", slot_id=1)
    assert session.cookies["corral_conversation"] == f"{conversation}.1"
    same = turn(session, url, "Four", slot_id=1)
    assert "Set-Cookie" in moved.headers
    assert "Set-Cookie" not in same.headers, "nothing new to tell"


@pytest.mark.parametrize("cookie", ["", "x", "0123456789abcdef.99999", "0123456789abcdef.-1", "\u00e9", "a" * 5000])
def test_a_cookie_that_makes_no_sense_is_ignored(url, cookie):
    headers = {"Cookie": f"corral_conversation={cookie}; other=1".encode()}
    answer = requests.post(f"{url}/completion", json={"prompt": "x", "n_predict": 1}, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text


def test_a_stream_brings_the_cookie_with_its_head(url):
    body = {"prompt": "One, two,", "n_predict": 2, "stream": True}
    with requests.post(f"{url}/completion", json=body, stream=True, timeout=60) as answer:
        assert "corral_conversation" in answer.cookies
        events = [line for line in answer.iter_lines(decode_unicode=True) if line]
    assert all(event.startswith("data: {") for event in events)


def test_what_a_server_said_of_itself(url):
    for prefix in ("", MACHINE):
        settings = requests.get(f"{url}{prefix}/model.json", timeout=10).json()
        assert {"temp", "tfs_z", "n_ctx", "model", "repeat_penalty", "penalize_nl"} <= settings.keys()
        props = requests.get(f"{url}{prefix}/props", timeout=10).json()
        assert props["assistant_name"] == props["user_name"] == ""


def test_pages_elsewhere_may_send_cookies(url):
    answer = requests.post(
        f"{url}/completion",
        json={"prompt": "x", "n_predict": 1},
        headers={"Origin": "http://localhost:3000"},
        timeout=60,
    )
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
