"""What a kubelet says to containerd: calls of runtime.v1.RuntimeService, as gRPC by curl.

A message is a dict from field number to number, text, message, or a list of these.
"""
import subprocess

from support import WORK

SOCKET = "/run/containerd/containerd.sock"


def call(method, message):
    """The answer's fields; of a repeated one the last, and what is not a number as bytes."""
    body, headers = encode(message), WORK / "headers"
    done = subprocess.run(["curl", "--silent", "--show-error", "--http2-prior-knowledge", "--unix-socket", SOCKET,
                           "--header", "content-type: application/grpc", "--header", "te: trailers", "--data-binary", "@-",
                           "--dump-header", headers, f"http://containerd/runtime.v1.RuntimeService/{method}"],
                          input=b"\0" + len(body).to_bytes(4, "big") + body, capture_output=True, timeout=60)
    print("$", method, message, f"→ {done.returncode}\n{headers.read_text()}{done.stderr.decode()}{done.stdout}", flush=True)
    assert "grpc-status: 0" in headers.read_text(), f"{method}: {headers.read_text()}"
    return decode(done.stdout[5:])


def encode(message):
    out = b""
    for field, values in message.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, int):
                out += varint(field << 3) + varint(value)
            else:
                data = value.encode() if isinstance(value, str) else encode(value)
                out += varint(field << 3 | 2) + varint(len(data)) + data
    return out


def varint(number):
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def decode(data):
    message, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key, value = number(), number()
        if key & 7 == 2:
            at += value
            value = data[at - value:at]
        message[key >> 3] = value
    return message
