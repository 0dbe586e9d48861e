#!/bin/bash
# Prints the path of anvil, a real Ethereum node for tests, which npm brings into BUILD at first
# use: anvil.sh BUILD. Where npm or its registry cannot be reached in two minutes it says so on
# stderr and exits 1; the tests that need it are skipped then. Several may run this at once.
set -eu
build=$(mkdir -p "$1" && cd "$1" && pwd)
version=1.7.1
case $(uname -m) in
x86_64) platform=linux-amd64 ;;
aarch64) platform=linux-arm64 ;;
*) echo "anvil: there is none for $(uname -m)" >&2; exit 1 ;;
esac
folder=$build/anvil-$version
binary=$folder/node_modules/@foundry-rs/anvil-$platform/bin/anvil

install() {
    command -v npm >/dev/null || { echo "anvil: npm is not there" >&2; return 1; }
    mkdir -p "$folder"
    # The package with the binary alone: its wrapper would choose it with a script after installing.
    timeout 120 npm install --prefix "$folder" --no-audit --no-fund --ignore-scripts \
        --loglevel=error "@foundry-rs/anvil-$platform@$version" >"$folder/npm.log" 2>&1 ||
        { echo "anvil: npm cannot install it" >&2; return 1; }
    chmod +x "$binary"
}

exec 9>"$build/anvil.lock"
flock 9
[ -x "$binary" ] || install
"$binary" --version >/dev/null 2>&1 || { echo "anvil: it does not run here" >&2; exit 1; }
echo "$binary"
