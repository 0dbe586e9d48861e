"""What the Python tests share: the real server as a child, an HTTP client, bodies, Merkle proofs."""
