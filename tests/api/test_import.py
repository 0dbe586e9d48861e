"""`scfd import`: a whole file, what is refused, progress, and an outage on the way."""
import http.server
import json
import os
import pty
import re
import signal
import subprocess
import threading
import time

import pytest

from harness import bodies
from harness.client import ndjson
from harness.parties import Chain, make_node
from harness.server import BINARY, Server, scfd, wait_until


def send(server, key, path, *flags, kind="invoice", **more):
    return scfd(
        "import", path, "--kind", kind, "--url", server.url, *flags, env={"SCFD_KEY": key}, **more
    )


@pytest.fixture
def sender(admin):
    return make_node(admin, "erp")


@pytest.fixture
def file(tmp_path):
    def write(records):
        path = tmp_path / "records.ndjson"
        path.write_bytes(ndjson(records))
        return path

    return write


def test_says_that_the_key_is_missing(file, monkeypatch):
    monkeypatch.delenv("SCFD_KEY", raising=False)
    done = scfd("import", file([]), "--kind", "invoice")
    assert done.returncode == 2
    assert "no API key" in done.stderr.splitlines()[0]


def stored(node):
    """How many invoices the node's list shows, page by page."""
    count, after = 0, ""
    while True:
        page = node.client.get(f"/v1/invoices?limit=500{after}").json()
        count += len(page["data"])
        if not page.get("next_cursor"):
            return count
        after = f"&after={page['next_cursor']}"


def test_a_file_of_several_portions(server, sender, chain, file):
    path = file([chain.invoice() for _ in range(4500)])
    done = send(server, sender.key, path)
    assert (done.returncode, done.stdout) == (0, ""), done
    assert done.stderr.splitlines()[-1] == (
        "import: 4500 accepted, 0 were there already, 0 rejected"
    )
    assert re.search(r"^import: 4500 lines \(100\.0%\) \d+/s, 0 rejected$", done.stderr, re.M)
    assert "\r" not in done.stderr  # no terminal, plain lines
    assert stored(sender) == 4500
    again = send(server, sender.key, path, "--quiet")
    assert again.returncode == 0
    assert again.stderr == "import: 0 accepted, 4500 were there already, 0 rejected\n"
    assert stored(sender) == 4500


def test_refused_lines_are_told_with_the_files_line_numbers(server, sender, chain, file):
    records = [chain.invoice() for _ in range(2500)]
    bad = {7: "amount_excl_tax", 2003: "issued_on"}
    for number, member in bad.items():
        records[number - 1][member] = "no"
    done = send(server, sender.key, file(records))
    assert done.returncode == 1
    refused = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["line"] for result in refused] == list(bad)
    for result in refused:
        assert result["status"] == 422
        assert result["external_id"] == records[result["line"] - 1]["external_id"]
        pointers = [fault["pointer"] for fault in result["problem"]["errors"]]
        assert f"#/{bad[result['line']]}" in pointers
    assert "2498 accepted, 0 were there already, 2 rejected" in done.stderr
    assert stored(sender) == 2498


def test_a_line_without_a_newline_and_standard_input(server, sender, chain):
    text = ndjson([chain.invoice(), chain.invoice()]).decode().rstrip("\n")
    done = send(server, sender.key, "-", stdin=text)
    assert done.returncode == 0, done
    assert stored(sender) == 2


def test_progress_on_a_terminal(server, sender, chain, file):
    path = file([chain.invoice() for _ in range(6000)])
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [BINARY, "import", str(path), "--kind", "invoice", "--url", server.url],
        env={**os.environ, "SCFD_KEY": sender.key}, stderr=follower, stdout=subprocess.DEVNULL)
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 4096):
            shown += piece
    except OSError:  # Linux says EIO when the other side is closed
        pass
    os.close(leader)
    assert process.wait(60) == 0
    assert b"\r" in shown
    assert re.search(rb"import: 6000 lines \(100\.0%\) \d+/s, 0 rejected", shown)


def test_wrong_use_is_told(server, sender, chain, file, tmp_path):
    path = file([chain.invoice()])
    assert send(server, "sk_wrong", path).returncode == 1
    assert "401" in send(server, "sk_wrong", path).stderr
    assert send(server, sender.key, path, kind="letter").returncode == 2
    assert send(server, sender.key, tmp_path / "nothing").returncode == 1
    assert scfd("import", "--help").returncode == 0
    assert "--kind" in scfd("import", "--help").stdout
    assert stored(sender) == 0


class SecondAnswerIsCut(http.server.BaseHTTPRequestHandler):
    """Answers the first portion in full, and all others without their summary."""

    answers = ['{"summary":{"accepted":2000,"duplicate":0}}\n']

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = (self.answers.pop() if self.answers else '{"line":1,"status":201}\n').encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_an_answer_without_its_summary_is_told(tmp_path):
    path = tmp_path / "portions.ndjson"
    path.write_text('{"a":1}\n' * 2500)
    with http.server.HTTPServer(("127.0.0.1", 0), SecondAnswerIsCut) as fake:
        threading.Thread(target=fake.serve_forever, daemon=True).start()
        done = scfd("import", path, "--kind", "invoice", "--url",
                    f"http://127.0.0.1:{fake.server_port}", env={"SCFD_KEY": "k"})
        fake.shutdown()
    assert done.returncode == 75, done
    assert "ends before its summary" in done.stderr


def test_a_line_beyond_all_limits_stops_the_file(server, sender, tmp_path):
    path = tmp_path / "long.ndjson"
    path.write_text('{"external_id":"' + "x" * (5 << 20) + '"}\n')
    done = send(server, sender.key, path)
    assert done.returncode == 1
    assert "Line 1 has more than 4194304 bytes." in done.stderr
    assert stored(sender) == 0
    endless = send(server, sender.key, "/dev/zero", timeout=30)
    assert endless.returncode == 1
    assert "Line 1 has more than 4194304 bytes." in endless.stderr


def test_a_server_that_dies_on_the_way(tmp_path):
    """Killed in the middle and started again: the import goes on, every record is there once."""
    with Server() as server:
        chain = Chain(server.client())
        path = tmp_path / "many.ndjson"
        path.write_bytes(ndjson([chain.invoice() for _ in range(30000)]))
        process = subprocess.Popen(
            [BINARY, "import", str(path), "--kind", "invoice", "--url", server.url],
            env={**os.environ, "SCFD_KEY": chain.erp.key}, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: server.psql("SELECT count(*) > 2500 FROM scfd.record") == "t", 30,
                   "some portions are in", 0.05)
        server.kill(signal.SIGKILL)
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGSTOP)  # its patience is 15 s; a start may take longer
        server.start()
        process.send_signal(signal.SIGCONT)
        _, messages = process.communicate(timeout=120)
        assert process.returncode == 0, messages
        counted = re.search(r"(\d+) accepted, (\d+) were there already, 0 rejected", messages)
        assert sum(map(int, counted.groups())) == 30000
        assert stored(chain.erp) == 30000
