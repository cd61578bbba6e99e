"""The soak behind scripts/soak: seeded random requests, hang-ups and killed workers. Python's standard library only."""

import argparse
import os
import sys
import time
from xml.sax.saxutils import quoteattr

from crowd import Crowd, Findings
from server import Server

SETTLE = 60  # seconds that everything may take to be back
WARM_UP = 30  # seconds: classes, code, pools and buffers that come with the first requests and the first death
LOOK = 30  # seconds between two looks at the memory
GROWTH = {
    "memory": 16 << 20,  # bytes: what allocators keep
    "worker's memory": 128 << 20,  # each worker opens contexts and keeps states when it is first asked for them
    "files": 24,
    "threads": 24,
    "workers": 0,
    "worker's files": 24,
}


def settle(server: Server, began: dict[str, int], findings: Findings) -> dict[str, int]:
    """Waits until everything is back, but not for ever, and says what is not."""
    limits = {name: began[name] + growth for name, growth in GROWTH.items()} | {"busy slots": 0}
    end = time.monotonic() + SETTLE
    while True:
        now = server.usage() | {"busy slots": server.busy_slots()}
        over = {name: now[name] for name in limits if not 0 <= now[name] <= limits[name]}
        if not over or time.monotonic() > end:
            break
        time.sleep(0.5)
    for name, value in over.items():
        findings.fault(f"{name} is {value} at the end, but may be {limits[name]}")
    return now


def await_ready(server: Server, findings: Findings) -> bool:
    end = time.monotonic() + SETTLE
    while not server.is_ready():
        if time.monotonic() > end:
            findings.fault(f"not ready {SETTLE} seconds after the last request")
            return False
        time.sleep(0.1)
    return True


class Looks:
    """The memory of the front, again and again."""

    def __init__(self, server: Server):
        self.server = server
        self.next = time.monotonic()
        self.found: list[int] = []

    def look(self) -> None:
        if time.monotonic() >= self.next:
            self.next += LOOK
            self.found.append(self.server.memory(self.server.process.pid) >> 20)

    def report(self) -> None:
        print(f"memory every {LOOK} seconds, MiB:", *self.found)


def soak(server: Server, options: argparse.Namespace, findings: Findings) -> tuple[dict[str, int], dict[str, int]]:
    warm_up = Crowd(server, options.seed + 1, findings)
    warm_up.run(WARM_UP, options.clients, min(options.kill_every, WARM_UP / 2))
    if not await_ready(server, findings):
        return {}, {}
    warm_up.fill_every_slot()
    server.collect()
    began = server.usage()
    crowd = Crowd(server, options.seed, findings)
    looks = Looks(server)
    crowd.run(options.minutes * 60, options.clients, options.kill_every, looks.look)
    looks.report()
    if findings.counts["echoes"] == 0:
        findings.fault("no client got what it had asked for")
    if server.process.poll() is not None:
        findings.fault(f"the server ended with {server.process.returncode}")
        return began, {}
    if await_ready(server, findings):
        crowd.fill_every_slot()
        server.collect()
    return began, settle(server, began, findings)


def report(options: argparse.Namespace, findings: Findings, began: dict[str, int], ended: dict[str, int]) -> None:
    for what, times in sorted(findings.counts.items()):
        print(f"{what:36}{times:8}")
    for name, value in ended.items():
        print(f"{name:36}{began.get(name, 0):>12} -> {value}")
    for fault in findings.faults[:20]:
        print("FAULT:", fault)
    result = "FAILED" if findings.faults else "passed"
    print(f"soak: {result}, seed {options.seed}, {options.minutes} minutes", flush=True)
    if options.junit:
        failed = f"<failure message={quoteattr('; '.join(findings.faults[:5]))}/>" if findings.faults else ""
        with open(options.junit, "w", encoding="utf-8") as file:
            file.write(
                f'<testsuite name="soak" tests="1" failures="{1 if findings.faults else 0}" errors="0" skipped="0">'
                f'<testcase classname="soak" name="seed {options.seed}">{failed}</testcase></testsuite>\n'
            )


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--kill-every", type=float, default=20)
    parser.add_argument("--model", required=True)
    parser.add_argument("--junit")
    parser.add_argument("command", nargs="+", help="after --: what starts the server")
    options = parser.parse_args()
    findings = Findings()
    server = Server(options.command, options.model)
    try:
        began, ended = soak(server, options, findings)
        report(options, findings, began, ended)
        return 1 if findings.faults else 0
    except BaseException:
        findings.fault("the soak itself failed")
        raise
    finally:
        server.close()
        if findings.faults:
            print("the server's log:", server.log.name)
        else:
            os.unlink(server.log.name)


if __name__ == "__main__":
    sys.exit(main())
