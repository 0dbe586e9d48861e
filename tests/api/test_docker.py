"""docker/: what can be known of the image without Docker. The build stage's files are enough to
build, the packages exist, and the second stage has every library that the binary needs."""
import re
import shutil
import subprocess

import pytest
import yaml

from harness.server import BINARY, ROOT

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")


def stages():
    return [stage for stage in re.split(r"(?m)^FROM ", DOCKERFILE) if stage.startswith("debian")]


def packages(stage):
    """What the stage installs with apt-get."""
    command = stage.replace("\\\n", " ")
    listed = re.search(r"--no-install-recommends(.*?)&&", command).group(1)
    return listed.split()


def copied():
    return re.findall(r"(?m)^COPY (\S+) \S+$", stages()[0])


def test_there_are_two_stages_and_no_root():
    assert len(stages()) == 2
    assert re.search(r"(?m)^USER 10001$", stages()[1])
    assert "scfd\", \"healthcheck" in stages()[1]


def test_packages_exist():
    if not shutil.which("apt-cache"):
        pytest.skip("no apt-cache here")
    names = packages(stages()[0]) + packages(stages()[1])
    done = subprocess.run(["apt-cache", "policy", *names], capture_output=True, text=True,
                          check=True)
    known = set(re.findall(r"(?m)^(\S+):\n  Installed: .*\n  Candidate: (?!\(none\))", done.stdout))
    if not known:
        pytest.skip("the package lists are empty")
    assert set(names) <= known


def test_copied_files_are_enough_to_build(tmp_path):
    for path in copied():
        source, target = ROOT / path, tmp_path / path
        assert source.exists(), path
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    done = subprocess.run(["make", "--dry-run", "build", "MAKELEVEL=0"], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "release/scfd" in done.stdout


def test_context_has_what_is_copied():
    """.dockerignore lets through exactly the copied paths."""
    allowed = re.findall(r"(?m)^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"))
    assert sorted(allowed) == sorted(copied())


def test_second_stage_has_the_libraries():
    if not shutil.which("dpkg-query"):
        pytest.skip("no dpkg here")
    dynamic = subprocess.run(["objdump", "-p", BINARY], capture_output=True, text=True, check=True)
    needed = [name for name in re.findall(r"NEEDED\s+(\S+)", dynamic.stdout)
              if not re.match(r"lib(c|m|asan|ubsan|tsan|gcc_s|stdc\+\+)\.so|ld-linux", name)]
    assert needed
    for library in needed:
        owner = subprocess.run(["dpkg-query", "-S", f"*/{library}"], capture_output=True, text=True,
                               check=True).stdout.split(":")[0]
        assert owner in packages(stages()[1]), library


def test_compose_starts_in_order():
    text = (ROOT / "docker" / "compose.yml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    assert set(services) == {"db", "migrate", "scfd"}
    migrate, scfd = services["migrate"], services["scfd"]
    assert migrate["command"] == ["migrate"]
    assert migrate["depends_on"]["db"]["condition"] == "service_healthy"
    assert scfd["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["db"]["image"].startswith("postgres:15")
