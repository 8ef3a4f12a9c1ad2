"""Recovers the key of commitment.hex with other implementations of everything and compares it with commitment.pub.

Used once with Python 3.11.7:
    pip install argon2-cffi==25.1.0 cryptography==46.0.3 && python check_commitment.py
With --write it writes commitment.pub from what it derived, which is how that file was made.
BCH decoding is not needed: the feature given is the enrolled one, so that the codeword comes out exactly; that it is a
codeword is checked with long division by the generator in bch.json.
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


record = bytes.fromhex((HERE / "commitment.hex").read_text())
magic, version, kind, flags, m, t, n, memory, passes, lanes, count, contract, salt, public = struct.unpack(
    "<4sBBBBHHIIIH32s32s32s", record[:122]
)
assert (magic, version, kind, flags, m, t, n, count, contract) == (b"THKC", 1, 1, 1, 7, 21, 127, 1000, CONTRACT)
delta_bytes, mark_bytes, tag = record[122:138], record[138:263], record[263:]
assert len(tag) == 32

token = hash_secret_raw(PASSPHRASE, salt, passes, memory, lanes, 32, Type.ID, 19)
prk = extract(salt, token)
mask_key, places_key, token_key = (expand(prk, b"thenar/key/v1/" + name) for name in (b"mask", b"places", b"token"))


def chacha20(key, length):
    return Cipher(ChaCha20(key, bytes(16)), None).encryptor().update(bytes(length))


# The secret order: Fisher-Yates from the last place down.
words = iter(struct.unpack("<4000I", chacha20(places_key, 16000)))
order = list(range(count))
for last in range(count - 1, 0, -1):
    word = next(w for w in words if w < 2**32 // (last + 1) * (last + 1))
    order[last], order[word % (last + 1)] = order[word % (last + 1)], order[last]
chosen = set(sorted(range(count), key=lambda i: (-abs(PALM[i]), i))[:n])
marks = [place for place in range(count) if order[place] in chosen]
assert int.from_bytes(mark_bytes, "little") == sum(1 << place for place in marks), "other marks"
palm_hash = sum(1 << bit for bit, place in enumerate(marks) if PALM[order[place]] > 0)

mask = int.from_bytes(chacha20(mask_key, 16), "little") & ((1 << n) - 1)
codeword = int.from_bytes(delta_bytes, "little") ^ palm_hash ^ mask

code = next(c for c in json.loads((HERE / "bch.json").read_text())["codes"] if (c["n"], c["k"]) == (127, 29))
generator = int.from_bytes(bytes.fromhex(code["generator"]), "little")
rest = codeword
while rest.bit_length() >= generator.bit_length():
    rest ^= generator << (rest.bit_length() - generator.bit_length())
assert rest == 0, "not a codeword"

secret = (codeword >> (127 - 29)).to_bytes(4, "little")
info = b"thenar/key/v1" + record[:58] + hashlib.sha256(delta_bytes + mark_bytes).digest()
slow = hash_secret_raw(secret + token_key + DEVICE, salt, passes, memory, lanes, 32, Type.ID, 19)
root = expand(extract(salt, slow), info)
key = Ed25519PrivateKey.from_private_bytes(expand(root, b"thenar/key/v1/seed/ed25519")).public_key()
raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
assert raw == public, "another public key"
assert hmac.digest(expand(root, b"thenar/key/v1/mac"), record[:263], "sha256") == tag, "another tag"

blob = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", 32) + raw
line = f"ssh-ed25519 {base64.b64encode(blob).decode()} golden\n"
if "--write" in sys.argv:
    (HERE / "commitment.pub").write_text(line)
assert (HERE / "commitment.pub").read_text() == line
print("the golden commitment holds:", line.strip())
