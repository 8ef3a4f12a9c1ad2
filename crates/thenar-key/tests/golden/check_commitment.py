"""Recovers the key of commitment.hex with other implementations of everything and compares it with commitment.pub.

Used once with Python 3.11.7:
    pip install argon2-cffi==25.1.0 cryptography==46.0.3 && python check_commitment.py
With --write it writes commitment.pub from what it derived, which is how that file was made.
BCH decoding is not needed: the palm hash given is the enrolled one, so that the codeword comes out exactly; that it is a
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
PALM = sum(1 << i for i in range(511) if i * i // 7 % 2 == 1)


def extract(salt, ikm):
    return hmac.digest(salt, ikm, "sha256")


def expand(key, info):
    """One block of HKDF-Expand is all that 32 bytes need."""
    return hmac.digest(key, info + b"\x01", "sha256")


record = bytes.fromhex((HERE / "commitment.hex").read_text())
magic, version, kind, flags, m, t, n, memory, passes, lanes, contract, salt, public = struct.unpack(
    "<4sBBBBHHIII32s32s32s", record[:120]
)
assert (magic, version, kind, flags, m, t, n, contract) == (b"THKC", 1, 1, 1, 9, 85, 511, CONTRACT)
delta_bytes, tag = record[120:184], record[184:]
assert len(tag) == 32

token = hash_secret_raw(PASSPHRASE, salt, passes, memory, lanes, 32, Type.ID, 19)
prk = extract(salt, token)
mask_key, token_key = expand(prk, b"thenar/key/v1/mask"), expand(prk, b"thenar/key/v1/token")
stream = Cipher(ChaCha20(mask_key, bytes(16)), None).encryptor().update(bytes(64))
mask = int.from_bytes(stream, "little") & ((1 << n) - 1)
codeword = int.from_bytes(delta_bytes, "little") ^ PALM ^ mask

code = next(c for c in json.loads((HERE / "bch.json").read_text())["codes"] if (c["n"], c["k"]) == (511, 76))
generator = int.from_bytes(bytes.fromhex(code["generator"]), "little")
rest = codeword
while rest.bit_length() >= generator.bit_length():
    rest ^= generator << (rest.bit_length() - generator.bit_length())
assert rest == 0, "not a codeword"

secret = (codeword >> (511 - 76)).to_bytes(10, "little")
info = b"thenar/key/v1" + record[:56] + hashlib.sha256(delta_bytes).digest()
root = expand(extract(salt, secret + token_key + DEVICE), info)
key = Ed25519PrivateKey.from_private_bytes(expand(root, b"thenar/key/v1/seed/ed25519")).public_key()
raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
assert raw == public, "another public key"
assert hmac.digest(expand(root, b"thenar/key/v1/mac"), record[:184], "sha256") == tag, "another tag"

blob = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", 32) + raw
line = f"ssh-ed25519 {base64.b64encode(blob).decode()} golden\n"
if "--write" in sys.argv:
    (HERE / "commitment.pub").write_text(line)
assert (HERE / "commitment.pub").read_text() == line
print("the golden commitment holds:", line.strip())
