"""A program of python-pkcs11: the module's path, the token's label, the PIN."""

import hashlib
import sys

import pkcs11
from pkcs11 import KDF, MGF, KeyType, Mechanism
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

module, label, pin = sys.argv[1:]
token = pkcs11.lib(module).get_token(token_label=label)
with token.open(rw=True, user_pin=pin) as session:
    key = session.generate_key(KeyType.AES, 256, store=False)
    iv = session.generate_random(128)
    data = b"what the program encrypts" * 10
    assert key.decrypt(key.encrypt(data, mechanism_param=iv), mechanism_param=iv) == data
    parts = [data[at : at + 7] for at in range(0, len(data), 7)]
    sealed = b"".join(key.encrypt(parts, mechanism_param=iv))
    assert b"".join(key.decrypt([sealed], mechanism_param=iv)) == data
    assert session.digest(data, mechanism=Mechanism.SHA256) == hashlib.sha256(data).digest()

    public, private = session.generate_keypair(KeyType.RSA, 2048, store=False)
    pss = (Mechanism.SHA256, MGF.SHA256, 32)
    for mechanism, param in ((Mechanism.SHA512_RSA_PKCS, None), (Mechanism.SHA256_RSA_PKCS_PSS, pss)):
        signature = private.sign(data, mechanism=mechanism, mechanism_param=param)
        assert public.verify(data, signature, mechanism=mechanism, mechanism_param=param)
        assert not public.verify(b"other", signature, mechanism=mechanism, mechanism_param=param)
    assert private.decrypt(public.encrypt(b"secret")) == b"secret"

    named = encode_named_curve_parameters("secp256r1")
    domain = session.create_domain_parameters(KeyType.EC, {pkcs11.Attribute.EC_PARAMS: named}, local=True)
    public, private = domain.generate_keypair(store=False, mechanism=Mechanism.EC_KEY_PAIR_GEN)
    signature = private.sign(data, mechanism=Mechanism.ECDSA_SHA256)
    assert len(signature) == 64 and public.verify(data, signature, mechanism=Mechanism.ECDSA_SHA256)
    other_public, other = domain.generate_keypair(store=False, mechanism=Mechanism.EC_KEY_PAIR_GEN)
    if label != "hsm1":
        mine, yours = (
            one.derive_key(
                KeyType.AES, 256, mechanism_param=(KDF.NULL, None, peer[pkcs11.Attribute.EC_POINT]), store=False
            )
            for one, peer in ((private, other_public), (other, public))
        )
        assert mine.decrypt(yours.encrypt(data, mechanism_param=iv), mechanism_param=iv) == data
    assert encode_ec_public_key(public)

    wrapper = session.generate_key(
        KeyType.AES, 256, store=False, capabilities=pkcs11.MechanismFlag.WRAP | pkcs11.MechanismFlag.UNWRAP
    )
    wrapped = session.generate_key(KeyType.AES, 128, store=False, template={pkcs11.Attribute.EXTRACTABLE: True})
    sealed = wrapped.encrypt(data, mechanism_param=iv)
    moved = wrapper.wrap_key(wrapped, mechanism=Mechanism.AES_CBC_PAD, mechanism_param=iv)
    again = wrapper.unwrap_key(
        pkcs11.ObjectClass.SECRET_KEY, KeyType.AES, moved, mechanism=Mechanism.AES_CBC_PAD, mechanism_param=iv, store=False
    )
    assert again.decrypt(sealed, mechanism_param=iv) == data

    session.generate_key(KeyType.AES, 256, label="kept", store=True)
with token.open(rw=True, user_pin=pin) as session:
    found = list(session.get_objects({pkcs11.Attribute.LABEL: "kept"}))
    assert len(found) == 1
    found[0].destroy()
    assert not list(session.get_objects({pkcs11.Attribute.LABEL: "kept"}))
