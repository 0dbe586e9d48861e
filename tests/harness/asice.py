"""Evidence bundles as a stranger takes them: the canonical ZIP written anew from the entries, the
commands of VERIFY.txt, the real `scfd verify`."""
import io
import re
import shutil
import struct
import subprocess
import time
import zipfile
import zlib

from .server import BINARY

TOOLS = ("unzip", "sha256sum", "openssl")


def entries(bundle):
    """Name -> bytes, in order; Python's own reader checks the CRCs."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def canonical_zip(pairs):
    """The form that docs/evidence.md describes, from (name, bytes) pairs."""
    pairs = list(pairs.items()) if isinstance(pairs, dict) else list(pairs)
    local, central = b"", b""
    for name, content in pairs:
        name = name.encode()
        described = struct.pack("<HHHHHIIIHH", 10, 0x0800, 0, 0, 0x21, zlib.crc32(content),
                                len(content), len(content), len(name), 0)
        central += (struct.pack("<IH", 0x02014B50, 3 << 8 | 20) + described
                    + struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, len(local)) + name)
        local += struct.pack("<I", 0x04034B50) + described + name + content
    return local + central + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(pairs), len(pairs),
                                         len(central), len(local), 0)


class Insistent:
    """A client that asks again for a minute while the record is not sealed, or no authority stamps
    it: the server gives an authority three seconds, and ours makes one stamp after the other."""

    def __init__(self, client):
        self.client = client

    def call(self, *arguments, **named):
        deadline = time.monotonic() + 60
        while True:
            answer = self.client.call(*arguments, **named)
            passing = answer.status == 503 and answer.json()["code"] in (
                "timestamp-unavailable", "not-sealed-yet")
            if not passing or time.monotonic() > deadline:
                return answer
            time.sleep(0.2)


def verify(path, *options):
    """(exit code, what it printed) of scfd verify."""
    done = subprocess.run([BINARY, "verify", str(path), *options], capture_output=True, text=True,
                          timeout=300)
    return done.returncode, done.stdout + done.stderr


def steps(text):
    """The commands of VERIFY.txt by number: what stands behind four blanks."""
    found = {}
    number = 0
    for line in text.splitlines():
        if heading := re.match(r"(\d+)\. ", line):
            number = int(heading[1])
        elif line.startswith("    "):
            found.setdefault(number, []).append(line[4:])
    return found


def clean_room(folder, bundle, name):
    """A directory with the bundle and nothing else, and a PATH with the three tools only."""
    tools, place = folder / "tools", folder / "place"
    tools.mkdir(parents=True)
    place.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))
    (place / name).write_bytes(bundle)
    return place, {"PATH": str(tools), "LC_ALL": "C.UTF-8", "HOME": str(place)}


def run_steps(folder, bundle, name, last=None):
    """Runs the commands in one shell that ends at the first error, as the page asks for; (exit
    code, output)."""
    place, env = clean_room(folder, bundle, name)
    commands = steps(entries(bundle)["VERIFY.txt"].decode())
    script = "\n".join(line for number, lines in commands.items()
                       if last is None or number <= last for line in lines)
    done = subprocess.run(["/bin/sh", "-e", "-c", script], cwd=place, env=env, text=True,
                          capture_output=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def flipped(data, position, pattern):
    altered = bytearray(data)
    altered[position] ^= pattern
    return bytes(altered)


def text_of_pdf(pdf, folder):
    path = folder / "file.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True,
                          capture_output=True, text=True).stdout
