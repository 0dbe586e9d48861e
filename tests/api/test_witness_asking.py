"""Asking witnesses: two real servers that cosign each other's chains, and witnesses of all sorts
made here: down, slow, babbling, signing the wrong thing, knowing more than we do."""
import base64
import hashlib
import subprocess
import tempfile
import threading
import time

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness import merkle
from harness.parties import make_node
from harness.peer import Hangs
from harness.server import Server, free_port, keeps_within, seconds, wait_until
from harness.tlog import Cosigner, Log, text_of, verify_cosignature
from harness.witnesses import Peer, Sealed, add_witness, remove_witness, witness_of


@pytest.fixture(scope="module")
def peers(server):
    """Two installations, each the other's witness."""
    with Server(flags=["--origin", "a.test/log", "--witness-interval-s", "1"]) as first:
        yield first, server


@pytest.fixture
def peer():
    made = []

    def make(*args, **named):
        made.append(Peer(*args, **named))
        return made[-1]
    yield make
    for one in made:
        one.close()


@pytest.fixture
def a(peers):
    """The first installation, without the witnesses and wishes of other tests."""
    Sealed.made.clear()
    yield peers[0]
    admin = peers[0].client()
    for chain in Sealed.made:
        chain.want(0)
    for witness in admin.get("/v1/witnesses", limit=500).json()["data"]:
        remove_witness(peers[0], witness["id"])


@pytest.mark.parametrize("suite", ["sha256-ed25519", "sm3-sm2"])
def test_two_installations_cosign_each_other(peers, suite):
    chains = [Sealed(server, chain_suite=suite) for server in peers]
    ids = []
    for server, other, chain in ((peers[0], peers[1], chains[0]), (peers[1], peers[0], chains[1])):
        me = other.anonymous().get("/v1/witness").json()
        ids.append((server, add_witness(server, other.url + "/v1/witness", me["vkey"])))
        view = chain.read()
        answer = other.client().post("/v1/witness/logs",
                                     {"origin": view["origin"], "vkeys": [view["vkey"]]})
        assert answer.status == 201
    for round_ in range(3):
        # The second one shows a checkpoint every ten seconds only: the first, at once, is enough.
        for server, other, chain in list(zip(peers, peers[::-1], chains))[:2 if round_ == 0 else 1]:
            size = chain.grow(round_ + 1)
            if round_ == 0:
                chain.want(1)
            chain.cosigned(size)
            answer = chain.witnessed()
            assert answer.status == 200
            vkey = other.anonymous().get("/v1/witness").json()["vkey"]
            note = merkle.verify_note(answer.body.decode(), chain.read()["vkey"])
            when = verify_cosignature(answer.body.decode().rpartition("\n\n")[2], note.text, vkey)
            assert abs(when - time.time()) < 60
            assert int(note.lines()[1]) >= size
            again = chain.admin.get(f"/v1/chains/{chain.id}/checkpoint", witnessed="true",
                                    headers={"If-None-Match": answer.headers["ETag"]})
            assert again.status == 304
    for chain in chains:
        chain.want(0)
    for server, witness_id in ids:
        # It is told once the run is over, which is after the quorum is there.
        wait_until(lambda s=server, w=witness_id: (read := witness_of(s, w))["failures"] == 0 and
                   "last_cosigned_at" in read, 60, "all is well")
        remove_witness(server, witness_id)


def test_without_a_quorum_nobody_is_asked(a, peer):
    chain, witness = Sealed(a), peer()
    add_witness(a, witness.url, witness.cosigner.vkey)
    chain.grow()
    time.sleep(2.5)
    assert not [note for _, _, note in witness.asked if chain.node.id in note]
    assert chain.read()["witness"] == {"quorum": 0, "cosigned_size": 0}
    assert chain.witnessed().status == 404
    assert chain.admin.get(f"/v1/chains/{chain.id}/checkpoint", witnessed="x").status == 400


def test_two_of_three(a, peer):
    """The quorum is reached without the one that is down, of the same checkpoint by both."""
    chain, one, two = Sealed(a), peer(), peer()
    for witness in (one, two):
        add_witness(a, witness.url, witness.cosigner.vkey)
    dead = add_witness(a, f"http://127.0.0.1:{free_port()}", Cosigner("dead.test/w").vkey)
    assert chain.want(2)["quorum"] == 2
    for _ in range(3):
        chain.cosigned(chain.grow(2))
        note = chain.witnessed().body.decode()
        lines = note.rpartition("\n\n")[2]
        for witness in (one, two):
            verify_cosignature(lines, text_of(note), witness.cosigner.vkey)
    wait_until(lambda: witness_of(a, dead).get("problem") == "it did not answer", 60,
               "the dead one is called dead")
    cosigned = chain.read()["witness"]["cosigned_size"]
    # Three cannot be reached: what had two does not count any more.
    assert chain.want(3) == {"quorum": 3, "cosigned_size": 0}
    assert chain.witnessed().status == 404
    assert chain.want(2)["cosigned_size"] == cosigned


def test_only_what_verifies_is_stored(a, peer):
    """Babble, a wrong key, a wrong text, a time from the future: none of them counts."""
    chain, stranger = Sealed(a), Cosigner("stranger.test/w")
    later = int(time.time()) + 86400
    answers = {
        "babble": lambda old, note: (200, b"\xff\x00 hello\n" * 100),
        "nothing": lambda old, note: (200, b""),
        "a stranger's": lambda old, note: (200, stranger.cosign(text_of(note), 1).encode()),
        "another text": None,
        "the future": None,
        "a wrong size": lambda old, note: (409, b"many\n"),
        "sizes without end": None,
        "unknown": lambda old, note: (404, b"{}"),
        "forbidden": lambda old, note: (403, b""),
        "unproven": lambda old, note: (422, b""),
        "broken": lambda old, note: (500, b"x" * 100_000),
    }
    ids = {}
    for what, answer in answers.items():
        witness = peer(answer)
        if what == "another text":
            witness.answer = lambda old, note, w=witness: (
                200, w.cosigner.cosign(text_of(note) + "x\n", int(time.time())).encode())
        if what == "the future":
            witness.answer = lambda old, note, w=witness: (
                200, w.cosigner.cosign(text_of(note), later).encode())
        if what == "sizes without end":
            witness.answer = lambda old, note: (409, b"1\n" if old != 1 else b"2\n")
        ids[add_witness(a, witness.url, witness.cosigner.vkey)] = (what, witness)
    chain.grow(3)
    chain.want(1)
    wait_until(lambda: all(witness.asked for _, witness in ids.values()), 25, "all were asked")
    good = peer()
    add_witness(a, good.url, good.cosigner.vkey)
    chain.cosigned(3)
    count = a.psql("SELECT count(*) FROM scfd.cosignature g JOIN scfd.witness w ON w.id = "
                   f"g.witness_id WHERE w.vkey <> '{good.cosigner.vkey}' AND w.active")
    assert count == "0"
    wait_until(lambda: int(a.psql("SELECT count(DISTINCT s.problem) FROM scfd.witness_shown s"
                                  " JOIN scfd.witness w ON w.id = s.witness_id"
                                  " WHERE w.active AND s.problem IS NOT NULL")) >= 6, 60,
               "it is told what is wrong with them")


def test_a_slow_witness_keeps_nobody_waiting(a, peer):
    """It is given up after some seconds; sealing goes on meanwhile, and the others answer."""
    hangs, release = Hangs(), threading.Event()
    slow = peer(lambda old, note: (hangs.wait(3.5), (500, b""))[1])  # just before it is given up
    chain, good = Sealed(a), peer()
    slow_id = add_witness(a, slow.url, slow.cosigner.vkey)
    chain.grow()
    chain.want(1)

    def sealed_meanwhile():
        wait_until(lambda: hangs.now or ask_again(a), 60, "the slow one is asked", step_s=0.2)
        return hangs.outlast(chain.grow)
    assert any(sealed_meanwhile() for _ in range(6))
    assert keeps_within(3, 6, lambda: seconds(chain.grow))
    slow.answer = lambda old, note: (release.wait(30), (500, b""))[1]
    asked = len(slow.asked)
    wait_until(lambda: len(slow.asked) > asked or ask_again(a), 60, "it is asked again", step_s=0.2)
    size = chain.grow()
    add_witness(a, good.url, good.cosigner.vkey)
    chain.cosigned(size)
    wait_until(lambda: witness_of(a, slow_id)["failures"] >= 1, 15, "the slow one is given up")
    release.set()


def test_one_chain_that_is_never_answered_does_not_keep_the_others(a, peer):
    bad, good = Sealed(a), Sealed(a)
    witness = peer()
    hang = threading.Event()

    def answer(old, note):
        if bad.node.id in note:
            hang.wait(20)
        return witness.honest(old, note)
    witness.answer = answer
    add_witness(a, witness.url, witness.cosigner.vkey)
    bad.grow()
    bad.want(1)
    wait_until(lambda: witness.asked, 10, "the one that hangs is asked")
    good.want(1)
    good.cosigned(good.grow())
    assert bad.read()["witness"]["cosigned_size"] == 0
    hang.set()


def test_what_the_witness_knows_is_taken_over(a, peer):
    """It was shown the chain before by somebody else: it names the size, and gets a proof of it."""
    chain, witness = Sealed(a), peer()
    sizes = [chain.grow(2), chain.grow(3)]
    view = chain.read()
    tree = chain.admin.get(f"/v1/chains/{chain.id}/consistency", **{"from": sizes[0],
                                                                   "to": sizes[1]}).json()
    witness.sizes[view["origin"]] = (sizes[0], base64.b64decode(tree["from_root"]))
    add_witness(a, witness.url, witness.cosigner.vkey)
    chain.want(1)
    chain.cosigned(sizes[1])
    asked = [(old, len(proof)) for old, proof, note in witness.asked if chain.node.id in note]
    assert asked[0] == (0, 0) and any(old == sizes[0] and n for old, n in asked)


REFUSAL = "SELECT reason, published_size, note FROM scfd.seal_refusal"
CLAIMS = "SELECT count(*) FROM scfd.event WHERE type = 'witness.claim'"


def metric(server, name):
    text = server.anonymous().get("/metrics").body.decode()
    return [line.split()[-1] for line in text.splitlines() if line.startswith(name + " ")]


def ask_again(server):
    """No witness and no chain of one rests any more."""
    server.psql("UPDATE scfd.witness_shown SET due_at = now(), failures = 0;"
                " UPDATE scfd.witness SET due_at = now()")


def test_a_bare_number_only_raises_the_alarm(a, peer):
    """Whoever could stop us by naming a number would need no key for it."""
    chain = Sealed(a)
    witness = peer(lambda old, note: (409, b"1000\n"))
    shown = {}
    witness.checkpoint = lambda origin: shown.get("note")
    chain.grow(2)
    before = int(a.psql(CLAIMS))
    claimant = add_witness(a, witness.url, witness.cosigner.vkey)
    chain.want(1)
    wait_until(lambda: int(a.psql(CLAIMS)) == before + 1, 15, "the claim is told")
    wait_until(lambda: metric(a, "scfd_witness_claimed_chains") == ["1"], 15, "the metric tells it")
    # What it shows is not ours, or no more than we have, or of another chain.
    view = chain.read()
    key = signing_key(a)
    for note in (Log(view["origin"]).checkpoint(1000), Log(view["origin"], key).checkpoint(1),
                 Log(view["origin"] + "x", key).checkpoint(1000), "babble"):
        shown["note"], count = note, len(witness.wanted)
        wait_until(lambda n=count: len(witness.wanted) > n or ask_again(a), 15,
                   "it is asked for proof", step_s=0.5)
    wait_until(lambda: a.psql("SELECT min(failures) FROM scfd.witness_shown WHERE claimed_size ="
                              " 1000") != "0", 15, "the last answer is judged")
    assert a.psql(REFUSAL) == "" and int(a.psql(CLAIMS)) == before + 1
    assert chain.grow(1) == 3 and set(witness.wanted) == {view["origin"]}
    remove_witness(a, claimant)
    wait_until(lambda: metric(a, "scfd_witness_claimed_chains") == ["0"], 15, "the alarm ends")


def test_a_claim_stands_while_the_witness_says_nothing(a, peer):
    """A call without an answer takes nothing back: the alarm does not fall and rise by it."""
    chain, witness = Sealed(a), peer(lambda old, note: (409, b"1000\n"))
    chain.grow(2)
    before = int(a.psql(CLAIMS))
    add_witness(a, witness.url, witness.cosigner.vkey)
    chain.want(1)

    def told(problem):
        return a.psql("SELECT coalesce(s.claimed_size, 0) FROM scfd.witness_shown s"
                      " JOIN scfd.witness w ON w.id = s.witness_id"
                      f" WHERE w.vkey = '{witness.cosigner.vkey}' AND s.problem LIKE '{problem}'")
    wait_until(lambda: told("%larger tree%") == "1000", 60, "the claim is told")
    witness.answer = lambda old, note: None
    kept = wait_until(lambda: told("it did not answer") or ask_again(a), 60, "it is silent",
                      step_s=0.5)
    assert kept == "1000"
    witness.answer = lambda old, note: (409, b"1000\n")
    wait_until(lambda: told("%larger tree%") or ask_again(a), 60, "it is told again", step_s=0.5)
    assert int(a.psql(CLAIMS)) == before + 1


def go_on(a, *peers):
    """What only people do: the witnesses say no more, and the refusal is deleted."""
    wait_until(lambda: metric(a, "scfd_log_restored") == ["1"], 15, "the log is halted")
    for one in peers:
        one.answer = lambda old, note: (403, b"")
    wait_until(lambda: a.psql("SELECT count(*) FROM scfd.job WHERE kind = 'witness'"
                              " AND status = 1") == "0", 60, "no answer is under way")
    a.psql("DELETE FROM scfd.seal_refusal")
    wait_until(lambda: metric(a, "scfd_log_restored") == ["0"], 15, "it goes on")


EMPTY_SM3 = base64.b64encode(hashlib.new("sm3").digest()).decode()


@pytest.mark.parametrize("suite", ["sha256-ed25519", "sm3-sm2"])
def test_a_witness_that_shows_more_stops_the_sealer(a, peer, suite):
    """Our own signature on a larger tree than the database has: it is an older copy."""
    chain = Sealed(a, chain_suite=suite)
    witness = peer(lambda old, note: (409, b"1000\n"))
    view = chain.read()
    if suite == "sm3-sm2":
        proof = sm2_note(a, view["vkey"], f"{view['origin']}\n1000\n{EMPTY_SM3}\n")
    else:
        proof = Log(view["origin"], signing_key(a)).checkpoint(1000)
    witness.checkpoint = lambda origin: proof if origin == view["origin"] else None
    chain.grow(2)
    one = add_witness(a, witness.url, witness.cosigner.vkey)
    chain.want(1)
    kept = wait_until(lambda: a.psql("SELECT note FROM scfd.seal_refusal"), 15, "it is refused")
    if suite == "sm3-sm2":
        assert kept + "\n" == proof
    else:
        merkle.verify_note(kept + "\n", view["vkey"])
    assert a.psql(REFUSAL).startswith("ahead|1000|")
    assert chain.read()["witness"]["cosigned_size"] == 0
    assert a.psql("SELECT count(*) FROM scfd.event WHERE type = 'witness.ahead'") != "0"
    go_on(a, witness)
    remove_witness(a, one)


def test_several_witnesses_that_say_the_same_stop_the_sealer(a, peer):
    """They sign nothing, but would all have to lie. As many as the quorum, and two at least."""
    chain = Sealed(a)
    chain.grow(2)
    told = [peer(lambda old, note, n=n: (409, b"%d\n" % n)) for n in (1000, 900, 800)]
    ids = [add_witness(a, one.url, one.cosigner.vkey) for one in told[:2]]
    chain.want(3)
    wait_until(lambda: a.psql("SELECT count(*) FROM scfd.witness_shown WHERE claimed_size > 0"
                              " AND witness_id = ANY (SELECT id FROM scfd.witness WHERE active)"
                              ) == "2", 15, "two claim it")
    assert a.psql(REFUSAL) == ""
    ids.append(add_witness(a, told[2].url, told[2].cosigner.vkey))
    wait_until(lambda: a.psql(REFUSAL), 15, "three are enough")
    go_on(a, *told)
    for one in ids:
        remove_witness(a, one)


def test_what_was_cosigned_is_shown_to_whoever_asks(peers):
    """The other installation has the proof of what it cosigned of ours, also when we forget it."""
    first, second = peers
    chain = Sealed(first)
    size = chain.grow(3)
    view = chain.read()
    me = second.anonymous().get("/v1/witness").json()
    anyone = second.anonymous()
    assert anyone.get("/v1/witness/checkpoint", origin=view["origin"]).status == 404
    assert anyone.get("/v1/witness/checkpoint").status == 400
    second.client().post("/v1/witness/logs", {"origin": view["origin"], "vkeys": [view["vkey"]]})
    assert anyone.get("/v1/witness/checkpoint", origin=view["origin"]).status == 404
    witness = add_witness(first, second.url + "/v1/witness", me["vkey"])
    chain.want(1)
    chain.cosigned(size)
    shown = anyone.get("/v1/witness/checkpoint", origin=view["origin"])
    assert shown.status == 200
    assert merkle.verify_note(shown.body.decode(), view["vkey"]).lines()[1] == str(size)
    again = anyone.get("/v1/witness/checkpoint", origin=view["origin"],
                       headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status == 304
    chain.want(0)
    remove_witness(first, witness)


def test_observations_of_our_own_chains(a):
    chain = Sealed(a)
    sizes = [chain.grow(2), chain.grow(1)]
    view = chain.read()

    def observe(note):
        answer = chain.node.client.post("/v1/witness/observations", {"checkpoint": note})
        assert answer.status == 200, answer
        return answer.json()
    note = chain.admin.get(f"/v1/chains/{chain.id}/checkpoint").body.decode()
    assert observe(note)["verdict"] == "consistent"
    for block in chain.admin.get(f"/v1/chains/{chain.id}/blocks").json()["data"]:
        full = chain.admin.get(f"/v1/chains/{chain.id}/blocks/{block['height']}").json()
        assert observe(full["checkpoint"])["verdict"] == "consistent"
    # Somebody else's signature under our name is none.
    forged = Log(view["origin"]).checkpoint(2)
    answer = chain.node.client.post("/v1/witness/observations", {"checkpoint": forged})
    assert answer.status == 422
    # With our key: what a second copy of this installation would have signed.
    twin = Log(view["origin"], signing_key(a))
    assert twin.vkey == view["vkey"]
    assert observe(twin.checkpoint(sizes[1] + 5))["verdict"] == "ahead"
    assert a.psql("SELECT reason, published_size, note FROM scfd.seal_refusal").startswith(
        f"ahead|{sizes[1] + 5}|{view['origin']}")
    # A node that the copy has and this database lacks: nothing here is new enough.
    lost = Log(view["origin"].rpartition("/")[0] + "/node_01h455vb4pex5vsknk084sn02q",
               signing_key(a))
    assert observe(lost.checkpoint(1))["verdict"] == "ahead"
    assert a.psql("SELECT published_size FROM scfd.seal_refusal"
                  " WHERE chain_id = '00000000-0000-0000-0000-000000000000'") == "1"
    answer = observe(twin.checkpoint(sizes[0]))
    assert answer["verdict"] == "conflict"
    conflict = chain.admin.get(f"/v1/witness/conflicts/{answer['conflict_id']}").json()
    assert conflict["chain_id"] == chain.id
    for kept in (conflict["first_checkpoint"], conflict["second_checkpoint"]):
        merkle.verify_note(kept, view["vkey"])
    lift(chain)


def test_observations_of_a_chain_of_sm3(a):
    """The key that signed a view tells the digest of its tree: the installation has one of each."""
    chain = Sealed(a, chain_suite="sm3-sm2")
    size = chain.grow(3)
    view = chain.read()

    def observe(note):
        answer = chain.node.client.post("/v1/witness/observations", {"checkpoint": note})
        assert answer.status == 200, answer
        return answer.json()["verdict"]

    def signed(tree_size, root):
        return sm2_note(a, view["vkey"], f"{view['origin']}\n{tree_size}\n{root}\n")
    assert observe(chain.admin.get(f"/v1/chains/{chain.id}/checkpoint").body.decode()) \
        == "consistent"
    empty = {alg: base64.b64encode(hashlib.new(alg).digest()).decode() for alg in ("sm3", "sha256")}
    try:
        assert observe(signed(size, view["root"])) == "consistent"
        assert observe(signed(0, empty["sm3"])) == "consistent"
        assert observe(signed(0, empty["sha256"])) == "conflict"
        assert observe(signed(size, empty["sm3"])) == "conflict"
        assert observe(signed(size + 1, view["root"])) == "ahead"
    finally:
        lift(chain)


def sm2_note(server, vkey, text):
    """What a copy of this installation would sign, by the openssl command."""
    name, key_id, _ = vkey.split("+", 2)
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode())
        file.flush()
        signature = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-inkey", server.data / "log-sm2.key", "-rawin",
             "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in", file.name],
            check=True, capture_output=True, timeout=20).stdout
    blob = base64.b64encode(bytes.fromhex(key_id) + signature).decode()
    return f"{text}\n— {name} {blob}\n"


def lift(chain):
    """Writing goes on, and so does sealing, as soon as the server has looked."""
    chain.server.psql("DELETE FROM scfd.seal_refusal")
    client = chain.node.client

    def written():
        answer = client.post("/v1/invoices", chain.parties.invoice())
        return answer.status == 201 and answer.json()["id"]
    record = wait_until(written, 40, "writing goes on")
    wait_until(lambda: client.get(f"/v1/records/{record}/proof").status == 200, 40,
               "sealing goes on")


def signing_key(server):
    return load_pem_private_key((server.data / "log.key").read_bytes(), None)


def test_alarms_rise_and_fall(a, peer):
    def told():
        return a.psql("SELECT type FROM scfd.event WHERE type LIKE 'witness.quorum%'"
                      " ORDER BY seq").split()
    chain = Sealed(a)
    port = free_port()
    witness = Cosigner("late.test/w")
    late = add_witness(a, f"http://127.0.0.1:{port}", witness.vkey)
    size = chain.grow()
    chain.want(1)
    try:
        a.clock.shift(2 * 3600)
        for name in ("scfd_witness_silent", "scfd_witness_quorum_missing_chains"):
            wait_until(lambda n=name: metric(a, n) == ["1"], 20, f"{name} is 1")
        wait_until(lambda: told() == ["witness.quorum_missing"], 10, "the feed tells it once")
        remove_witness(a, late)
        good = peer()
        good.answer = lambda old, note: (
            200, good.cosigner.cosign(text_of(note), int(time.time()) + 7200).encode())
        add_witness(a, good.url, good.cosigner.vkey)
        chain.cosigned(size)
        for name in ("scfd_witness_silent", "scfd_witness_quorum_missing_chains"):
            wait_until(lambda n=name: metric(a, n) == ["0"], 20, f"{name} is 0")
        wait_until(lambda: told() == ["witness.quorum_missing", "witness.quorum_recovered"], 10,
                   "and that it is over")
    finally:
        a.clock.real()


def test_witnesses_are_administrators_business(a):
    node, admin = make_node(a.client(), "erp"), a.client()
    vkey = Cosigner("x.test/w").vkey
    body = {"name": "x", "url": "https://x.test/w", "vkey": vkey}
    assert node.client.post("/v1/witnesses", body).status == 403
    assert node.client.call("PUT", f"/v1/chains/{node.id}/witness-quorum",
                            {"quorum": 1}).status == 403
    for member, bad in (("url", "ftp://x.test/w"), ("url", "https://x.test/w/"),
                        ("url", "https://x.test/w?y"), ("url", "https://x.test/ w"),
                        ("vkey", Log("x.test/w").vkey), ("vkey", vkey[:-2]), ("name", "")):
        assert admin.post("/v1/witnesses", {**body, member: bad}).status == 422, bad
    for quorum in (-1, 101, "1", 1.5):
        answer = admin.call("PUT", f"/v1/chains/{node.id}/witness-quorum", {"quorum": quorum})
        assert answer.status == 422, quorum
    assert admin.call("PUT", "/v1/chains/chain_x/witness-quorum", {"quorum": 1}).status == 404
    witness_id = add_witness(a, body["url"], vkey)
    assert admin.post("/v1/witnesses", body).status == 409
    remove_witness(a, witness_id)
    assert admin.get(f"/v1/witnesses/{witness_id}").status == 404
    assert add_witness(a, body["url"], vkey) == witness_id
