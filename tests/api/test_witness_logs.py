"""Being a witness (C2SP tlog-witness): what is cosigned, what is refused, what is remembered."""
import base64
import random
import threading
import time

import pytest

from harness import merkle
from harness.bodies import unique
from harness.parties import make_node
from harness.server import Server, scfd
from harness.tlog import Log, consistency, text_of, verify_cosignature
from harness.witnesses import Peer, Sealed, add_witness, remove_witness

PATH = "/v1/witness/add-checkpoint"


def show(client, body, content_type=None):
    headers = {"Content-Type": content_type} if content_type else {}
    return client.call("POST", PATH, body, headers)


@pytest.fixture
def asker(server):
    return server.anonymous()


@pytest.fixture
def vkey(asker):
    return asker.get("/v1/witness").json()["vkey"]


def known(admin, vkeys=None, origin=None):
    log = Log(origin or unique("log.test/"))
    answer = admin.post("/v1/witness/logs", {"origin": log.origin, "vkeys": vkeys or [log.vkey]})
    assert answer.status == 201, answer
    log.id = answer.json()["id"]
    return log


@pytest.fixture
def log(admin):
    return known(admin)


def conflicts_of(admin, log):
    data = admin.get("/v1/witness/conflicts", limit=500).json()["data"]
    return [c for c in data if c["origin"] == log.origin]


def test_a_growing_log_is_cosigned(admin, asker, log, vkey):
    old = 0
    for size in (0, 1, 2, 3, 7, 8, 13, 64, 257):
        answer = show(asker, log.body(old, size))
        assert answer.status == 200, (size, answer)
        when = verify_cosignature(answer.body.decode(), text_of(log.checkpoint(size)), vkey)
        assert abs(when - time.time()) < 60
        old = size
    read = admin.get(f"/v1/witness/logs/{log.id}").json()
    assert read["size"] == 257
    assert base64.b64decode(read["root"]) == log.root(257)


def test_the_same_checkpoint_again_is_cosigned_again(asker, log, vkey):
    show(asker, log.body(0, 5))
    answer = show(asker, log.body(5, 5))
    assert answer.status == 200
    verify_cosignature(answer.body.decode(), text_of(log.checkpoint(5)), vkey)


def test_extension_lines_are_cosigned_with_the_rest(asker, log, vkey):
    note = log.checkpoint(3, extension="more\n")
    answer = show(asker, log.body(0, 3, note))
    assert answer.status == 200
    verify_cosignature(answer.body.decode(), text_of(note), vkey)


def test_any_media_type_will_do(asker, log):
    assert show(asker, log.body(0, 1), "text/plain").status == 200
    assert show(asker, log.body(1, 2), "application/octet-stream").status == 200
    assert show(asker, log.body(2, 3), "text/plain; charset=latin-1").status == 200


def test_another_old_size_is_told_the_right_one(asker, log):
    assert show(asker, log.body(0, 4)).status == 200
    for old, size in ((0, 6), (3, 6), (5, 6), (0, 4), (6, 9)):
        answer = show(asker, log.body(old, size))
        assert answer.status == 409, (old, size)
        assert answer.headers["Content-Type"] == "text/x.tlog.size"
        assert answer.body == b"4\n"
    assert show(asker, log.body(4, 6)).status == 200


def test_an_unknown_log_is_404_and_a_foreign_signature_403(admin, asker, log):
    stranger = Log("nobody.test/log")
    assert show(asker, stranger.body(0, 1)).status == 404
    impostor = Log(log.origin)  # the name, another key
    assert show(asker, impostor.body(0, 1)).status == 403
    note = log.checkpoint(2).replace(base64.b64encode(log.root(2)).decode(),
                                     base64.b64encode(log.root(1)).decode())
    assert show(asker, log.body(0, 2, note)).status == 403
    assert admin.get(f"/v1/witness/logs/{log.id}").json()["size"] == 0


def test_signatures_of_others_are_passed_over(asker, log, vkey):
    impostor, other = Log(log.origin), Log("other.test/log")
    text = text_of(log.checkpoint(2))
    lines = [signer.sign(text).rpartition("\n\n")[2] for signer in (other, impostor, log, other)]
    answer = show(asker, log.body(0, 2, text + "\n" + "".join(lines)))
    assert answer.status == 200
    verify_cosignature(answer.body.decode(), text, vkey)


def test_a_proof_that_does_not_verify_is_422(asker, log):
    assert show(asker, log.body(0, 5)).status == 200
    right = consistency(log.leaves(9), 5, 9)
    wrong = [right[:-1], right + [b"\0" * 32], right[::-1], [b"\1" * 32] * len(right), []]
    for proof in wrong:
        assert show(asker, log.body(5, 9, proof=proof)).status == 422, proof
    forked = log.fork(3)
    assert show(asker, forked.body(5, 9)).status == 422  # its own proof, but from another tree
    assert show(asker, log.body(5, 5, proof=[b"\0" * 32])).status == 422
    fresh = show(asker, log.body(5, 8, proof=right))
    assert fresh.status == 422


def test_malformed_bodies_are_400(asker, log):
    good = log.body(0, 1).decode()
    note = log.checkpoint(1)
    bad = [
        "", "\n", "old\n", "old 0", "old 00\n\n" + note, "old +0\n\n" + note, "Old 0\n\n" + note,
        "old 0 \n\n" + note, "old -1\n\n" + note, "old 9223372036854775808\n\n" + note,
        "old 0\n" + note, "old 0\nAAAA\n\n" + note, "old 0\n" + "A" * 44 + "\n\n" + note,
        "old 0\n" + (base64.b64encode(b"x" * 32).decode() + "\n") * 64 + "\n" + note,
        "old 2\n\n" + note, "old 0\r\n\r\n" + note, good[:-1], good + "x",
        "old 0\n\n" + log.sign(f"{log.origin}\n01\n{note.splitlines()[2]}\n"),
        "old 0\n\n" + log.sign(f"{log.origin}\n1\nAAAA\n"),
        "old 0\n\n" + log.sign(f"{log.origin}\n1\n"),
        "old 0\n\n" + log.sign(f"{log.origin}\n1\n{note.splitlines()[2]}\n\nmore\n"),
    ]
    for body in bad:
        answer = show(asker, body.encode())
        assert answer.status == 400, (body, answer)
    assert show(asker, b"old 0\n\n" + b"\xff" * 100).status == 400
    assert show(asker, b"x" * (64 * 1024 + 1)).status == 413


def test_mutated_bodies_never_get_a_cosignature(asker, log):
    chance = random.Random(4)
    assert show(asker, log.body(0, 5)).status == 200
    good = log.body(5, 9)
    for _ in range(150):
        body = bytearray(good)
        at = chance.randrange(len(body))
        kind = chance.randrange(3)
        if kind == 0:
            body[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del body[at]
        else:
            body.insert(at, chance.randrange(256))
        answer = show(asker, bytes(body))
        assert answer.status in (400, 403, 404, 409, 422), (bytes(body), answer)
    assert show(asker, good).status == 200


def test_two_views_of_one_size_are_kept_as_evidence(admin, asker, log, server):
    """The witness cosigns one view; the other is refused, and both stay for everybody to check."""
    forked = log.fork(6)
    assert show(asker, log.body(0, 5)).status == 200
    assert show(asker, log.body(5, 8)).status == 200
    assert show(asker, forked.body(8, 8)).status == 409
    (found,) = conflicts_of(admin, log)
    node = make_node(server.client(), "regulator")
    conflict = node.client.get(f"/v1/witness/conflicts/{found['id']}").json()
    notes = [conflict["first_checkpoint"], conflict["second_checkpoint"]]
    parsed = [merkle.verify_note(note, log.vkey).lines() for note in notes]
    assert parsed[0][:2] == parsed[1][:2] == [log.origin, "8"]
    assert parsed[0][2] != parsed[1][2]
    assert conflict["log_id"] == log.id and not conflict["acknowledged"]
    # It stands in the platform's chain and in its feed.
    record = admin.get(f"/v1/records/{found['id']}").json()
    assert record["object"] == "witness_conflict", record
    proof = admin.get(f"/v1/records/{found['id']}/proof", headers={"Prefer": "wait=50"})
    merkle.verify_proof(proof.json())
    platform = admin.get("/v1/records/" + found["id"]).json()["node_id"]
    assert [e["href"] for e in admin.feed(node_id=platform) if e["type"] == "witness.conflict" and
            e["id"] == found["id"]] == [f"/v1/witness/conflicts/{found['id']}"]
    # From now on nothing is cosigned, whichever view goes on.
    assert show(asker, log.body(8, 9)).status == 403
    assert show(asker, forked.body(8, 9)).status == 422
    assert len(conflicts_of(admin, log)) == 1
    # Until an administrator has seen to it.
    path = f"/v1/witness/conflicts/{found['id']}/acknowledgement"
    assert node.client.post(path, {"reason": "x"}).status == 403
    assert admin.post(path, {"reason": ""}).status == 422
    done = admin.post(path, {"reason": "the log was restored by its operator"})
    assert done.status == 200 and done.json()["acknowledged"]
    assert admin.post(path, {"reason": "again"}).status == 409
    assert show(asker, log.body(8, 9)).status == 200
    # The view that is known does no harm a second time; another one does.
    assert show(asker, forked.body(9, 9)).status == 409
    assert len(conflicts_of(admin, log)) == 2


def test_a_contradiction_of_an_earlier_size_is_found(admin, asker, log):
    for old, size in ((0, 3), (3, 5), (5, 9)):
        assert show(asker, log.body(old, size)).status == 200
    assert show(asker, log.fork(2).body(3, 5)).status == 409
    (found,) = conflicts_of(admin, log)
    assert found["size"] == 5
    assert show(asker, log.body(9, 10)).status == 403


def test_a_view_that_was_never_cosigned_counts_too(admin, asker, log):
    assert show(asker, log.body(0, 5)).status == 200
    assert show(asker, log.body(4, 7)).status == 409  # remembered all the same
    assert show(asker, log.fork(6).body(5, 7)).status == 403
    assert conflicts_of(admin, log)[0]["size"] == 7


def test_an_empty_tree_with_another_root_contradicts_itself(admin, asker, log):
    note = log.checkpoint(0, root=b"\7" * 32)
    assert show(asker, log.body(0, 0, note)).status == 422
    (found,) = conflicts_of(admin, log)
    conflict = admin.get(f"/v1/witness/conflicts/{found['id']}").json()
    assert conflict["first_checkpoint"] is None
    assert merkle.verify_note(conflict["second_checkpoint"], log.vkey).lines()[1] == "0"
    assert show(asker, log.body(0, 1)).status == 403


def test_evidence_holds_no_lines_of_others(admin, asker, log):
    noise = Log("noise.test/log")
    text = text_of(log.checkpoint(2))
    extra = "".join(noise.sign(text).rpartition("\n\n")[2] for _ in range(50))
    assert show(asker, log.body(0, 2, log.checkpoint(2) + extra)).status == 200
    assert show(asker, log.fork(1).body(2, 2)).status == 409
    conflict = admin.get(f"/v1/witness/conflicts/{conflicts_of(admin, log)[0]['id']}").json()
    assert conflict["first_checkpoint"] == log.checkpoint(2)


def test_nodes_show_what_they_saw(admin, asker, log, erp):
    def observe(note):
        return erp.post("/v1/witness/observations", {"checkpoint": note})
    assert show(asker, log.body(0, 4)).status == 200
    assert observe(log.checkpoint(4)).json()["verdict"] == "remembered"
    assert observe(log.checkpoint(6)).json()["verdict"] == "remembered"
    assert observe(Log("nobody.test/x").checkpoint(1)).status == 404
    assert observe(Log(log.origin).checkpoint(6)).status == 422
    assert observe("no note").status == 422
    answer = observe(log.fork(5).checkpoint(6)).json()
    assert answer["verdict"] == "conflict"
    assert conflicts_of(admin, log)[0]["id"] == answer["conflict_id"]
    assert show(asker, log.body(4, 5)).status == 403


def test_chains_of_another_installation_are_not_taken_for_our_own(server, admin, asker, erp):
    """Their names end in a node, as ours do."""
    log = known(admin, origin=unique("other.test/") + "/node_01h455vb4pex5vsknk084sn02q")
    assert show(asker, log.body(0, 2)).status == 200
    answer = erp.post("/v1/witness/observations", {"checkpoint": log.checkpoint(3)})
    assert answer.status == 200 and answer.json()["verdict"] == "remembered", answer
    assert server.psql("SELECT count(*) FROM scfd.seal_refusal") == "0"


def test_races_leave_one_history(server, admin, log, vkey):
    """Fifty askers extend the same tree at once, to sizes of their own: what is cosigned is one
    line of trees, each extending the one before."""
    assert show(server.anonymous(), log.body(0, 10)).status == 200
    answers, start = {}, threading.Barrier(50)
    bodies = {size: log.body(10, size) for size in range(11, 61)}

    def ask(size):
        client = server.anonymous()
        start.wait()
        answers[size] = show(client, bodies[size])
    threads = [threading.Thread(target=ask, args=(size,)) for size in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [size for size, answer in answers.items() if answer.status == 200]
    assert len(good) == 1  # all named the old size 10: only the first was right
    assert all(a.status == 409 and a.body == f"{good[0]}\n".encode()
               for size, a in answers.items() if size != good[0])
    assert admin.get(f"/v1/witness/logs/{log.id}").json()["size"] == good[0]
    assert not conflicts_of(admin, log)


def test_races_of_two_views_cosign_one(server, admin, log):
    client = server.anonymous()
    assert show(client, log.body(0, 4)).status == 200
    forked, answers, start = log.fork(4), [], threading.Barrier(20)
    bodies = [(view, view.body(4, 8)) for view in (log, forked)] * 10

    def ask(body):
        mine = server.anonymous()
        start.wait()
        answers.append((body, show(mine, body).status))
    threads = [threading.Thread(target=ask, args=(body,)) for _, body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = {body for body, status in answers if status == 200}
    assert len(good) == 1
    assert len(conflicts_of(admin, log)) == 1


def test_logs_are_administrators_business(admin, erp, log):
    body = {"origin": unique("log.test/"), "vkeys": [log.vkey]}
    assert erp.post("/v1/witness/logs", body).status == 403
    assert admin.post("/v1/witness/logs", {**body, "vkeys": ["nonsense"]}).status == 422
    assert admin.post("/v1/witness/logs", {**body, "vkeys": [log.vkey] * 2}).status == 422
    assert admin.post("/v1/witness/logs", {**body, "vkeys": []}).status == 422
    own = admin.get("/v1/chains").json()["data"][0]
    ourselves = {"origin": own["origin"], "vkeys": [own["vkey"]]}
    assert admin.post("/v1/witness/logs", ourselves).status == 422
    assert admin.post("/v1/witness/logs", {**body, "origin": "a\nb"}).status == 422
    again = admin.post("/v1/witness/logs", {"origin": log.origin, "vkeys": [log.vkey]})
    assert again.status == 409
    listed = [entry["id"] for entry in admin.get("/v1/witness/logs", limit=500).json()["data"]]
    assert log.id in listed


def test_a_log_that_is_removed_is_not_forgotten(admin, asker, log):
    assert show(asker, log.body(0, 5)).status == 200
    assert admin.delete(f"/v1/witness/logs/{log.id}").status == 204
    assert show(asker, log.body(5, 6)).status == 404
    assert admin.get(f"/v1/witness/logs/{log.id}").status == 404
    fresh = Log(log.origin)  # it comes back with another key
    answer = admin.post("/v1/witness/logs", {"origin": log.origin, "vkeys": [fresh.vkey]})
    assert answer.status == 201 and answer.json()["size"] == 5
    assert show(asker, log.body(5, 7)).status == 403
    assert show(asker, fresh.body(0, 7)).body == b"5\n"
    assert show(asker, fresh.fork(1).body(5, 8)).status == 422
    assert show(asker, fresh.body(5, 7)).status == 200


@pytest.fixture(scope="module")
def alone():
    flags = ["--origin", "alone.test/log", "--witness-name", "w.test/one", "--witness-quorum", "1",
             "--witness-interval-s", "1"]
    with Server(flags=flags) as running:
        yield running


def test_the_quorum_of_the_configuration(alone):
    """Chains ask without having been told to, unless they were told not to."""
    chain, other, witness = Sealed(alone), Sealed(alone), Peer()
    other.want(0)
    witness_id = add_witness(alone, witness.url, witness.cosigner.vkey)
    for one in (chain, other):
        one.grow()
    chain.cosigned(1)
    assert chain.read()["witness"]["quorum"] == 1
    assert other.read()["witness"] == {"quorum": 0, "cosigned_size": 0}
    assert not [note for _, _, note in witness.asked if other.node.id in note]
    answer = other.admin.call("PUT", f"/v1/chains/{other.id}/witness-quorum", {})
    assert answer.json()["quorum"] == 1
    other.cosigned(1)
    remove_witness(alone, witness_id)
    witness.close()


def test_the_clock_never_goes_back_and_nothing_is_lost_by_a_restart(alone):
    """A witness's word has a time: it must not seem to have been given before an earlier one."""
    log = known(alone.client())
    me = alone.anonymous().get("/v1/witness").json()
    assert me["name"] == "w.test/one"
    times = []
    for old, size, shift in ((0, 3, 0), (3, 4, -86400), (4, 4, 0), (4, 6, 3600), (6, 7, 0)):
        alone.clock.shift(shift)
        answer = show(alone.anonymous(), log.body(old, size))
        assert answer.status == 200, answer
        text = text_of(log.checkpoint(size))
        times.append(verify_cosignature(answer.body.decode(), text, me["vkey"]))
    assert times == sorted(times)
    alone.clock.real()
    alone.kill()  # without a word
    alone.start()
    assert alone.anonymous().get("/v1/witness").json() == me
    assert show(alone.anonymous(), log.body(3, 9)).body == b"7\n"
    assert show(alone.anonymous(), log.fork(3).body(7, 7)).status == 409
    (found,) = conflicts_of(alone.client(), log)
    alone.stop()
    alone.start()
    assert conflicts_of(alone.client(), log) == [found]
    assert show(alone.anonymous(), log.body(7, 8)).status == 403
    done = scfd("audit", "--data", alone.data)
    assert done.returncode == 0, done
    text = alone.anonymous().get("/metrics").body.decode()
    assert 'scfd_witness_requests_total{result="halted"} 1' in text
