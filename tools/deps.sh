#!/bin/sh
# Installs the Debian packages that are missing: deps.sh run|test|bench …
# As root, or with a sudo that asks for no password; otherwise prints the one line to run. The list
# of packages is here and nowhere else.
set -eu

packages_of() {
    case $1 in
    run) echo gcc make libc6-dev pkg-config libmicrohttpd-dev libpq-dev libssl-dev libcjson-dev \
        libcurl4-openssl-dev zlib1g-dev libpango1.0-dev libcairo2-dev libqrencode-dev \
        libsecp256k1-dev openssl \
        fonts-wqy-microhei ca-certificates curl jq python3 unzip ;;
    test) echo libcmocka-dev libzip-dev clang clang-format cppcheck libclang-rt-dev python3-pytest \
        python3-cryptography python3-yaml python3-jsonschema git poppler-utils zbar-tools \
        golang-go golang-golang-x-mod-dev nodejs npm ;;
    bench) echo wrk nodejs npm ;;
    *) echo "deps.sh: unknown group $1 (run, test, bench)" >&2; exit 2 ;;
    esac
}

# Any server of versions 14 to 17 will do, also one that did not come from Debian.
have_postgres() {
    ls /usr/lib/postgresql/1[4-7]/bin/postgres /usr/pgsql-1[4-7]/bin/postgres 2>/dev/null |
        grep -q .
}
have_fuzzer() {
    ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a >/dev/null 2>&1
}
have_npm() { command -v npm >/dev/null && command -v node >/dev/null; }

wanted=
for group in "$@"; do wanted="$wanted $(packages_of "$group")"; done
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | grep '^installed ' || true)
missing=
for package in $wanted; do
    case $package in
    npm | nodejs) have_npm && continue ;;
    libclang-rt-dev) have_fuzzer && continue ;;
    esac
    echo "$installed" | grep -qxF "installed $package" || missing="$missing $package"
done
have_postgres || missing="$missing postgresql"
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=sudo
    else
        echo "Some Debian packages are missing. Run this line, then try again:" >&2
        echo "    su -c 'apt-get update && apt-get install -y --no-install-recommends$missing'" >&2
        exit 1
    fi
fi

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 "$@" </dev/null
}
echo "Installing:$missing"
for attempt in 1 2 3; do
    # shellcheck disable=SC2086
    apt update && apt install -y --no-install-recommends $missing && exit 0
    echo "deps.sh: attempt $attempt failed; trying again" >&2
    sleep $((attempt * 5))
done
echo "deps.sh: could not install:$missing" >&2
exit 1
