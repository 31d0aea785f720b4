import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { primitives } from '../../src/crypto/index.ts';
import { makePrimitives as noblePrimitives } from '../../src/crypto/noble.ts';
import { makePrimitives as nodePrimitives } from '../../src/crypto/node.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';
import { fromHex, testVectors, toHex } from '../vectors.ts';

const node = nodePrimitives();
const noble = noblePrimitives();
const EMPTY = new Uint8Array(0);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Seed, public key, message, signature. */
const RFC_8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

interface Wycheproof<Group> {
  numberOfTests: number;
  testGroups: Group[];
}
type Result = 'valid' | 'invalid' | 'acceptable';
type AeadGroup = { tests: { tcId: number; key: string; iv: string; aad: string; msg: string; ct: string; tag: string; result: Result }[] };
type SignatureGroup = { publicKey: { pk: string }; tests: { tcId: number; msg: string; sig: string; result: Result }[] };
type AgreementGroup = { tests: { tcId: number; public: string; private: string; shared: string; result: Result }[] };

describe.each([node, noble])('$name', (crypto) => {
  testVectors<Wycheproof<AeadGroup>>('wycheproof-chacha20_poly1305.json', 'Wycheproof ChaCha20-Poly1305, all 325', (file) => {
    const all = file.testGroups.flatMap((group) => group.tests);
    expect([all.length, file.numberOfTests]).toEqual([325, 325]);
    for (const { tcId, key, iv, aad, msg, ct, tag, result } of all) {
      const sealed = fromHex(ct + tag);
      const seal = (): Uint8Array => crypto.seal(fromHex(key), fromHex(iv), fromHex(msg), fromHex(aad));
      const open = (): Uint8Array | undefined => crypto.open(fromHex(key), fromHex(iv), sealed, fromHex(aad));
      if (iv.length !== 24) {
        expect(seal).toThrow();
        expect(() => crypto.open(fromHex(key), fromHex(iv), new Uint8Array(16), EMPTY)).toThrow();
      } else if (result === 'valid') {
        expect([tcId, toHex(seal()), toHex(open() ?? utf8('refused'))]).toEqual([tcId, ct + tag, msg]);
      } else {
        expect([tcId, open()]).toEqual([tcId, undefined]);
      }
    }
  });

  testVectors<Wycheproof<SignatureGroup>>('wycheproof-ed25519.json', 'Wycheproof Ed25519, all 151', (file) => {
    const all = file.testGroups.flatMap(({ publicKey, tests }) => tests.map((one) => ({ ...one, pk: publicKey.pk })));
    expect([all.length, file.numberOfTests]).toEqual([151, 151]);
    for (const { tcId, pk, msg, sig, result } of all) {
      expect([tcId, crypto.ed25519Verify(fromHex(pk), fromHex(msg), fromHex(sig))]).toEqual([tcId, result === 'valid']);
    }
  });

  testVectors<Wycheproof<AgreementGroup>>('wycheproof-x25519.json', 'Wycheproof X25519, all 518, of them 31 without a result', (file) => {
    const all = file.testGroups.flatMap((group) => group.tests);
    expect([all.length, file.numberOfTests]).toEqual([518, 518]);
    let refused = 0;
    for (const { tcId, public: theirs, private: ours, shared } of all) {
      const result = crypto.x25519(fromHex(ours), fromHex(theirs));
      if (result === undefined) refused += 1;
      expect([tcId, toHex(result ?? new Uint8Array(32))]).toEqual([tcId, shared]);
    }
    expect(refused).toBe(31);
  });

  test('SHA-256 (FIPS 180-2) and HMAC-SHA-256 (RFC 4231, case 2)', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect([toHex(crypto.sha256(utf8('abc'))), crypto.sha256Hex(utf8('abc')), crypto.sha256HexOf(utf8('ab'), utf8('c'))]).toEqual([abc, abc, abc]);
    const mac = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(toHex(crypto.hmacSha256(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(mac);
  });

  test('Ed25519 (RFC 8032, tests 1 to 3)', () => {
    for (const [seed = '', publicKey = '', message = '', signature = ''] of RFC_8032) {
      expect(toHex(crypto.ed25519PublicKey(fromHex(seed)))).toBe(publicKey);
      expect(toHex(crypto.ed25519Sign(fromHex(seed), fromHex(message)))).toBe(signature);
      expect(crypto.ed25519Verify(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(true);
    }
  });

  test('X25519 (RFC 7748, section 6.1)', () => {
    const alice = fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
    const bob = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    expect(toHex(crypto.x25519PublicKey(alice))).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(crypto.x25519(alice, crypto.x25519PublicKey(bob)) ?? EMPTY)).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  });

  test('ChaCha20-Poly1305 (RFC 8439, section 2.8.2)', () => {
    const key = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
    const [nonce, associated] = [fromHex('070000004041424344454647'), fromHex('50515253c0c1c2c3c4c5c6c7')];
    const text = utf8("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
    const sealed = crypto.seal(key, nonce, text, associated);
    expect(toHex(sealed).slice(0, 32)).toBe('d31a8d34648e60db7b86afbc53ef7ec2');
    expect(toHex(sealed).slice(-32)).toBe('1ae10b594f09e26a7e902ecbd0600691');
    expect(toHex(crypto.open(key, nonce, sealed, associated) ?? EMPTY)).toBe(toHex(text));
  });

  test('bytes are the same when length and all of them are', () => {
    const { isSame } = crypto;
    expect([isSame(Uint8Array.of(), Uint8Array.of()), isSame(Uint8Array.of(1, 2), Buffer.of(1, 2))]).toEqual([true, true]);
    expect([isSame(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), isSame(Uint8Array.of(1), Uint8Array.of(1, 2)), isSame(Uint8Array.of(1, 2), Uint8Array.of(1))]).toEqual([false, false, false]);
  });

  test('random bytes have the length asked for and differ', () => {
    expect([crypto.randomBytes(0).length, crypto.randomBytes(32).length]).toEqual([0, 32]);
    expect(toHex(crypto.randomBytes(32))).not.toBe(toHex(crypto.randomBytes(32)));
  });

  test('open never throws for what was sealed, and refuses what is shorter than a tag', () => {
    const [key, nonce] = [new Uint8Array(32), new Uint8Array(12)];
    for (let length = 0; length < 16; length += 1) expect(crypto.open(key, nonce, new Uint8Array(length), EMPTY)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 20 }), (sealed, associated) => {
        return crypto.open(key, nonce, sealed, associated) === undefined;
      }),
      { numRuns: 200 },
    );
  });

  test('lengths that only our own code can get wrong throw', () => {
    const good = new Uint8Array(32).fill(1);
    for (const bad of [new Uint8Array(31), new Uint8Array(33)]) {
      expect(() => crypto.ed25519PublicKey(bad)).toThrow();
      expect(() => crypto.ed25519Sign(bad, EMPTY)).toThrow();
      expect(() => crypto.x25519PublicKey(bad)).toThrow();
      expect(() => crypto.x25519(bad, good)).toThrow();
      expect(() => crypto.x25519(good, bad)).toThrow();
      expect(() => crypto.seal(bad, new Uint8Array(12), EMPTY, EMPTY)).toThrow();
      expect(() => crypto.open(bad, new Uint8Array(12), new Uint8Array(16), EMPTY)).toThrow();
    }
  });

  test('a secret is what the array holds now, whatever it held before', () => {
    const secret = new Uint8Array(32).fill(1);
    const [first, agreed] = [toHex(crypto.ed25519PublicKey(secret)), toHex(crypto.x25519PublicKey(secret))];
    secret.fill(2);
    expect(toHex(crypto.ed25519PublicKey(secret))).not.toBe(first);
    expect(toHex(crypto.x25519PublicKey(secret))).not.toBe(agreed);
    secret.fill(1);
    expect([toHex(crypto.ed25519PublicKey(secret)), toHex(crypto.x25519PublicKey(secret))]).toEqual([first, agreed]);
  });

  test('a view into a larger buffer is read at its own place', () => {
    const large = new Uint8Array(96).map((_, index) => index);
    const view = large.subarray(32, 64);
    expect(toHex(crypto.ed25519PublicKey(view))).toBe(toHex(crypto.ed25519PublicKey(view.slice())));
    const publicKey = crypto.x25519PublicKey(view);
    large.set(publicKey, 64);
    expect(crypto.x25519(view.slice(), large.subarray(64))).toEqual(crypto.x25519(view.slice(), publicKey));
  });
});

describe('the choice', () => {
  test('is made once', () => {
    expect(primitives().name).toBe('node');
    expect(primitives()).toBe(primitives());
  });

  test('only the file for Node imports a Node module, so that bundlers for browsers take the others', () => {
    const folder = new URL('../../src/crypto/', import.meta.url);
    for (const name of readdirSync(folder).filter((name) => name !== 'node.ts')) {
      const source = readFileSync(new URL(name, folder), 'utf8');
      expect([name, source.match(/^(import (?!type\b).*|export .* from .*)['"]node:.*$/gm)]).toEqual([name, null]);
    }
  });
});

describe('node and noble agree', () => {
  test('on scrypt', () => {
    const [password, salt] = [utf8('the walls have ears'), utf8('salt')];
    expect(toHex(node.scrypt(password, salt))).toBe(toHex(noble.scrypt(password, salt)));
    expect(node.scrypt(password, salt)).toHaveLength(32);
  });

  test('on what each of them signs, seals and agrees on', () => {
    const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(bytes(32), bytes(12), fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 40 }), (secret, nonce, message, associated) => {
        const outcome = (crypto: Primitives): string[] => [
          toHex(crypto.ed25519Sign(secret, message)),
          toHex(crypto.x25519PublicKey(secret)),
          toHex(crypto.seal(secret, nonce, message, associated)),
          toHex(crypto.hmacSha256(secret, message)),
          crypto.sha256Hex(message),
        ];
        expect(outcome(node)).toEqual(outcome(noble));
      }),
      { numRuns: 20 },
    );
  });
});
