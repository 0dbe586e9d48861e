"""The real scfd as a child process, with its embedded cluster or on a given database."""
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from .client import Client

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SCFD_BIN", str(ROOT / "build" / "scfd"))
START_TIMEOUT_S = 120


class Clock:
    """The file behind SCFD_TEST_CLOCK: two native int64, frozen_us and offset_us."""

    def __init__(self, path):
        self.path = path
        self._write(0, 0)

    def _write(self, frozen_us, offset_us):
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") as file:
            file.write(struct.pack("=qq", frozen_us, offset_us))

    def freeze(self, moment):
        """Stops the server's wall clock at a datetime with time zone."""
        self._write(round(moment.timestamp() * 1_000_000), 0)

    def shift(self, seconds):
        self._write(0, round(seconds * 1_000_000))

    def real(self):
        self._write(0, 0)


def fixed_ports():
    """Those that no connection going out is given: a server that is stopped finds its own again."""
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    return [port for port in range(20000, 65536) if not low <= port <= high]


FREE_PORTS = fixed_ports()
random.SystemRandom().shuffle(FREE_PORTS)  # tests seed the other one, and several runs go at once


def free_port():
    """Not the same one twice; without any fixed ones left, one that is free now."""
    while True:
        port = FREE_PORTS.pop() if FREE_PORTS else 0
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                if port == 0:
                    raise
                continue  # somebody has it
            return probe.getsockname()[1]


def processes_naming(text):
    """Ids of live processes whose command line contains `text`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if text in command and state != "Z":
                found.append(int(entry.name))
    return found


PATIENCE_S = 60  # a machine that is shared may let a process wait for seconds


def wait_until(condition, timeout_s, what, step_s=0.02):
    """The result once it is true; looks once more when the time is over."""
    timeout_s = max(timeout_s, PATIENCE_S)
    deadline = time.monotonic() + timeout_s
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(step_s)
    return result


def seconds(action):
    began = time.monotonic()
    action()
    return time.monotonic() - began


def keeps_within(bound_s, times, measure):
    """Whether `measure` gives no more seconds than that so many times in a row, in one of three
    goes: a shared machine stops a process for seconds now and then, but a server that waits is late
    in all of them."""
    return any(max(measure() for _ in range(times)) <= bound_s for _ in range(3))


class Server:
    """Use as a context manager, or start() and stop(); stop() insists on a clean end."""

    def __init__(self, data_dir=None, database_url=None, flags=(), env=None):
        self.owns_dir = data_dir is None
        self.data = Path(data_dir or tempfile.mkdtemp(prefix="scfd-test-"))
        # The cluster's account must be able to pass through.
        self.data.chmod(0o755)
        self.database_url, self.flags, self.env = database_url, list(flags), dict(env or {})
        self.clock = Clock(self.data / "test-clock")
        self.log_path = self.data / "scfd.log"
        self.port = free_port()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.remove()

    def start(self, ready=True):
        command = [BINARY, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        if self.database_url:
            command += ["--database-url", self.database_url]
        env = {
            **os.environ,
            "SCFD_TEST_CLOCK": str(self.clock.path),
            "SCFD_SHUTDOWN_DELAY_S": "0",
            **self.env,
        }
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command + self.flags, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            code = self.process.poll()
            assert code is None, f"scfd ended with {code}:\n{self.log_tail()}"
            try:
                return Client("127.0.0.1", self.port, timeout=5).get("/readyz").status == 200
            except OSError:
                return False

        try:
            wait_until(ready, START_TIMEOUT_S, "GET /readyz is 200")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_tail()}") from None

    @property
    def pid(self):
        return self.process.pid

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin_key(self):
        return (self.data / "admin.key").read_text().strip()

    def client(self, key=None):
        return Client("127.0.0.1", self.port, key or self.admin_key)

    def anonymous(self):
        return Client("127.0.0.1", self.port)

    def cluster_pids(self):
        return processes_naming(str(self.data / "pg"))

    def postmaster_pid(self):
        return int((self.data / "pg" / "postmaster.pid").read_text().split("\n", 1)[0])

    def cluster_url(self):
        """libpq keywords for the embedded cluster."""
        moved = self.data / "socket_dir"  # where the path of the usual place is too long
        folder = moved.read_text().strip() if moved.exists() else self.data / "run"
        return f"host={folder} port=5432 dbname=scfd user=scfd"

    def psql(self, sql, url=None):
        """Runs SQL beside the server; returns the unaligned rows as text."""
        done = subprocess.run(
            [
                "psql",
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                sql,
                url or self.database_url or self.cluster_url(),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def log_tail(self, count=60):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-count:])

    def rss_kb(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(30)

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"scfd did not stop within 90 s:\n{self.log_tail()}") from None
        self.process = None
        assert code == 0, f"scfd ended with {code}:\n{self.log_tail(120)}"
        if not self.database_url:
            wait_until(lambda: not self.cluster_pids(), 10, "no process of the cluster is left")

    def remove(self):
        if self.owns_dir:
            shutil.rmtree(self.data, ignore_errors=True)


def scfd(*arguments, env=None, timeout=300, stdin=None, cwd=None):
    """Runs a subcommand to its end."""
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env={**os.environ, **(env or {})},
        input=stdin,
        cwd=cwd,
    )
