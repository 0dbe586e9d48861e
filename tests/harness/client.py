"""A small HTTP client: one keep-alive connection, one API key, answers as values."""
import http.client
import json
import socket
from urllib.parse import urlencode


class Answer:
    """Status, headers (case-insensitive) and the bytes of the body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def lines(self):
        """The objects of an NDJSON body."""
        return [json.loads(line) for line in self.body.splitlines() if line.strip()]

    def __repr__(self):
        return f"<{self.status} {self.body[:2000].decode('utf-8', 'replace')}>"


def encode(body):
    """bytes stay as they are; everything else becomes compact JSON."""
    if body is None or isinstance(body, (bytes, bytearray)):
        return body
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def ndjson(bodies):
    return b"".join(encode(body) + b"\n" for body in bodies)


class Client:
    """Not for use by several threads at once: give each thread a `copy()`."""

    recorder = None  # called with (method, path, answer) after every exchange

    def __init__(self, host, port, key=None, timeout=120):
        self.host, self.port, self.key, self.timeout = host, port, key, timeout
        self.connection = None

    def copy(self, key=None):
        return Client(self.host, self.port, key or self.key, self.timeout)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def call(self, method, path, body=None, headers=None, query=None):
        if query:
            path += "?" + urlencode(query)
        payload = encode(body)
        all_headers = {"Accept": "*/*"}
        if self.key:
            all_headers["Authorization"] = "Bearer " + self.key
        if payload is not None:
            all_headers["Content-Type"] = "application/json"
        all_headers.update(headers or {})
        answer = self._exchange(method, path, payload, all_headers)
        if Client.recorder:
            Client.recorder(method, path, answer)
        return answer

    def _exchange(self, method, path, payload, headers):
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPConnection(
                    self.host, self.port, timeout=self.timeout
                )
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                try:
                    self.connection.request(method, path, payload, headers)
                except BrokenPipeError:
                    if fresh is False:
                        raise  # the idle connection was closed; else: refused before its end
                reply = self.connection.getresponse()
                return Answer(reply.status, reply.headers, reply.read())
            except (http.client.RemoteDisconnected, ConnectionError):
                self.close()
                # An idle connection may have been closed by the server: worth one fresh try.
                if fresh or attempt == 2:
                    raise
            except Exception:
                self.close()
                raise
        raise AssertionError("not reached")

    def get(self, path, headers=None, **query):
        return self.call("GET", path, headers=headers, query=query)

    def post(self, path, body, headers=None, **query):
        return self.call("POST", path, body, headers, query)

    def feed(self, **query):
        """All events of a feed, however many there are."""
        after, found = 0, []
        while page := self.get("/v1/events", limit=500, after=after, **query).json()["data"]:
            found += page
            after = page[-1]["seq"]
        return found

    def bulk(self, kind, bodies, **query):
        """Posts an iterable of bodies (or ready bytes) as NDJSON."""
        payload = bodies if isinstance(bodies, bytes) else ndjson(bodies)
        return self.call(
            "POST", f"/v1/{kind}/bulk", payload, {"Content-Type": "application/x-ndjson"}, query
        )

    def delete(self, path, headers=None):
        return self.call("DELETE", path, headers=headers)

    def patch(self, path, body, headers=None):
        return self.call("PATCH", path, body, headers)
