"""The soak behind scripts/soak: seeded random requests, hang-ups and killed workers. Python's standard library only."""

import argparse
import collections
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TIMEOUT = 60  # seconds that an answer may take
SETTLE = 30  # seconds that everything may take to be back
MEMORY_GROWTH = 96 << 20  # bytes: a heap that was not collected yet
FILES_GROWTH = 24
THREADS_GROWTH = 24
KILLED = (503,)  # a request's status when its worker died, or is not there yet


class Server:
    """The server's process, its address, and what the system says of it."""

    def __init__(self, command: list[str], model: str):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="corral-soak-", suffix=".log", delete=False)
        arguments = ["--model", model, "--port", "0", "-c", "4096", "-np", "4", "--queue", "64"]
        self.process = subprocess.Popen(command + arguments, stdout=self.log, stderr=subprocess.STDOUT)
        self.host, self.port = self.await_address()

    def await_address(self) -> tuple[str, int]:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            found = re.search(r"http://(127\.0\.0\.1|localhost|\[::1\]):(\d+)", Path(self.log.name).read_text())
            if found and self.healthy(found[1], int(found[2])):
                return found[1], int(found[2])
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.close()
        raise SystemExit("the server did not start:\n" + Path(self.log.name).read_text()[-2000:])

    @staticmethod
    def healthy(host: str, port: int) -> bool:
        try:
            connection = http.client.HTTPConnection(host, port, timeout=5)
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return sorted({int(pid) for file in children for pid in file.read_text().split()})

    def kill_worker(self) -> bool:
        workers = self.workers()
        for pid in workers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return False
        return bool(workers)

    def usage(self) -> dict[str, int]:
        pid = self.process.pid
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
        )
        return {
            "memory": int(status["VmRSS"].split()[0]) << 10,
            "files": len(os.listdir(f"/proc/{pid}/fd")),
            "threads": int(status["Threads"]),
            "workers": len(self.workers()),
        }

    def busy_slots(self) -> int:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        connection.request("GET", "/slots")
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            return -1
        return sum(1 for slot in json.loads(body) if slot.get("is_processing"))

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


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


class Soak:
    def __init__(self, server: Server, seed: int):
        self.server, self.seed = server, seed
        self.counts: collections.Counter[str] = collections.Counter()
        self.faults: list[str] = []
        self.lock = threading.Lock()
        self.over = threading.Event()

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fault(self, what: str) -> None:
        self.count("faults")
        with self.lock:
            self.faults.append(what)

    def send(self, path: str, body: object, hang_up: float | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=TIMEOUT)
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("POST", path, data, {"Content-Type": "application/json"})
            if hang_up is not None:
                time.sleep(hang_up)
                return 0, b""
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def one(self, rng: random.Random) -> None:
        dice = rng.random()
        if dice < 0.4:
            path, body, said = echoes(rng)
            status, answer = self.send(path, body)
            if status == 200:
                text, failed = text_of(path, answer, body["stream"])
                if failed and said.startswith(text):
                    self.count("streams that ended with an error")
                elif failed or text != said:
                    self.fault(f"{path}: asked for {said!r}, got {text!r}: {body}")
                else:
                    self.count("echoes")
                return
            expected = KILLED
        elif dice < 0.65:
            path, body = valid(rng)
            status, answer = self.send(path, body)
            expected = (200, *KILLED)
        elif dice < 0.72:
            path, body = optional(rng)
            status, answer = self.send(path, body)
            expected = (200, 400, 404, 501, *KILLED)
        elif dice < 0.9:
            path, body = invalid(rng)
            status, answer = self.send(path, body)
            expected = (400, 404, 413, 422, *KILLED)
        else:
            path, body = valid(rng)
            body.update(stream=True) if "max_tokens" in body or "n_predict" in body else None
            self.send(path, body, hang_up=rng.random() * 0.5)
            self.count("hang-ups")
            return
        self.count(f"status {status}")
        if status in KILLED:
            self.over.wait(0.25)
        if status not in expected:
            self.fault(f"{path}: status {status}: {str(body)[:200]}: {answer[:300]!r}")

    def client(self, number: int) -> None:
        rng = random.Random(self.seed * 1000 + number)
        while not self.over.is_set():
            try:
                self.one(rng)
            except (OSError, http.client.HTTPException, ValueError) as e:
                self.fault(f"no answer that can be read: {e!r}")
                self.over.wait(0.1)

    def killer(self, every: float) -> None:
        while not self.over.wait(every):
            if self.server.kill_worker():
                self.count("workers killed")

    def run(self, minutes: float, clients: int, kill_every: float) -> None:
        threads = [threading.Thread(target=self.client, args=(i,), daemon=True) for i in range(clients)]
        if kill_every > 0:
            threads.append(threading.Thread(target=self.killer, args=(kill_every,), daemon=True))
        for thread in threads:
            thread.start()
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end and self.server.process.poll() is None:
            time.sleep(0.2)
        self.over.set()
        for thread in threads:
            thread.join(TIMEOUT + 10)
            if thread.is_alive():
                self.fault("a client still waits for its answer")

    def settle(self, began: dict[str, int]) -> dict[str, int]:
        """Waits until everything is back, but not for ever, and says what is not."""
        limits = {
            "memory": began["memory"] + MEMORY_GROWTH,
            "files": began["files"] + FILES_GROWTH,
            "threads": began["threads"] + THREADS_GROWTH,
            "workers": began["workers"],
            "busy": 0,
        }
        end = time.monotonic() + SETTLE
        while True:
            now = self.server.usage() | {"busy": self.server.busy_slots()}
            over = {name: now[name] for name in limits if not 0 <= now[name] <= limits[name]}
            if not over or time.monotonic() > end:
                break
            time.sleep(0.5)
        for name, value in over.items():
            self.fault(f"{name} is {value} at the end, but may be {limits[name]}")
        return now


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--kill-every", type=float, default=20)
    parser.add_argument("--model", required=True)
    parser.add_argument("command", nargs="+", help="after --: what starts the server")
    options = parser.parse_args()
    server = Server(options.command, options.model)
    try:
        soak = Soak(server, options.seed)
        warm = random.Random(options.seed - 1)
        for _ in range(20):  # classes, pools and buffers that come with the first requests
            soak.one(warm)
        began = server.usage()
        soak.run(options.minutes, options.clients, options.kill_every)
        if soak.counts["echoes"] == 0:
            soak.fault("no client got what it had asked for")
        died = server.process.poll() is not None
        if died:
            soak.fault(f"the server ended with {server.process.returncode}")
            ended = {}
        else:
            ended = soak.settle(began)
        for what, times in sorted(soak.counts.items()):
            print(f"{what:36}{times:8}")
        for name, value in ended.items():
            print(f"{name:36}{began.get(name, 0):>12} -> {value}")
        for fault in soak.faults[:20]:
            print("FAULT:", fault)
        if soak.faults:
            print("the server's log:", server.log.name)
        print(f"soak: {'FAILED' if soak.faults else 'passed'}, seed {options.seed}, {options.minutes} minutes")
        return 1 if soak.faults else 0
    finally:
        server.close()
        if "soak" in locals() and not soak.faults:
            os.unlink(server.log.name)


if __name__ == "__main__":
    sys.exit(main())
