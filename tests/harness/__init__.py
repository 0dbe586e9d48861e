"""What the Python tests share: the server as a child, an HTTP client, bodies, Merkle proofs."""
