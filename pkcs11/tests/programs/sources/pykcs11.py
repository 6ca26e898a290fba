"""A program of PyKCS11: the module's path, the token's label, the PIN."""

import sys

import PyKCS11 as P

module, label, pin = sys.argv[1:]
library = P.PyKCS11Lib()
library.load(module)
[slot] = [slot for slot in library.getSlotList(tokenPresent=True) if library.getTokenInfo(slot).label.strip() == label]
session = library.openSession(slot, P.CKF_SERIAL_SESSION | P.CKF_RW_SESSION)
session.login(pin)

secret = [
    (P.CKA_CLASS, P.CKO_SECRET_KEY),
    (P.CKA_KEY_TYPE, P.CKK_AES),
    (P.CKA_VALUE_LEN, 32),
    (P.CKA_TOKEN, False),
    (P.CKA_ENCRYPT, True),
    (P.CKA_DECRYPT, True),
    (P.CKA_LABEL, "made here"),
]
key = session.generateKey(secret)
data = bytes(range(200))
cbc = P.Mechanism(P.CKM_AES_CBC_PAD, bytes(16))
assert bytes(session.decrypt(key, session.encrypt(key, data, cbc), cbc)) == data
if label != "hsm1":  # There the HSM makes the IV.
    gcm = P.AES_GCM_Mechanism(bytes(12), b"header", 128)
    assert bytes(session.decrypt(key, session.encrypt(key, data, gcm), gcm)) == data
    assert session.getAttributeValue(key, [P.CKA_LABEL, P.CKA_VALUE_LEN]) == ["made here", 32]
assert [found.value() for found in session.findObjects([(P.CKA_LABEL, "made here")])] == [key.value()]
assert len(session.generateRandom(32)) == 32

public = [
    (P.CKA_CLASS, P.CKO_PUBLIC_KEY),
    (P.CKA_TOKEN, False),
    (P.CKA_VERIFY, True),
    (P.CKA_ENCRYPT, True),
    (P.CKA_MODULUS_BITS, 2048),
    (P.CKA_PUBLIC_EXPONENT, (1, 0, 1)),
]
private = [(P.CKA_CLASS, P.CKO_PRIVATE_KEY), (P.CKA_TOKEN, False), (P.CKA_SIGN, True), (P.CKA_DECRYPT, True)]
public, private = session.generateKeyPair(public, private)
for mechanism in (
    P.Mechanism(P.CKM_SHA256_RSA_PKCS),
    P.RSA_PSS_Mechanism(P.CKM_SHA256_RSA_PKCS_PSS, P.CKM_SHA256, P.CKG_MGF1_SHA256, 32),
):
    signature = session.sign(private, data, mechanism)
    assert session.verify(public, data, signature, mechanism)
    assert not session.verify(public, data[1:], signature, mechanism)
oaep = P.RSAOAEPMechanism(P.CKM_SHA256, P.CKG_MGF1_SHA256)
assert bytes(session.decrypt(private, session.encrypt(public, b"secret", oaep), oaep)) == b"secret"

session.destroyObject(key)
try:
    session.encrypt(key, data, cbc)
    raise AssertionError("a destroyed key encrypts")
except P.PyKCS11Error as error:
    assert error.value == P.CKR_KEY_HANDLE_INVALID, error
session.logout()
session.closeSession()
