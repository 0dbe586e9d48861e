"""One tick over 10,000 chains, on a server of its own: from the moment there is a target for it
until the tick can be read, the pause of the task included."""
import os
import time

from harness import bodies, tsa
from harness.server import Server

CHAINS = int(os.environ.get("BENCH_CHAINS", "10000"))


def measure():
    """Seconds. The newest blocks stand as the sealer leaves them; their contents do not matter."""
    with tsa.Authority() as authority, Server() as server:
        server.psql(
            "INSERT INTO scfd.chain_seal (chain_id, height, size, block_hash)"
            " SELECT md5(i::text)::uuid, i % 1000, i + 1, sha256(i::text::bytea)"
            f" FROM generate_series(1, {CHAINS}) i"
        )
        server.psql("ANALYZE")
        admin = server.client()
        body = {
            "name": bodies.unique("t").lower().replace("_", "-"),
            "kind": "rfc3161",
            "url": authority.url,
            "settings": {"ca_pem": authority.ca_pem},
        }
        began = time.monotonic()
        assert admin.post("/v1/anchor-targets", body).status == 201
        while not (ticks := admin.get("/v1/anchors").json()["data"]):
            time.sleep(0.01)
            assert time.monotonic() - began < 60, "no tick after a minute"
        took = time.monotonic() - began
        assert ticks[0]["size"] >= CHAINS
        print(f"  {ticks[0]['size']:,} chains in one tick after {took:.3f} s")
        return took


if __name__ == "__main__":
    print(f"{measure():.3f} s")
