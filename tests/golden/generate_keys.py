#!/usr/bin/env python3
"""What PyNaCl and hashlib make of keys and locked files, for io's tests to be compared with.

    python tests/golden/generate_keys.py                      writes keys.json and keys.locked
    python tests/golden/generate_keys.py --open LOCKED KEY    content of a locked file by its key file, on standard output

Everything but the two primitives that draw for themselves (the sealed box, the secretstream's header) comes out the same
each time; so keys.locked is another file after each run, and must be opened all the same.
"""

import hashlib
import json
import pathlib
import struct
import sys

import nacl.bindings as sodium
import nacl.public

FOLDER = pathlib.Path(__file__).parent
MAGIC = b"bauta locked v1\n"
CHUNK = 1 << 16
COST = (2, 19)  # passes, MiB


def derive(key, context, salt):
    return hashlib.blake2b(struct.pack("<Q", len(context)) + context + salt, key=key, digest_size=32).digest()


def groups(digest):
    digits = digest[:8].hex()
    return "-".join(digits[i : i + 4] for i in range(0, 16, 4))


def key_text(kind, key):
    return f"{kind} {key.hex()} {hashlib.blake2b(kind.encode() + key, digest_size=32).digest()[:4].hex()}"


def argon2id(passphrase, salt, cost):
    return sodium.crypto_pwhash_alg(
        32, passphrase, salt, cost[0], cost[1] << 20, sodium.crypto_pwhash_ALG_ARGON2ID13
    )


def box(before, file_key, key, nonce):
    wrapping = derive(key, b"bauta locked file: way", nonce)
    return before + nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(file_key, before, nonce, wrapping)


def lock(content, file_key, ways):
    header = MAGIC + bytes([len(ways)]) + b"".join(ways)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    stream = sodium.crypto_secretstream_xchacha20poly1305_init_push(
        state, derive(file_key, b"bauta locked file: content", header)
    )
    places = range(0, max(len(content), 1), CHUNK)
    chunks = [
        sodium.crypto_secretstream_xchacha20poly1305_push(
            state,
            content[place : place + CHUNK],
            None,
            sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
            if place == places[-1]
            else sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE,
        )
        for place in places
    ]
    return header + stream + b"".join(chunks)


def unlock(locked, key):
    """By a key, which is the one way that this knows to open."""
    sizes = {1: 73, 2: 97, 3: 81}
    assert locked.startswith(MAGIC)
    place, file_key = len(MAGIC) + 1, None
    for _ in range(locked[len(MAGIC)]):
        way = locked[place : place + sizes[locked[place]]]
        place += len(way)
        if way[0] != 1:
            continue
        before, nonce, sealed = way[:1], way[1:25], way[25:]
        file_key = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed, before, nonce, derive(key, b"bauta locked file: way", nonce)
        )
    header, stream, rest = locked[:place], locked[place : place + 24], locked[place + 24 :]
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(
        state, stream, derive(file_key, b"bauta locked file: content", header)
    )
    content, tag = b"", None
    for begin in range(0, len(rest), CHUNK + 17):
        chunk, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, rest[begin : begin + CHUNK + 17])
        content += chunk
    assert tag == sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    return content


def main():
    key = bytes(range(32))
    file_key = hashlib.sha256(b"file key").digest()
    private = nacl.public.PrivateKey(hashlib.sha256(b"recipient").digest())
    passphrase = "korrekt häst 🐎".encode()
    salt = bytes(range(100, 116))
    content = b"".join(struct.pack("<I", i * 2654435761 % 2**32) for i in range(CHUNK // 4 + 25))

    def nonce(name):
        return hashlib.sha256(name).digest()[:24]

    wrapped = nacl.public.SealedBox(private.public_key).encrypt(file_key)
    ways = [
        box(b"\x01", file_key, key, nonce(b"key")),
        b"\x03" + nacl.public.SealedBox(private.public_key).encrypt(file_key),
        box(
            b"\x02" + salt + struct.pack("<II", *COST),
            file_key,
            argon2id(passphrase, salt, COST),
            nonce(b"passphrase"),
        ),
    ]
    locked = lock(content, file_key, ways)
    assert unlock(locked, key) == content
    (FOLDER / "keys.locked").write_bytes(locked)
    public = bytes(private.public_key)
    values = {
        "key": key_text("bauta-key-v1", key),
        "fingerprint": groups(derive(key, b"bauta fingerprint", b"")),
        "derived": [
            {"context": context, "salt": salt_.hex(), "key": derive(key, context.encode(), salt_).hex()}
            for context, salt_ in [("", b""), ("bauta picture", nonce(b"picture")), ("b", b"auta picture"), ("x" * 200, b"y" * 300)]
        ],
        "passphrase": passphrase.decode(),
        "salt": salt.hex(),
        "passes": COST[0],
        "mebibytes": COST[1],
        "from_passphrase": argon2id(passphrase, salt, COST).hex(),
        "private_key": key_text("bauta-private-key-v1", bytes(private)),
        "public_key": key_text("bauta-public-key-v1", public),
        "public_fingerprint": groups(hashlib.blake2b(public, digest_size=32).digest()),
        "wrapped": wrapped.hex(),
        "unwrapped": file_key.hex(),
        "content_blake2b": hashlib.blake2b(content, digest_size=32).hexdigest(),
        "content_bytes": len(content),
    }
    (FOLDER / "keys.json").write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n")


if sys.argv[1:2] == ["--open"]:
    line = pathlib.Path(sys.argv[3]).read_text().split()
    sys.stdout.buffer.write(unlock(pathlib.Path(sys.argv[2]).read_bytes(), bytes.fromhex(line[1])))
else:
    main()
