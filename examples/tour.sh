#!/usr/bin/env bash
# A tour of Thenar: two drawn people are enrolled, verified and identified, and one of them gets a key.
#
#   examples/tour.sh
#
# Everything is written to a temporary folder, which is removed at the end. The photos show nobody: see examples/README.md.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
photos=$PWD/examples/photos

echo "== Building the program (the first time takes some minutes)"
cargo build --release --locked -p thenar
target=${CARGO_TARGET_DIR:-target}
program=$(cd "$target/release" && pwd)/thenar

for photo in "$photos"/{anna,ben}-{1..4}.jpg; do
    if [ ! -f "$photo" ]; then
        echo "tour: $photo is missing" >&2
        exit 2
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Prints what is done, then does it with a store and a keyring of the tour's own.
thenar() {
    local shown=()
    local word
    for word in "$@"; do shown+=("${word#"$photos"/}"); done
    echo "\$ thenar ${shown[*]}"
    "$program" --store tour.db --keyring tour.keyring "$@"
}

# The same for a command that must end with the exit code given first.
expect() {
    local expected=$1 code=0
    shift
    thenar "$@" || code=$?
    if [ "$code" -ne "$expected" ]; then
        echo "tour: exit code $code, expected $expected" >&2
        exit 2
    fi
    echo "(exit code $code)"
}

step() {
    echo
    echo "== $1"
}

step "Enrol two people, three photos each"
thenar enroll anna "$photos"/anna-{1,2,3}.jpg
thenar enroll ben "$photos"/ben-{1,2,3}.jpg
thenar list

step "Is a fourth photo of Anna's palm Anna?"
expect 0 verify anna "$photos/anna-4.jpg"

step "Is Ben's palm Anna? No: exit code 1"
expect 1 verify anna "$photos/ben-4.jpg"

step "Whose palm is this?"
found=$(thenar --json identify "$photos/anna-4.jpg")
echo "$found"
grep -q '"subject": "anna"' <<<"$found" || { echo "tour: Anna was not found" >&2; exit 2; }
if grep -q '"subject": "ben"' <<<"$found"; then
    echo "tour: Ben was found too" >&2
    exit 2
fi

step "Make a key from Anna's palm and a passphrase; no file holds the private half"
(umask 077 && echo "gulls over the harbour" >passphrase)
made=$(thenar --json key new laptop "$photos"/anna-{1,2,3}.jpg --passphrase-file passphrase)
echo "$made"

step "Bring the key back from a fourth photo and the passphrase"
again=$(thenar --json key recover laptop "$photos/anna-4.jpg" --passphrase-file passphrase)
echo "$again"
public() { grep -m1 '"public":' <<<"$1"; }
if [ "$(public "$made" | tr -d ' ,')" != "$(public "$again" | tr -d ' ,')" ]; then
    echo "tour: another key came back" >&2
    exit 2
fi
echo "(the same public key)"

step "Ben's palm does not bring it back, even with the passphrase"
expect 1 key recover laptop "$photos/ben-4.jpg" --passphrase-file passphrase

echo
echo "The tour is done."
