"""Servers of our own that stand for others: HTTP on a free port, in threads."""
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Says nothing to the terminal."""

    def log_message(self, *_):
        pass

    def asked_with(self):
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, body, media=None):
        self.send_response(status)
        if media:
            self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Hangs:
    """Counts the calls that hang, and those that have hung: what is done before one of them ends
    did not wait for them, however slow the machine."""

    def __init__(self):
        self.now = self.ended = 0
        self.lock = threading.Lock()
        self.over = threading.Event()

    def wait(self, seconds):
        with self.lock:
            self.now += 1
        self.over.wait(seconds)
        with self.lock:
            self.now -= 1
            self.ended += 1

    def outlast(self, action):
        """Whether no call came to its end meanwhile."""
        ended = self.ended
        action()
        return self.ended == ended


class Peer:
    """Use as a context manager."""

    def __init__(self, handler):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
