"""packaging/: what systemd and the reader of the manual are told fits the program."""
import configparser
import re
import subprocess

from harness.server import BINARY, ROOT


def unit():
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(ROOT / "packaging" / "scfd.service", encoding="utf-8")
    return parser


def test_stopping_the_unit_spares_postgres_until_scfd_stops_it():
    """By default systemd sends SIGTERM to all processes: the database would leave first."""
    assert unit()["Service"]["KillMode"] == "mixed"


def test_the_unit_waits_for_a_recovery():
    assert unit()["Service"]["Type"] == "notify"
    assert unit()["Service"]["TimeoutStartSec"] == "infinity"


def test_the_manual_names_every_command():
    told = subprocess.run([BINARY, "help"], capture_output=True, text=True, check=True).stdout
    manual = (ROOT / "packaging" / "scfd.8").read_text(encoding="utf-8")
    commands = re.findall(r"(?m)^  scfd (\w+)", told)
    assert len(commands) >= 10
    for command in commands:
        assert re.search(rf"(?m)^\.B[IR]? {command}\b", manual), command
