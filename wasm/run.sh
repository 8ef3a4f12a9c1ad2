#!/usr/bin/env bash
# Keys recovered in WebAssembly are those recovered on this machine, bit by bit. Needs rustup's wasm32-unknown-unknown and node.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
target=wasm32-unknown-unknown
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../target}/wasm
out=$CARGO_TARGET_DIR

cargo build --locked --release --quiet --bin native
cargo build --locked --release --quiet --lib --target "$target"
here=$("$out/release/native")
there=$(node run.mjs "$out/$target/release/thenar_wasm.wasm")
if [ "$here" != "$there" ]; then
    echo "keys differ between this machine and WebAssembly:" >&2
    diff <(echo "$here") <(echo "$there") >&2 || true
    exit 1
fi
# Three golden records and four kinds.
if [ "$(wc -l <<<"$there")" -ne 7 ]; then
    echo "expected 7 keys, got: $there" >&2
    exit 1
fi
echo "7 keys are bit-identical on this machine and in WebAssembly"
