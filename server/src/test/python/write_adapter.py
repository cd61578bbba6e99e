"""Writes a LoRA adapter with random weights for a Llama model: python write_adapter.py MODEL.gguf ADAPTER.gguf

It changes the query matrices of every layer, strongly enough that the model says something else.
"""

import random
import struct
import sys

RANK = 2
ALIGNMENT = 32
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
U32, F32, STRING, ARRAY = 4, 6, 8, 9
WANTED = {"llama.embedding_length", "llama.block_count"}


def read_metadata(path: str) -> dict[str, int]:
    """The whole numbers among a GGUF file's key-value pairs that an adapter's shapes depend on."""
    with open(path, "rb") as file:

        def scalar(kind: str):
            return struct.unpack("<" + kind, file.read(struct.calcsize("<" + kind)))[0]

        def value(kind: int):
            if kind == STRING:
                return file.read(scalar("Q"))
            if kind == ARRAY:
                element, count = scalar("I"), scalar("Q")
                return [value(element) for _ in range(count)]
            return scalar(SCALARS[kind])

        magic, _version, _tensors, pairs = file.read(4), scalar("I"), scalar("Q"), scalar("Q")
        assert magic == b"GGUF"
        found = {}
        for _ in range(pairs):
            key = value(STRING).decode()
            read = value(scalar("I"))
            if key in WANTED:
                found[key] = read
        return found


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def write_adapter(path: str, width: int, layers: int) -> None:
    numbers = random.Random(7)
    tensors = []
    for layer in range(layers):
        for half, shape in (("a", (width, RANK)), ("b", (RANK, width))):
            values = [numbers.gauss(0, 0.3) for _ in range(shape[0] * shape[1])]
            tensors.append((f"blk.{layer}.attn_q.weight.lora_{half}", shape, struct.pack(f"<{len(values)}f", *values)))
    pairs = [
        string("general.architecture") + struct.pack("<I", STRING) + string("llama"),
        string("general.type") + struct.pack("<I", STRING) + string("adapter"),
        string("adapter.type") + struct.pack("<I", STRING) + string("lora"),
        string("adapter.lora.alpha") + struct.pack("<If", F32, float(RANK)),
    ]
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs)
    data = b""
    for name, shape, content in tensors:
        header += string(name) + struct.pack("<IQQIQ", len(shape), *shape, 0, len(data))
        data += content + bytes(-len(content) % ALIGNMENT)
    with open(path, "wb") as file:
        file.write(header + bytes(-len(header) % ALIGNMENT) + data)


if __name__ == "__main__":
    model = read_metadata(sys.argv[1])
    write_adapter(sys.argv[2], model["llama.embedding_length"], model["llama.block_count"])
