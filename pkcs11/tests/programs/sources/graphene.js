// A program of graphene-pk11: the module's path, the PIN.
const assert = require('node:assert');
const crypto = require('node:crypto');
const graphene = require('graphene-pk11');

const [path, pin] = process.argv.slice(2);
const module_ = graphene.Module.load(path, 'hsm-sim');
module_.initialize();
const session = module_.getSlots(0).open(graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION);
session.login(pin);
const data = Buffer.from('what the program works on');

assert(session.createDigest('sha256').once(data).equals(crypto.createHash('sha256').update(data).digest()));

const pair = session.generateKeyPair(
  graphene.KeyGenMechanism.EC,
  { keyType: graphene.KeyType.EC, paramsEC: graphene.NamedCurve.getByName('secp256r1').value, verify: true, token: false },
  { keyType: graphene.KeyType.EC, sign: true, token: false },
);
const signature = session.createSign('ECDSA_SHA256', pair.privateKey).once(data);
assert(session.createVerify('ECDSA_SHA256', pair.publicKey).once(data, signature));
assert(!session.createVerify('ECDSA_SHA256', pair.publicKey).once(Buffer.from('other'), signature));

const value = crypto.randomBytes(32);
const key = session.create({
  class: graphene.ObjectClass.SECRET_KEY,
  keyType: graphene.KeyType.AES,
  value,
  encrypt: true,
  decrypt: true,
  token: false,
}).toType();
const iv = crypto.randomBytes(12);
const gcm = { name: 'AES_GCM', params: new graphene.AesGcm240Params(iv, Buffer.from('header'), 128) };
const sealed = session.createCipher(gcm, key).once(data, Buffer.alloc(64));
const decipher = crypto.createDecipheriv('aes-256-gcm', value, iv);
decipher.setAAD(Buffer.from('header'));
decipher.setAuthTag(sealed.subarray(data.length));
assert(Buffer.concat([decipher.update(sealed.subarray(0, data.length)), decipher.final()]).equals(data));
assert(session.createDecipher(gcm, key).once(sealed, Buffer.alloc(64)).equals(data));

assert(session.find({ class: graphene.ObjectClass.SECRET_KEY }).length === 1);
session.logout();
session.close();
module_.finalize();
