"""Bodies that differ from a good one in a single place: what a careless or hostile client sends."""
import copy
import json

VALUES = [
    None, True, False, 0, -1, 1.5, 1e308, 1e-320, 2**31, 2**63 - 1, 2**63, -(2**63), 10**30,
    "", "0", "-0", "-1", "0.0001", "9999999999999999", "92233720368547758.07",
    "92233720368547758.08", "9999999999999999.9999", "1e5", "NaN", " 1", "a" * 129, "中" * 70000,
    "\0", "a\0b", "\ud83d", "😀" * 50, "\u202e", "'; DROP TABLE scfd.loan;--", "%s%n",
    [], {}, [[]], [{}], [None], {"a": {"b": [1]}}, [1] * 2000,
    "0001-01-01", "9999-12-31", "2026-02-30", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:60Z", "294276-12-31T00:00:00Z",
    "CNY", "JPY", "KWD", "XXX", "cny", "ctr_00000000000000000000000000",
]


def places(value, path=()):
    """Paths to every member and to the first two of every array, the whole included."""
    yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, path + (name,))
    elif isinstance(value, list):
        for i, item in enumerate(value[:2]):
            yield from places(item, path + (i,))


def replaced(body, path, value):
    if not path:
        return value
    body = copy.deepcopy(body)
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return body


def dropped(body, path):
    body = copy.deepcopy(body)
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return body


def text(body):
    """Lone surrogates go as the bytes that are no UTF-8."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def mutants(body, source, count, values=()):
    """`count` of them as bytes, drawn by `source` (random.Random)."""
    everywhere = list(places(body))
    pool = VALUES + list(values)
    for _ in range(count):
        path = source.choice(everywhere)
        if path and source.random() < 0.1:
            yield text(dropped(body, path))
        else:
            yield text(replaced(body, path, source.choice(pool)))


def broken_texts(body):
    """What is no JSON, or no object, or too much of one."""
    good = text(body)
    return [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", good[:-1], good + b"x", good + good,
        b"[" * 5000, b'{"a":' * 5000, good[:-1] + b"," + good[1:], b"\xef\xbb\xbf" + good,
        b" " * 100_000 + good,
    ]
