"""The server under test: its process, its address, and what the system and the server itself say of it."""

import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

CONTEXT = 4096
SLOTS = 4
CACHE = 32  # MiB of states that left the KV cache: soon full, so that it does not look like a leak


class Server:
    """A process that listens on the loopback address, and its one worker."""

    def __init__(self, command: list[str], model: str):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="corral-soak-", suffix=".log", delete=False)
        arguments = ["--model", model, "--port", "0", "-c", str(CONTEXT), "-np", str(SLOTS), "--queue", "64"]
        arguments += ["--cache-ram", str(CACHE)]
        self.jcmd = str(Path(command[0]).with_name("jcmd"))
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

    @staticmethod
    def files(pid: int) -> int:
        try:
            return len(os.listdir(f"/proc/{pid}/fd"))
        except FileNotFoundError:
            return 0

    @staticmethod
    def status(pid: int) -> dict[str, str]:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except FileNotFoundError:
            return {}
        return dict(line.split(":", 1) for line in lines if ":" in line)

    @classmethod
    def memory(cls, pid: int) -> int:
        """Resident bytes; 0 when it has ended."""
        return int(cls.status(pid).get("VmRSS", "0 kB").split()[0]) << 10

    def collect(self) -> None:
        """Frees what the JVMs' heaps hold in vain. Without the JDK's tool it stays, until they think of it themselves."""
        if os.access(self.jcmd, os.X_OK):
            for pid in (self.process.pid, *self.workers()):
                subprocess.run([self.jcmd, str(pid), "GC.run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def usage(self) -> dict[str, int]:
        pid = self.process.pid
        workers = self.workers()
        return {
            "memory": self.memory(pid),
            "files": self.files(pid),
            "threads": int(self.status(pid)["Threads"]),
            "workers": len(workers),
            "worker's memory": sum(self.memory(worker) for worker in workers),
            "worker's files": sum(self.files(worker) for worker in workers),
        }

    def get(self, path: str) -> tuple[int, object]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def is_ready(self) -> bool:
        return self.get("/ready")[0] == 200

    def busy_slots(self) -> int:
        """-1 when nobody can say."""
        status, slots = self.get("/slots")
        return sum(1 for slot in slots if slot.get("is_processing")) if status == 200 else -1

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
