"""Writes argon2.txt: one Argon2id token from the reference C implementation.

Made once with argon2-cffi 25.1.0 (argon2-cffi-bindings wraps github.com/P-H-C/phc-winner-argon2):
    pip install argon2-cffi==25.1.0 && python make_argon2.py
"""

import pathlib

import argon2
from argon2.low_level import Type, hash_secret_raw

token = hash_secret_raw(
    b"thenar golden", b"0123456789abcdef0123456789abcdef", time_cost=2, memory_cost=64, parallelism=1, hash_len=32,
    type=Type.ID, version=19,
)
path = pathlib.Path(__file__).with_name("argon2.txt")
path.write_text(f"# argon2-cffi {argon2.__version__}, make_argon2.py: m = 64 KiB, t = 2, p = 1\n{token.hex()}\n")
