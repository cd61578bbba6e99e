"""Requests drawn by chance, and what may come back."""

import json
import random


def word(rng: random.Random) -> str:
    """A token that no other request has."""
    return "".join(rng.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(12))


def echoes(rng: random.Random) -> tuple[str, dict, str]:
    """A request whose answer can only be one text."""
    said = word(rng)
    grammar = f'root ::= "{said}"'
    stream = rng.random() < 0.6
    match rng.randrange(3):
        case 0:
            return "/completion", {"prompt": f"Say {said}", "grammar": grammar, "n_predict": 40, "stream": stream}, said
        case 1:
            body = {"prompt": f"Say {said}", "grammar": grammar, "max_tokens": 40, "stream": stream}
            return "/v1/completions", body, said
        case _:
            messages = [{"role": "user", "content": f"Say {said}"}]
            schema = {"name": "echo", "schema": {"const": said}}
            if rng.random() < 0.5:
                shape = {"grammar": grammar}
            else:
                shape, said = {"response_format": {"type": "json_schema", "json_schema": schema}}, f'"{said}"'
            return "/v1/chat/completions", {"messages": messages, "max_tokens": 40, "stream": stream, **shape}, said


def valid(rng: random.Random) -> tuple[str, dict]:
    text = " ".join(word(rng) for _ in range(rng.randrange(1, 30)))
    chat = [{"role": "user", "content": text}]
    stream = rng.random() < 0.5
    tokens = rng.randrange(1, 40)
    return rng.choice(
        [
            ("/completion", {"prompt": text, "n_predict": tokens, "stream": stream, "seed": rng.randrange(99)}),
            ("/completion", {"prompt": text, "n_predict": tokens, "stream": stream, "n_probs": 3}),
            ("/completion", {"prompt": text, "n_predict": tokens, "stream": stream, "speculative.n_max": 4}),
            ("/completion", {"prompt": text, "n_predict": tokens, "lora": []}),
            ("/v1/completions", {"prompt": text, "max_tokens": tokens, "n": 2, "stream": stream}),
            ("/v1/completions", {"prompt": text, "max_tokens": 8, "logprobs": 2, "echo": True}),
            ("/v1/completions", {"prompt": text, "max_tokens": 8, "use_beam_search": True, "n": 2, "temperature": 0}),
            ("/v1/chat/completions", {"messages": chat, "max_tokens": tokens, "stream": stream, "n": 2}),
            ("/v1/chat/completions", {"messages": chat, "max_tokens": 9, "logprobs": True, "top_logprobs": 2}),
            ("/tokenize", {"content": text, "with_pieces": True}),
            ("/apply-template", {"messages": chat}),
        ]
    )


def optional(rng: random.Random) -> tuple[str, dict]:
    """What the server answers or refuses, by what the model is."""
    text = word(rng)
    return rng.choice(
        [
            ("/embedding", {"content": text}),
            ("/v1/embeddings", {"input": [text, word(rng)]}),
            ("/rerank", {"query": text, "documents": [word(rng), word(rng)]}),
            (f"/slots/{rng.randrange(6)}?action=erase", {}),
        ]
    )


def invalid(rng: random.Random) -> tuple[str, object]:
    deep = "(" * 3000
    return rng.choice(
        [
            ("/completion", {"prompt": [-1]}),
            ("/completion", {"prompt": [10**9]}),
            ("/completion", {"prompt": "x", "grammar": "root ::= " + deep}),
            ("/completion", {"prompt": "x", "grammar": "root ::= nonsense"}),
            ("/completion", {"prompt": "x", "temperature": "hot"}),
            ("/completion", {"prompt": "x", "n_keep": -7}),
            ("/completion", {"prompt": "x", "lora": [{"id": 99, "scale": 1}]}),
            ("/completion", {"prompt": "word " * 20000}),
            ("/completion", {"prompt": "x", "json_schema": {"type": "string", "pattern": "^" + deep}}),
            ("/v1/completions", {"prompt": "x", "n": 10**6}),
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": 5}]}),
            ("/v1/chat/completions", {"messages": "no"}),
            ("/v1/chat/completions", {"model": "nobody", "messages": [{"role": "user", "content": "x"}]}),
            ("/v1/chat/completions", b"\xff\xfe{"),
            ("/detokenize", {"tokens": [10**9]}),
            ("/tokenize", b"[" * 5000),
        ]
    )


def text_of(path: str, body: bytes, streamed: bool) -> tuple[str, bool]:
    """The text of an answer, and whether it ended with an error."""
    parts = [json.loads(body)] if not streamed else []
    for line in body.decode().splitlines() if streamed else ():
        if line.startswith("data: ") and line != "data: [DONE]":
            parts.append(json.loads(line[6:]))
    text, failed = [], False
    for part in parts:
        failed = failed or "error" in part
        if path == "/completion":
            text.append(part.get("content") or "")
        for choice in part.get("choices") or ():
            message = choice.get("delta") or choice.get("message") or {"content": choice.get("text")}
            text.append(message.get("content") or "")
    return "".join(text), failed
