"""Health, version, metrics and the manners of the protocol (api-rules R2, R18–R22)."""
import json
import re

import pytest

from harness.server import wait_until


def test_livez_and_readyz_need_no_key(server):
    client = server.anonymous()
    assert client.get("/livez").status == 200
    assert client.get("/readyz").status == 200


def test_readyz_verbose_is_for_humans(server):
    answer = server.anonymous().call("GET", "/readyz?verbose")
    assert answer.status == 200
    lines = answer.body.decode().splitlines()
    names = ["serving", "db", "schema", "keys", "signing-key", "workers", "log"]
    assert lines == [f"[+]{name} ok" for name in names]


def test_version_in_every_answer(server):
    client = server.anonymous()
    for path in ("/livez", "/v1/invoices", "/nowhere"):
        assert client.get(path).headers["Scfd-Version"]
    assert client.get("/version").json()["version"] == client.get("/livez").headers["Scfd-Version"]


def test_metrics_are_prometheus_text(server, erp):
    erp.get("/v1/invoices")
    answer = server.anonymous().get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    assert "scfd_build_info{" in text
    assert "scfd_http_requests_total{" in text
    for line in text.splitlines():
        assert line.startswith("#") or re.fullmatch(r"[a-z_]+(\{.*\})? [-+.\deInfNa]+", line), line


def test_metrics_that_operators_watch(server, erp):
    erp.get("/v1/invoices")
    text = "\n" + server.anonymous().get("/metrics").body.decode()

    def value(name):
        return int(text.split(f"\n{name} ")[1].split("\n")[0])

    assert value("scfd_listener_connected") == 1
    assert value("scfd_postgres_restarts_total") == 0
    assert value("scfd_service_queue_requests") == 0
    assert value("scfd_db_connections") >= 6
    assert value('scfd_db_connects_total{result="ok"}') >= value("scfd_db_connections")
    assert value("scfd_http_connections") >= 1
    assert 10 < value("process_open_fds") < value("process_max_fds")
    assert 4 << 20 < value("process_resident_memory_bytes") < 4 << 30


def test_metrics_label_is_the_route_not_the_path(server, erp):
    erp.get("/v1/invoices/inv_01h455vb4pex5vsknk084sn02q")
    def counted():  # after the answer is sent
        text = server.anonymous().get("/metrics").body.decode()
        return text if 'route="/v1/invoices/{id}"' in text else None

    text = wait_until(counted, 60, "the route is counted")
    assert "inv_01h455vb4pex5vsknk084sn02q" not in text


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/nothing", "/v1/invoices/", "//v1/invoices"]
)
def test_unknown_path_is_a_problem(erp, path):
    answer = erp.get(path)
    assert answer.status == 404, answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["code"] == "not-found"
    assert problem["status"] == 404
    assert problem["type"].endswith("/problems/not-found")
    assert problem["request_id"]


def test_problem_pages_are_served(server):
    client = server.anonymous()
    answer = client.get("/problems/not-found")
    assert answer.status == 200
    assert client.get("/problems/no-such-problem").status == 404


def test_wrong_method_names_the_allowed_ones(erp):
    answer = erp.call("DELETE", "/v1/invoices")
    assert answer.status == 405
    allowed = {method.strip() for method in answer.headers["Allow"].split(",")}
    assert {"GET", "POST", "HEAD", "OPTIONS"} <= allowed
    assert "DELETE" not in allowed


def test_options(erp):
    answer = erp.call("OPTIONS", "/v1/invoices")
    assert answer.status == 204
    assert "POST" in answer.headers["Allow"]
    assert answer.headers["Accept-Post"] == "application/json"
    assert answer.headers["Accept-Patch"] is None
    bulk = erp.call("OPTIONS", "/v1/invoices/bulk")
    assert bulk.headers["Accept-Post"] == "application/x-ndjson"
    node = erp.call("OPTIONS", "/v1/nodes/any")
    assert node.headers["Accept-Patch"] == "application/json"
    assert node.headers["Accept-Post"] is None


def test_head_is_get_without_body(server):
    client = server.anonymous()
    get, head = client.get("/version"), client.call("HEAD", "/version")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_request_id_is_echoed_or_made(server):
    client = server.anonymous()
    assert client.get("/version", {"X-Request-Id": "abc-123"}).headers["Request-Id"] == "abc-123"
    made = [client.get("/version").headers["Request-Id"] for _ in range(2)]
    assert made[0] and made[0] != made[1]


def test_no_key_is_401_with_challenge(server):
    answer = server.anonymous().get("/v1/invoices")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthenticated"


def test_language_of_problems(server):
    client = server.anonymous()
    chinese = client.get("/nowhere", {"Accept-Language": "zh-CN"})
    assert chinese.headers["Content-Language"].startswith("zh")
    assert chinese.json()["title"] == "资源不存在"
    english = client.get("/nowhere", {"Accept-Language": "en"})
    assert english.headers["Content-Language"].startswith("en")
    assert english.json()["title"] == "No such resource"


def test_duplicate_query_parameter_is_400(erp):
    answer = erp.call("GET", "/v1/invoices?limit=1&limit=2")
    assert answer.status == 400
    assert answer.json()["code"] == "invalid-parameter"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "after=!!", "order=up", "no_such=1"]
)
def test_bad_query_parameter_is_400(erp, query):
    answer = erp.call("GET", "/v1/invoices?" + query)
    assert answer.status == 400, answer
    assert answer.json()["code"] == "invalid-parameter"


def test_access_lines_count_bytes(server, erp):
    answer = erp.call("GET", "/v1/invoices/nothing", headers={"X-Request-Id": "count-me"})
    assert answer.status == 404

    def line():
        found = [text for text in server.log_path.read_text().splitlines() if "count-me" in text]
        return found and json.loads(found[-1])

    logged = wait_until(line, 5, "the access line")
    assert (logged["bytes_in"], logged["bytes_out"]) == ("0", str(len(answer.body))), logged


def test_log_lines_are_json_without_secrets(server, erp):
    erp.get("/v1/invoices")
    text = server.log_path.read_text()
    for line in text[: text.rfind("\n")].splitlines():  # the last one may be half written
        if line.startswith("{"):
            assert {"ts", "level", "msg"} <= set(json.loads(line)), line
    assert server.admin_key not in text
    assert erp.key not in text
