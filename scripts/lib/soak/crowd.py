"""Clients that send at random until they are told to stop, and who kills workers meanwhile."""

import collections
import http.client
import json
import random
import threading
import time
from collections.abc import Callable

import traffic
from server import CONTEXT, SLOTS, Server

TIMEOUT = 120  # seconds that an answer may take: a machine that is busy otherwise is slow
UNAVAILABLE = (503,)  # the worker died, or is not there yet, or the queue is full
LONGEST_WAIT = 1  # seconds, whatever Retry-After says


class Findings:
    """What happened how often, and what should not have. Thread-safe."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.faults: list[str] = []
        self.lock = threading.Lock()

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fault(self, what: str) -> None:
        with self.lock:
            self.counts["faults"] += 1
            self.faults.append(what)


class Crowd:
    def __init__(self, server: Server, seed: int, findings: Findings):
        self.server, self.seed, self.findings = server, seed, findings
        self.over = threading.Event()

    def send(self, path: str, body: object, hang_up: float | None = None, slowly: bool = False) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=TIMEOUT)
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("POST", path, data, {"Content-Type": "application/json"})
            if hang_up is not None:
                time.sleep(hang_up)
                return 0, b""
            response = connection.getresponse()
            answer = self.read_slowly(response) if slowly else response.read()
            if response.status in UNAVAILABLE:
                self.over.wait(min(float(response.headers.get("Retry-After", 0)), LONGEST_WAIT))
            return response.status, answer
        finally:
            connection.close()

    @staticmethod
    def read_slowly(response: http.client.HTTPResponse) -> bytes:
        parts = []
        while part := response.read1(64):
            parts.append(part)
            time.sleep(0.01)
        return b"".join(parts)

    def one(self, rng: random.Random) -> None:
        """One request, and whether its answer is one that it may have."""
        dice = rng.random()
        if dice < 0.4:
            self.echo(rng)
        elif dice < 0.65:
            self.expect(*traffic.valid(rng), (200,))
        elif dice < 0.72:
            self.expect(*traffic.optional(rng), (200, 400, 404, 501))
        elif dice < 0.9:
            self.expect(*traffic.invalid(rng), (400, 404, 413, 422))
        else:
            path, body = traffic.valid(rng)
            if "max_tokens" in body or "n_predict" in body:
                body["stream"] = True
            self.send(path, body, hang_up=rng.random() * 0.5)
            self.findings.count("hang-ups")

    def echo(self, rng: random.Random) -> None:
        path, body, said = traffic.echoes(rng)
        status, answer = self.send(path, body, slowly=rng.random() < 0.1)
        if status != 200:
            self.judge(path, body, status, answer, ())
            return
        text, failed = traffic.text_of(path, answer, body["stream"])
        if failed and said.startswith(text):
            self.findings.count("streams that ended with an error")
        elif failed or text != said:
            self.findings.fault(f"{path}: asked for {said!r}, got {text!r}: {body}: {answer[:500]!r}")
        else:
            self.findings.count("echoes")

    def expect(self, path: str, body: object, statuses: tuple[int, ...]) -> None:
        status, answer = self.send(path, body)
        self.judge(path, body, status, answer, statuses)

    def judge(self, path: str, body: object, status: int, answer: bytes, statuses: tuple[int, ...]) -> None:
        self.findings.count(f"status {status}")
        if status not in (*statuses, *UNAVAILABLE):
            self.findings.fault(f"{path}: status {status}: {str(body)[:200]}: {answer[:300]!r}")

    def client(self, number: int) -> None:
        rng = random.Random(self.seed * 1000 + number)
        while not self.over.is_set():
            try:
                self.one(rng)
            except (OSError, http.client.HTTPException, ValueError) as e:
                self.findings.fault(f"no answer that can be read: {e!r}")
                self.over.wait(0.1)

    def killer(self, every: float) -> None:
        while not self.over.wait(every):
            if self.server.kill_worker():
                self.findings.count("workers killed")

    def run(
        self, seconds: float, clients: int, kill_every: float, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        threads = [threading.Thread(target=self.client, args=(i,), daemon=True) for i in range(clients)]
        if kill_every > 0:
            threads.append(threading.Thread(target=self.killer, args=(kill_every,), daemon=True))
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.server.process.poll() is None:
            meanwhile()
            time.sleep(0.2)
        self.over.set()
        for thread in threads:
            thread.join(TIMEOUT + 10)
            if thread.is_alive():
                self.findings.fault("a client still waits for its answer")

    def fill_every_slot(self) -> None:
        """Prompts that take nearly all cells at once: none of them is lost."""
        rng = random.Random(self.seed)
        prompts = [[rng.randrange(100, 10_000) for _ in range(CONTEXT // SLOTS - 32)] for _ in range(SLOTS)]
        answers: list[tuple[int, bytes]] = []

        def fill(prompt: list[int]) -> None:
            answers.append(self.send("/completion", {"prompt": prompt, "n_predict": 8, "ignore_eos": True}))

        threads = [threading.Thread(target=fill, args=(prompt,)) for prompt in prompts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        full = [answer for status, answer in answers if status == 200 and json.loads(answer)["tokens_predicted"] == 8]
        if len(full) < SLOTS:
            self.findings.fault(f"of {SLOTS} prompts that fill their slots {len(full)} were answered: {answers}"[:1000])
