"""Holds a token open and does as it is told: `make LABEL`, `seal LABEL TEXT`, `destroy LABEL`."""

import sys

import pkcs11
from pkcs11 import KeyType

module, label, pin = sys.argv[1:]
token = pkcs11.lib(module).get_token(token_label=label)
with token.open(rw=True, user_pin=pin) as session:
    print("ready", flush=True)
    for line in sys.stdin:
        word, name, *rest = line.split()
        if word == "make":
            session.generate_key(KeyType.AES, 256, label=name, store=True)
        elif word == "seal":
            key = session.get_key(label=name, key_type=KeyType.AES)
            print(key.encrypt(rest[0].encode(), mechanism_param=bytes(16)).hex(), flush=True)
        elif word == "destroy":
            session.get_key(label=name).destroy()
        print("done", word, flush=True)
