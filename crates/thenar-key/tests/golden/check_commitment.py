"""Recovers the keys of commitment.hex, commitment_copies.hex and commitment_groups.hex with other implementations of everything and compares them with the .pub files.

Used once with Python 3.11.7:
    pip install argon2-cffi==25.1.0 cryptography==46.0.3 && python check_commitment.py
With --write it writes those from what it derived, which is how they were made.
BCH decoding is not needed: the feature given is the enrolled one, so that the codeword comes out exactly; that it is a
codeword, each bit of it r times, is checked with long division by the generator in bch.json.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys
import unicodedata

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

HERE = pathlib.Path(__file__).parent
PASSPHRASE = unicodedata.normalize("NFC", "Möwen über dem Hafen").encode()
CONTRACT = b"contract of the golden commitmen"
DEVICE = b"a device secret of 256 bits ...."
PALM = [i * i % 20011 * 7919 % 20011 - 10005 for i in range(1000)]


def extract(salt, ikm):
    return hmac.digest(salt, ikm, "sha256")


def expand(key, info):
    """One block of HKDF-Expand is all that 32 bytes need."""
    return hmac.digest(key, info + b"\x01", "sha256")


def chacha20(key, length):
    return Cipher(ChaCha20(key, bytes(16)), None).encryptor().update(bytes(length))


def check(name, version, code_of, copies):
    """Recovers and compares one key."""
    record = bytes.fromhex((HERE / f"{name}.hex").read_text())
    n, k, errors = code_of
    header = struct.unpack("<4sBBBBHHIIIH", record[:26])
    memory, passes, lanes, count = header[7:]
    assert header[:7] == (b"THKC", version, 1, 1, 7, errors, n) and count == len(PALM)
    end = 26 + (version > 1)
    assert version == 1 or record[26] == copies
    fixed = [record[end + at : end + at + 32] for at in (0, 32, 64)]
    contract, salt, public = fixed
    assert contract == CONTRACT
    length = copies * n
    start = end + 96
    marks_at = start + -(-length // 8)
    tag_at = marks_at + -(-count // 8)
    delta_bytes, mark_bytes, tag = record[start:marks_at], record[marks_at:tag_at], record[tag_at:]
    assert len(tag) == 32

    token = hash_secret_raw(PASSPHRASE, salt, passes, memory, lanes, 32, Type.ID, 19)
    prk = extract(salt, token)
    mask_key, places_key, token_key = (expand(prk, b"thenar/key/v1/" + part) for part in (b"mask", b"places", b"token"))

    # The secret order: of each group Fisher-Yates from the last place down. Before version 3 there is one group.
    words = iter(struct.unpack("<4000I", chacha20(places_key, 16000)))
    groups = n if version > 2 else 1
    order, chosen = [], set()
    for group in range(groups):
        part = list(range(group, count, groups))
        chosen.update(sorted(part, key=lambda i: (-abs(PALM[i]), i))[: length // groups])
        for last in range(len(part) - 1, 0, -1):
            word = next(w for w in words if w < 2**32 // (last + 1) * (last + 1))
            part[last], part[word % (last + 1)] = part[word % (last + 1)], part[last]
        order += part
    marks = [place for place in range(count) if order[place] in chosen]
    assert int.from_bytes(mark_bytes, "little") == sum(1 << place for place in marks), "other marks"
    palm_hash = sum(1 << bit for bit, place in enumerate(marks) if PALM[order[place]] > 0)

    mask = int.from_bytes(chacha20(mask_key, -(-length // 8)), "little") & ((1 << length) - 1)
    wide = int.from_bytes(delta_bytes, "little") ^ palm_hash ^ mask
    codeword = sum((wide >> (copies * bit) & 1) << bit for bit in range(n))
    assert wide == sum((codeword >> place // copies & 1) << place for place in range(length)), "copies differ"

    code = next(c for c in json.loads((HERE / "bch.json").read_text())["codes"] if (c["n"], c["k"]) == (n, k))
    generator = int.from_bytes(bytes.fromhex(code["generator"]), "little")
    rest = codeword
    while rest.bit_length() >= generator.bit_length():
        rest ^= generator << (rest.bit_length() - generator.bit_length())
    assert rest == 0, "not a codeword"

    secret = (codeword >> (n - k)).to_bytes(-(-k // 8), "little")
    info = b"thenar/key/v1" + record[: end + 32] + hashlib.sha256(delta_bytes + mark_bytes).digest()
    slow = hash_secret_raw(secret + token_key + DEVICE, salt, passes, memory, lanes, 32, Type.ID, 19)
    root = expand(extract(salt, slow), info)
    key = Ed25519PrivateKey.from_private_bytes(expand(root, b"thenar/key/v1/seed/ed25519")).public_key()
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    assert raw == public, "another public key"
    assert hmac.digest(expand(root, b"thenar/key/v1/mac"), record[:tag_at], "sha256") == tag, "another tag"

    blob = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", 32) + raw
    line = f"ssh-ed25519 {base64.b64encode(blob).decode()} golden\n"
    if "--write" in sys.argv:
        (HERE / f"{name}.pub").write_text(line)
    assert (HERE / f"{name}.pub").read_text() == line
    print(f"{name} holds:", line.strip())


check("commitment", 1, (127, 29, 21), 1)
check("commitment_copies", 2, (127, 64, 10), 7)
check("commitment_groups", 3, (127, 64, 10), 7)
