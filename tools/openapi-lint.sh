#!/bin/bash
# `make openapi-lint`: checks openapi/openapi.yaml with Redocly CLI, which npm brings into BUILD at
# first use. Where npm or its registry cannot be reached in a minute, it says so and does not fail:
# tests/api/test_openapi.py checks the structure without it.
set -eu
build=$1
root=$(cd "$(dirname "$0")/.." && pwd)
linter=$build/redocly/node_modules/.bin/redocly
version=1.34.5

skip() { echo "openapi-lint: $1: 1 skipped in 0.0s"; exit 0; }

command -v npm >/dev/null || skip "npm is not there"
if [ ! -x "$linter" ]; then
    mkdir -p "$build/redocly"
    timeout 60 npm install --prefix "$build/redocly" --no-audit --no-fund --loglevel=error \
        "@redocly/cli@$version" >"$build/redocly/npm.log" 2>&1 ||
        skip "npm cannot install Redocly CLI"
fi
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
"$linter" lint --config "$root/openapi/redocly.yaml" --max-problems 100 "$root/openapi/openapi.yaml"
