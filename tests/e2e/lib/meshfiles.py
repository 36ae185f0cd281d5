# SPDX-License-Identifier: Apache-2.0
"""Alertmanager's files of silences and of the notification log, and made-up records for them: Protocol Buffers, each record
with its length in front."""
import time
import uuid


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, value):
    """A number, a text, or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def moment(seconds):
    return field(1, int(seconds))


def silences(count):
    now = time.time()
    for i in range(count):
        matcher = field(2, "number") + field(3, str(i))
        one = (field(1, str(uuid.UUID(int=i + 1, version=4))) + field(2, matcher) + field(3, moment(now - 60))
               + field(4, moment(now + 7200)) + field(5, moment(now - 60)) + field(8, "somebody") + field(9, f"number {i}")
               + field(11, field(1, matcher)))
        yield field(1, one) + field(2, moment(now + 7200 + 432000))


def log_entries(count):
    now = time.time()
    for i in range(count):
        receiver = field(1, "hook") + field(2, "webhook")
        entry = (field(1, f'{{}}:{{alertname="{i}"}}') + field(2, receiver) + field(5, moment(now - 60))
                 + field(6, varint(1000000 + i)))
        yield field(1, entry) + field(2, moment(now + 432000))


def write_records(path, records):
    path.write_bytes(b"".join(varint(len(r)) + r for r in records))


def read_records(path):
    data, at, out = path.read_bytes(), 0, []
    while at < len(data):
        n = shift = 0
        while True:
            byte = data[at]
            at += 1
            n |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        out.append(data[at:at + n])
        at += n
    return out
