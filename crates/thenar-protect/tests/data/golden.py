"""Computes the golden values of the tests a second time, from the descriptions in the modules alone.

Python 3.8 or newer with pip install cryptography: python3 tests/data/golden.py (in crates/thenar-protect). It prints the
contract, the templates of level 1 and of the schemes it is compared with, and the column sums that the tests pin. It opens
record-v2.bin with its own HKDF, ChaCha20 and Poly1305, record-v3.bin and record-v4.bin with its own HKDF and the AES-256-GCM of OpenSSL.
"""
import hashlib
import hmac
import math
import os
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = os.path.dirname(os.path.abspath(__file__))


def hkdf(secret, salt, info, length):  # RFC 5869
    prk = hmac.new(salt, secret, hashlib.sha256).digest()
    out = block = b""
    counter = 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        out += block
        counter += 1
    return out[:length]


def chacha_block(key, counter):  # RFC 8439, nonce zero
    start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), counter, 0, 0, 0]
    w = start[:]

    def add_rotate(a, b, d, by):
        w[a] = (w[a] + w[b]) & 0xFFFFFFFF
        x = w[d] ^ w[a]
        w[d] = (x << by | x >> (32 - by)) & 0xFFFFFFFF

    for _ in range(10):
        for a, b, c, d in [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]:
            add_rotate(a, b, d, 16)
            add_rotate(c, d, b, 12)
            add_rotate(a, b, d, 8)
            add_rotate(c, d, b, 7)
    return struct.pack("<16I", *[(x + y) & 0xFFFFFFFF for x, y in zip(w, start)])


def poly1305(key, message):  # RFC 8439; the message here is always whole blocks
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


class Stream:
    def __init__(self, key):
        self.key, self.counter, self.rest = key, 0, b""

    def u32(self):
        if not self.rest:
            self.rest = chacha_block(self.key, self.counter)
            self.counter += 1
        value, self.rest = struct.unpack("<I", self.rest[:4])[0], self.rest[4:]
        return value

    def unit(self):
        return (self.u32() + 0.5) / 2**32

    def normal(self):
        radius = self.unit()
        return math.sqrt(-2 * math.log(radius)) * math.cos(math.tau * self.unit())

    def below(self, bound):
        while True:
            product = self.u32() * bound
            if product & 0xFFFFFFFF >= 2**32 % bound:
                return product >> 32


def contract(model_digest, preprocessing, scheme):
    digest = hashlib.sha256(b"thenar/contract/v1")
    for part in (model_digest, preprocessing.encode(), scheme.encode()):
        digest.update(struct.pack("<Q", len(part)) + part)
    return digest.hexdigest()


def structured_map(stream, inputs, outputs):
    """The structured rotation as a function of a list of whole numbers, scaled to keep lengths."""
    size = 1
    while size < max(inputs, outputs):
        size *= 2
    rounds = []
    for _ in range(3):
        signs = []
        for start in range(0, size, 32):
            draw = stream.u32()
            signs += [-1 if draw >> i & 1 else 1 for i in range(min(32, size - start))]
        source = list(range(size))
        for last in range(size - 1, 0, -1):
            other = stream.below(last + 1)
            source[last], source[other] = source[other], source[last]
        rounds.append((signs, source))

    def apply(x):
        x = x + [0] * (size - len(x))
        for signs, source in rounds:
            x = [a * s for a, s in zip(x, signs)]
            y = [sum(-x[j] if bin(j & k).count("1") % 2 else x[j] for j in range(size)) for k in range(size)]
            x = [y[k] for k in source]
        return [v / size**1.5 for v in x[:outputs]]

    return apply


def orthonormal_rows(stream, count, size):
    rows = [[stream.normal() for _ in range(size)] for _ in range(count)]
    for i, row in enumerate(rows):
        for earlier in rows[:i]:
            along = sum(a * b for a, b in zip(row, earlier))
            row[:] = [a - along * b for a, b in zip(row, earlier)]
        norm = math.sqrt(sum(a * a for a in row))
        row[:] = [a / norm for a in row]
    return rows


def gram_schmidt_map(stream, inputs, outputs):
    if outputs <= inputs:
        rows = orthonormal_rows(stream, outputs, inputs)
    else:
        columns = orthonormal_rows(stream, inputs, outputs)
        rows = [list(row) for row in zip(*columns)]
    return lambda x: [sum(a * b for a, b in zip(row, x)) for row in rows]


MAPS = {"structured": structured_map, "gram-schmidt": gram_schmidt_map}


def level1_bits(form, token, feature, bits):
    description = f"level1/{form}/v1 template feature={len(feature)} bits={bits}"
    stream = Stream(hkdf(token, b"thenar/level1/v1", description.encode(), 32))
    return pack_largest(MAPS[form](stream, len(feature), bits)(feature))


def biohashing(form, token, feature, bits):
    description = f"biohashing/{form}/v1 feature={len(feature)} bits={bits}"
    stream = Stream(hkdf(token, b"thenar/schemes/v1", description.encode(), 32))
    return pack([v > 0 for v in MAPS[form](stream, len(feature), bits)(feature)])


def mlp_hash(form, token, feature, hidden, bits):
    widths = ",".join(map(str, hidden))
    description = f"mlp-hash/{form}/v1 feature={len(feature)} hidden={widths} bits={bits}"
    stream = Stream(hkdf(token, b"thenar/schemes/v1", description.encode(), 32))
    x = feature
    for outputs in hidden + [bits]:
        values = [max(v, 0.0) for v in MAPS[form](stream, len(x), outputs)(x)]
        norm = math.sqrt(sum(v * v for v in values))
        x = [math.floor(v / norm * 2**20 + 0.5) for v in values]
    return pack([v > sum(values) / bits for v in values])


def index_of_max(token, feature, hashes, choices):
    description = f"iom-grp/v1 feature={len(feature)} m={hashes} q={choices}"
    stream = Stream(hkdf(token, b"thenar/schemes/v1", description.encode(), 32))
    indices = []
    for _ in range(hashes):
        products = []
        for _ in range(choices):
            weights = [struct.unpack("<f", struct.pack("<f", stream.normal()))[0] for _ in feature]
            products.append(sum(w * u for w, u in zip(weights, feature)))
        indices.append(products.index(max(products)))
    return bytes(indices).hex()


def pack(bits):
    words = [0] * -(-len(bits) // 64)
    for i, bit in enumerate(bits):
        words[i // 64] |= bit << i % 64
    return b"".join(struct.pack("<Q", word) for word in words).hex()


def pack_largest(x):
    largest = sorted(range(len(x)), key=lambda i: (-x[i], i))[:len(x) // 2]
    return pack([i in largest for i in range(len(x))])


def quantised_test_feature():
    whole = [float((i * 37 + 11) % 101 - 50) for i in range(128)]
    norm = math.sqrt(sum(x * x for x in whole))
    single = [struct.unpack("<f", struct.pack("<f", x / norm))[0] for x in whole]
    return [int(math.copysign(math.floor(abs(u) * 2**20 + 0.5), u)) for u in single]


def open_record(record, store_key, token, owner):
    assert hashlib.sha256(record[:-4]).digest()[:4] == record[-4:], "checksum"
    assert record[56:64] == hkdf(token, b"thenar/v1", b"token-id", 8), "token id"
    assert record[64:72] == hkdf(store_key, b"thenar/v1", b"store-key-id", 8), "store key id"
    header, body, tag = record[:96], record[96:-20], record[-20:-4]
    data = header + owner
    if record[4] == 4:
        key = hkdf(store_key, b"thenar/v1", b"thenar/sealed/v4", 32)
        return AESGCM(key).decrypt(record[80:96], body + tag, data).hex()
    if record[4] == 3:
        key = hkdf(store_key, b"thenar/v1", b"thenar/sealed/v3" + record[80:96] + record[40:56] + record[72:76], 32)
        return AESGCM(key).decrypt(bytes(12), body + tag, data).hex()
    key = hkdf(store_key, record[80:96], b"thenar/sealed/v2" + record[40:56] + record[72:76], 32)
    padded = data + bytes(-len(data) % 16)
    authenticated = padded + body + bytes(-len(body) % 16) + struct.pack("<QQ", len(data), len(body))
    assert poly1305(chacha_block(key, 0)[:32], authenticated) == tag, "tag"
    return bytes(a ^ b for a, b in zip(body, chacha_block(key, 1))).hex()


def khidden_sums(k2, template, description, p, rows, right_cells):
    """Column sums of a K-hidden negative database; `template` is a list of bits."""
    stream = Stream(hkdf(k2, b"thenar/khidden/v1", description.encode(), 32))
    sums = [0] * len(template)
    for _ in range(rows):
        v = stream.unit()
        end, wrong = 0.0, len(p)
        for i, share in enumerate(p):
            end += share
            if v < end:
                wrong = i + 1
                break
        row = []
        while len(row) < wrong + right_cells(wrong):
            position = stream.below(len(template))
            if position not in row:
                row.append(position)
        for at, position in enumerate(row):
            value = template[position] ^ (at < wrong)
            sums[position] += 1 if value else -1
    return bytes(c & 0xFF for c in sums).hex()


TOKEN = bytes(range(32))
print("contract  ", contract(bytes(32), "roi/v1", "level1/structured/v1 template feature=512 bits=256 sealed/v2"))
FEATURE = quantised_test_feature()
for form in ("structured", "gram-schmidt"):
    print("level 1   ", form, level1_bits(form, TOKEN, FEATURE, 64))
    print("biohashing", form, biohashing(form, TOKEN, FEATURE, 64))
    print("mlp-hash  ", form, mlp_hash(form, TOKEN, FEATURE, [64, 160], 64))
print("iom-grp   ", index_of_max(TOKEN, FEATURE, 24, 16))
BITS = [int.from_bytes(bytes.fromhex("dad20cb0d67a0db5"), "little") >> j & 1 for j in range(64)]
K2 = bytes([1] * 32)
print("khidden   ", khidden_sums(K2, BITS, "khidden/v1 K=3 r=6.5 p=0.7,0.3,0", [0.7, 0.3, 0], 416, lambda i: 3 - i))
print("public    ", khidden_sums(K2, BITS, "khidden-public-code/v1 K=4 r=2 p=0.25,0.25,0.25,0.25", [0.25] * 4, 128, lambda i: 1))
SPLIT = hkdf(bytes([5] * 32), b"thenar/split/v1", bytes([9] * 16), 32)
print("split mask", chacha_block(SPLIT, 0)[:12].hex(), "and", hex(chacha_block(SPLIT, 0)[12] & 15))
for name in ("record-v2", "record-v3", "record-v4"):
    with open(os.path.join(HERE, name + ".bin"), "rb") as file:
        print(name + " ", open_record(file.read(), bytes([1] * 32), bytes([5] * 32), b"anna"))
