import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { primitives } from '../../src/crypto/index.ts';
import { CipherState, Handshake, MAX_MESSAGE_BYTES, XX, XXpsk3 } from '../../src/transport/noise.ts';
import type { NoisePattern, Token } from '../../src/transport/noise.ts';
import { fromHex, testVectors, toHex } from '../vectors.ts';

/** Patterns of the spec, sections 7 and 18, without XX, which the product has. Pre-messages before the bar; messages by semicolon. */
const PATTERNS: Record<string, string> = {
  N: '<s | e es', K: '>s <s | e es ss', X: '<s | e es s ss',
  NN: '| e; e ee', NK: '<s | e es; e ee', NX: '| e; e ee s es',
  XN: '| e; e ee; s se', XK: '<s | e es; e ee; s se',
  KN: '>s | e; e ee se', KK: '>s <s | e es ss; e ee se', KX: '>s | e; e ee se s es',
  IN: '| e s; e ee se', IK: '<s | e es s ss; e ee se', IX: '| e s; e ee se s es',
  NK1: '<s | e; e ee es', NX1: '| e; e ee s; es',
  X1N: '| e; e ee; s; se', X1K: '<s | e es; e ee; s; se', XK1: '<s | e; e ee es; s se', X1K1: '<s | e; e ee es; s; se',
  X1X: '| e; e ee s es; s; se', XX1: '| e; e ee s; es s se', X1X1: '| e; e ee s; es s; se',
  K1N: '>s | e; e ee; se', K1K: '>s <s | e es; e ee; se', KK1: '>s <s | e; e ee se es', K1K1: '>s <s | e; e ee es; se',
  K1X: '>s | e; e ee s es; se', KX1: '>s | e; e ee se s; es', K1X1: '>s | e; e ee s; se es',
  I1N: '| e s; e ee; se', I1K: '<s | e es s; e ee; se', IK1: '<s | e s; e ee se es', I1K1: '<s | e s; e ee es; se',
  I1X: '| e s; e ee s es; se', IX1: '| e s; e ee se s; es', I1X1: '| e s; e ee s; se es',
};

function patternOf(name: string): NoisePattern {
  if (name === 'XX') return XX;
  if (name === 'XXpsk3') return XXpsk3;
  const [, base = '', modifiers = ''] = /^([A-Z1]+)(.*)$/.exec(name) ?? [];
  const [pre = '', body = ''] = base === 'XX' ? ['', XX.messages.map((tokens) => tokens.join(' ')).join('; ')] : (PATTERNS[base] ?? '').split('|');
  const messages = body.split(';').map((message) => message.trim().split(' ') as Token[]);
  for (const [, place] of modifiers.matchAll(/psk(\d)/g)) {
    if (place === '0') messages[0]?.unshift('psk');
    else messages[Number(place) - 1]?.push('psk');
  }
  return { name, messages, initiatorPre: pre.includes('>s') ? ['s'] : [], responderPre: pre.includes('<s') ? ['s'] : [] };
}

interface Vector {
  protocol_name: string;
  init_prologue: string;
  init_static?: string;
  init_ephemeral: string;
  init_remote_static?: string;
  init_psks?: string[];
  resp_prologue: string;
  resp_static?: string;
  resp_ephemeral?: string;
  resp_remote_static?: string;
  resp_psks?: string[];
  handshake_hash?: string;
  messages: { payload: string; ciphertext: string }[];
}

function sides(vector: Vector): [Handshake, Handshake] {
  const pattern = patternOf(vector.protocol_name.split('_')[1] ?? '');
  const side = (initiator: boolean): Handshake => {
    const field = (name: string): unknown => (vector as unknown as Record<string, unknown>)[`${initiator ? 'init' : 'resp'}_${name}`];
    const key = (option: string, name: string): object => (typeof field(name) === 'string' ? { [option]: fromHex(field(name) as string) } : {});
    return new Handshake({
      pattern,
      initiator,
      prologue: fromHex(field('prologue') as string),
      psk: ((field('psks') as string[] | undefined) ?? []).map(fromHex),
      ...key('staticSecret', 'static'),
      ...key('ephemeralSecret', 'ephemeral'),
      ...key('remoteStatic', 'remote_static'),
    });
  };
  return [side(true), side(false)];
}

/** Runs one vector both ways and gives what was written and read, in the form of the vector's own list. */
function run(vector: Vector): { hashes: string[]; messages: { payload: string; ciphertext: string }[] } {
  const [initiator, responder] = sides(vector);
  const oneWay = patternOf(vector.protocol_name.split('_')[1] ?? '').messages.length === 1;
  const messages: { payload: string; ciphertext: string }[] = [];
  let ciphers: ReturnType<Handshake['split']>[] = [];
  vector.messages.forEach(({ payload }, index) => {
    const [from, to] = index % 2 === 0 || (oneWay && ciphers.length > 0) ? [0, 1] : [1, 0];
    const [writer, reader] = from === 0 ? [initiator, responder] : [responder, initiator];
    const message = ciphers[from]?.send.seal(fromHex(payload)) ?? writer.writeMessage(fromHex(payload));
    const read = ciphers.length > 0 ? ciphers[to]?.receive.open(message) : reader.readMessage(message);
    messages.push({ payload: read === undefined ? 'refused' : toHex(read), ciphertext: toHex(message) });
    if (ciphers.length === 0 && initiator.complete && responder.complete) ciphers = [initiator.split(), responder.split()];
  });
  return { hashes: [toHex(initiator.handshakeHash), toHex(responder.handshakeHash)], messages };
}

/** cacophony's vector of XX, the pattern of every link without a password. */
const XX_VECTOR: Vector = {
  protocol_name: 'Noise_XX_25519_ChaChaPoly_SHA256',
  init_prologue: '4a6f686e2047616c74',
  init_static: 'e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1',
  init_ephemeral: '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
  resp_prologue: '4a6f686e2047616c74',
  resp_static: '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893',
  resp_ephemeral: 'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b',
  handshake_hash: 'c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e',
  messages: [
    {
      payload: '4c756477696720766f6e204d69736573',
      ciphertext:
        'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573',
    },
    {
      payload: '4d757272617920526f746862617264',
      ciphertext:
        '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c48378ffce2b65285e08d6b68aaa3629a5a8639392490e5b9bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f8a0db50f8814c7194e83f23dbd8d162c9326ad',
    },
    {
      payload: '462e20412e20486179656b',
      ciphertext:
        'c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a80ae475b9df0f169ae80a89be0865b57f58c9fea0d4ec82a286427402f113e4b6ae769a1d95941d49b25030',
    },
    {
      payload: '4361726c204d656e676572',
      ciphertext:
        '96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df',
    },
    {
      payload: '4a65616e2d426170746973746520536179',
      ciphertext:
        '3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5',
    },
    {
      payload: '457567656e2042f6686d20766f6e2042617765726b',
      ciphertext:
        'eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3a58502ae3f',
    },
  ],
};

/** The same of XXpsk3, the pattern with one. */
const XXPSK3_VECTOR: Vector = {
  protocol_name: 'Noise_XXpsk3_25519_ChaChaPoly_SHA256',
  init_prologue: '4a6f686e2047616c74',
  init_psks: ['54686973206973206d7920417573747269616e20706572737065637469766521'],
  init_static: 'e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1',
  init_ephemeral: '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
  resp_prologue: '4a6f686e2047616c74',
  resp_psks: ['54686973206973206d7920417573747269616e20706572737065637469766521'],
  resp_static: '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893',
  resp_ephemeral: 'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b',
  handshake_hash: 'a477edf6a131bbdb54707f6ea30eab6cd935d9b560f0e5fd1f053a95a99669fb',
  messages: [
    {
      payload: '4c756477696720766f6e204d69736573',
      ciphertext:
        'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944c9f5ff0e8079630cb7e270c20bbf480821b77a384a645c71a2fd9b3db1c16a5f',
    },
    {
      payload: '4d757272617920526f746862617264',
      ciphertext:
        '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843b123def17f71e6ae8e57e0e1dec5949c5f7415c6f33517398747d821a06dc23ad430aa1fd7381d46195c378a819fd574425462cbb2d4ca339e738a0b7001dc91423fbf55a99af0c6f1df21012ceb2f',
    },
    {
      payload: '462e20412e20486179656b',
      ciphertext:
        '52187316111b118d4c060364f7b975dc0809b2590779aff2d63113c564f11744493384db7bf32d5ae6686df6ab06d508d2e07caaf1d6afc010b978735fc78900e71ae1d314130d042e729a',
    },
    {
      payload: '4361726c204d656e676572',
      ciphertext:
        'eaedc672d4c21e0e2955758756fb98f194c4e90d5deb5b6cf30b27',
    },
    {
      payload: '4a65616e2d426170746973746520536179',
      ciphertext:
        '522d543c5fe799d09a3d9da7ff54d0dc03c8af1dc7751d2ff708339d2290943e98',
    },
    {
      payload: '457567656e2042f6686d20766f6e2042617765726b',
      ciphertext:
        '7d4e2c3873eef6a213b04e72f9df60a91666072d3544c5d96c34a09e2329b5030bee796741',
    },
  ],
};

describe('vectors', () => {
  test.each([XX_VECTOR, XXPSK3_VECTOR])('$protocol_name: the vector carried here', (vector) => {
    const { hashes, messages } = run(vector);
    expect(messages).toEqual(vector.messages);
    expect(hashes).toEqual([vector.handshake_hash, vector.handshake_hash]);
  });

  for (const [file, count] of [['noise-cacophony-25519-chachapoly-sha256.json', 59], ['noise-snow-25519-chachapoly-sha256.json', 51]] as const) {
    testVectors<{ vectors: Vector[] }>(file, `all ${count} of ${file}, transport messages included`, (content) => {
      let ran = 0;
      for (const vector of content.vectors) {
        const { hashes, messages } = run(vector);
        expect({ name: vector.protocol_name, messages }).toEqual({ name: vector.protocol_name, messages: vector.messages });
        if (vector.handshake_hash !== undefined) expect(hashes).toEqual([vector.handshake_hash, vector.handshake_hash]);
        else expect(hashes[0]).toBe(hashes[1]);
        ran += 1;
      }
      expect(ran).toBe(count);
    });
  }
});

const PROLOGUE = Uint8Array.of(1, 2, 3);
const EMPTY = new Uint8Array(0);

/** Bytes of small order in every encoding there is; the second of each pair has the top bit set. */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].flatMap((hex) => [hex, hex.slice(0, 62) + (parseInt(hex.slice(62), 16) | 0x80).toString(16)]);

function pair(pattern: NoisePattern = XX, psks: [Uint8Array?, Uint8Array?] = []): [Handshake, Handshake] {
  const side = (initiator: boolean, psk?: Uint8Array): Handshake =>
    new Handshake({ pattern, initiator, prologue: PROLOGUE, staticSecret: primitives().randomBytes(32), ...(psk && { psk }) });
  return [side(true, psks[0]), side(false, psks[1])];
}

/** Runs a handshake to its end, with `change` between writer and reader. Gives the index of the message that was refused, or -1. */
function refusedAt([initiator, responder]: [Handshake, Handshake], change: (message: Uint8Array, index: number) => Uint8Array): number {
  for (let index = 0; !(initiator.complete && responder.complete); index += 1) {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator];
    if (reader.readMessage(change(writer.writeMessage(EMPTY), index)) === undefined) return index;
  }
  return -1;
}

describe('Handshake', () => {
  test('both sides of XX learn the other, agree on the hash and can talk both ways', () => {
    const sides = pair();
    expect(refusedAt(sides, (message) => message)).toBe(-1);
    const [initiator, responder] = sides;
    expect(toHex(initiator.handshakeHash)).toBe(toHex(responder.handshakeHash));
    expect([initiator.remoteStatic?.length, responder.remoteStatic?.length]).toEqual([32, 32]);
    const [a, b] = [initiator.split(), responder.split()];
    expect(b.receive.open(a.send.seal(PROLOGUE))).toEqual(Buffer.from(PROLOGUE));
    expect(a.receive.open(b.send.seal(PROLOGUE))).toEqual(Buffer.from(PROLOGUE));
    expect(b.receive.open(b.send.seal(PROLOGUE))).toBeUndefined();
  });

  test('the messages of XX are 32, 96 and 64 bytes longer than their payloads', () => {
    const sizes: number[] = [];
    refusedAt(pair(), (message) => {
      sizes.push(message.length);
      return message;
    });
    expect(sizes).toEqual([32, 96, 64]);
  });

  test('two handshakes never share an ephemeral key', () => {
    expect(toHex(pair()[0].writeMessage(EMPTY))).not.toBe(toHex(pair()[0].writeMessage(EMPTY)));
  });

  test('a different prologue is refused at the first encrypted message', () => {
    const [initiator] = pair();
    const responder = new Handshake({ pattern: XX, initiator: false, prologue: EMPTY, staticSecret: new Uint8Array(32).fill(7) });
    expect(refusedAt([initiator, responder], (message) => message)).toBe(1);
  });

  test('XXpsk3 without the right secret is refused at the third message; with it, it completes', () => {
    const [right, wrong] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    expect(refusedAt(pair(XXpsk3, [right, right]), (message) => message)).toBe(-1);
    expect(refusedAt(pair(XXpsk3, [wrong, right]), (message) => message)).toBe(2);
  });

  test('any changed, cut or lengthened message is refused, at the latest by the message after it', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.nat(300), fc.integer({ min: 1, max: 255 }), fc.constantFrom('flip', 'cut', 'grow'), (target, at, bits, how) => {
        const refused = refusedAt(pair(), (message, index) => {
          if (index !== target) return message;
          if (how === 'cut') return message.subarray(0, at % message.length);
          const changed = new Uint8Array(message.length + (how === 'grow' ? 1 + (at % 40) : 0));
          changed.set(message);
          if (how === 'flip') changed[at % message.length]! ^= bits;
          return changed;
        });
        // The first message is plain: a change shows when the reader's answer does not open, or at once when it is too short.
        return target === 0 ? refused === 0 || refused === 1 : refused === target;
      }),
      { numRuns: 60 },
    );
  });

  test('no bytes make readMessage throw, and after a refusal the handshake is dead', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, first) => {
        const [initiator, responder] = pair();
        const message = initiator.writeMessage(EMPTY);
        const reader = first ? responder : initiator;
        const read = reader.readMessage(bytes);
        if (read !== undefined) return first && bytes.length >= 32;
        expect(reader.complete).toBe(false);
        expect(reader.readMessage(message)).toBeUndefined();
        expect(() => reader.writeMessage(EMPTY)).toThrow('in turn');
        expect(() => reader.split()).toThrow('complete');
        return true;
      }),
      { numRuns: 60 },
    );
  });

  test.each(SMALL_ORDER)('an ephemeral key of small order is refused when read: %s', (hex) => {
    const [initiator, responder] = pair();
    expect(responder.readMessage(fromHex(hex))).toBeUndefined();
    initiator.writeMessage(EMPTY);
    expect(initiator.readMessage(fromHex(hex + '00'.repeat(64)))).toBeUndefined();
  });

  test.each(SMALL_ORDER)('a static key of small order is refused when read, and never reaches a message of ours: %s', (hex) => {
    const responder = new Handshake({ pattern: patternOf('IN'), initiator: false, prologue: PROLOGUE });
    const ephemeral = primitives().x25519PublicKey(primitives().randomBytes(32));
    expect(responder.readMessage(fromHex(toHex(ephemeral) + hex))).toBeUndefined();
    const known = { pattern: patternOf('NK'), initiator: true, prologue: PROLOGUE, remoteStatic: fromHex(hex) };
    expect(() => new Handshake(known)).toThrow('small order');
  });

  test('a message of 65,536 bytes is refused; 65,535 pass', () => {
    const longest = (length: number): Uint8Array => primitives().randomBytes(length);
    expect(pair()[1].readMessage(longest(MAX_MESSAGE_BYTES))).toHaveLength(MAX_MESSAGE_BYTES - 32);
    expect(pair()[1].readMessage(longest(MAX_MESSAGE_BYTES + 1))).toBeUndefined();
    expect(pair()[0].writeMessage(longest(MAX_MESSAGE_BYTES - 32))).toHaveLength(MAX_MESSAGE_BYTES);
    expect(() => pair()[0].writeMessage(longest(MAX_MESSAGE_BYTES - 31))).toThrow('65,535');
  });

  test('a message out of turn is refused when read and throws when written', () => {
    const [initiator, responder] = pair();
    expect(() => responder.writeMessage(EMPTY)).toThrow('in turn');
    const message = initiator.writeMessage(EMPTY);
    expect(() => initiator.writeMessage(EMPTY)).toThrow('in turn');
    expect(responder.readMessage(message)).toEqual(EMPTY);
    expect(responder.readMessage(message)).toBeUndefined();
  });

  test('a handshake is split once, and only when complete', () => {
    const sides = pair();
    expect(() => sides[0].split()).toThrow('complete');
    refusedAt(sides, (message) => message);
    sides[0].split();
    expect(() => sides[0].split()).toThrow('once');
  });

  test('a message after the last is refused, even one that opens', () => {
    const [initiator, peer] = pair();
    const responder = new Handshake({
      pattern: { ...XX, messages: [...XX.messages, []] },
      initiator: false,
      prologue: PROLOGUE,
      staticSecret: primitives().randomBytes(32),
    });
    for (const index of [0, 1, 2]) {
      const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator];
      expect(reader.readMessage(writer.writeMessage(EMPTY))).toHaveLength(0);
    }
    expect([initiator.complete, responder.complete]).toEqual([true, false]);
    expect(initiator.readMessage(responder.writeMessage(EMPTY))).toBeUndefined();
    expect(initiator.complete).toBe(false);
    expect(() => peer.writeMessage(EMPTY)).toThrow('in turn');
  });

  test('what was read does not change with the buffer it came in', () => {
    const [initiator, responder] = pair();
    const buffer = Buffer.from(initiator.writeMessage(PROLOGUE));
    const payload = responder.readMessage(buffer);
    buffer.fill(0);
    expect(payload).toEqual(PROLOGUE);
    expect(initiator.readMessage(responder.writeMessage(EMPTY))).toHaveLength(0);
  });

  test('a missing key is an error of the caller', () => {
    const base = { initiator: true, prologue: PROLOGUE };
    expect(() => new Handshake({ ...base, pattern: XXpsk3 })).toThrow('pre-shared key');
    expect(() => new Handshake({ ...base, pattern: XX, psk: new Uint8Array(32) })).toThrow('pre-shared key');
    expect(() => new Handshake({ ...base, pattern: XXpsk3, psk: new Uint8Array(31) })).toThrow('32 bytes');
    expect(() => new Handshake({ ...base, pattern: patternOf('NK') })).toThrow('keys it needs');
    expect(() => new Handshake({ ...base, pattern: patternOf('XN'), staticSecret: new Uint8Array(31) })).toThrow('32 bytes');
  });
});

describe('CipherState', () => {
  const key = new Uint8Array(32).fill(9);

  test.each([
    [0, '000000000000000000000000'],
    [1, '000000000100000000000000'],
    [0x0102_0304, '000000000403020100000000'],
    [2 ** 32, '000000000000000001000000'],
    [2 ** 53 - 2, '00000000feffffffffff1f00'],
  ])('nonce %d is 32 zero bits and the counter, little-endian, in 64', (counter, nonce) => {
    const expected = primitives().seal(key, fromHex(nonce), PROLOGUE, EMPTY);
    expect(toHex(new CipherState(key, counter).seal(PROLOGUE))).toBe(toHex(expected));
  });

  test('the range ends: the last nonce is 2^53 - 2, then sealing throws and opening refuses', () => {
    const [sender, receiver] = [new CipherState(key, 2 ** 53 - 2), new CipherState(key, 2 ** 53 - 2)];
    expect(receiver.open(sender.seal(PROLOGUE))).toHaveLength(3);
    expect(() => sender.seal(PROLOGUE)).toThrow('twice');
    expect(receiver.open(primitives().seal(key, fromHex('00000000ffffffffffff1f00'), PROLOGUE, EMPTY))).toBeUndefined();
  });

  test('replayed, reordered and foreign messages are refused, and a refusal does not move the counter', () => {
    const [sender, receiver] = [new CipherState(key), new CipherState(key)];
    const [first, second] = [sender.seal(Uint8Array.of(1)), sender.seal(Uint8Array.of(2))];
    expect(receiver.open(second)).toBeUndefined();
    expect(receiver.open(first)).toEqual(Buffer.of(1));
    expect(receiver.open(first)).toBeUndefined();
    expect(receiver.open(EMPTY)).toBeUndefined();
    expect(receiver.open(second, PROLOGUE)).toBeUndefined();
    expect(receiver.open(second)).toEqual(Buffer.of(2));
  });

  test('associated data must be the same at both ends', () => {
    expect(new CipherState(key).open(new CipherState(key).seal(PROLOGUE, Uint8Array.of(1)), Uint8Array.of(1))).toHaveLength(3);
    expect(new CipherState(key).open(new CipherState(key).seal(PROLOGUE, Uint8Array.of(1)), Uint8Array.of(2))).toBeUndefined();
  });

  test('rekey: both ends go on, with the counter, under the first 32 bytes of ENCRYPT(k, 2^64 - 1, "", zeros)', () => {
    const [sender, receiver] = [new CipherState(key), new CipherState(key)];
    receiver.open(sender.seal(PROLOGUE));
    sender.rekey();
    receiver.rekey();
    const next = primitives().seal(key, fromHex('00000000ffffffffffffffff'), new Uint8Array(32), EMPTY).subarray(0, 32);
    const sealed = sender.seal(PROLOGUE);
    expect(toHex(sealed)).toBe(toHex(primitives().seal(next, fromHex('000000000100000000000000'), PROLOGUE, EMPTY)));
    expect(receiver.open(sealed)).toHaveLength(3);
  });

  test('rekey at one end alone: the other refuses', () => {
    const [sender, receiver] = [new CipherState(key), new CipherState(key)];
    sender.rekey();
    expect(receiver.open(sender.seal(PROLOGUE))).toBeUndefined();
  });

  test('65,519 bytes are sealed and opened; one more is refused by both ends', () => {
    const largest = new Uint8Array(MAX_MESSAGE_BYTES - 16);
    expect(new CipherState(key).open(new CipherState(key).seal(largest))).toHaveLength(65_519);
    expect(() => new CipherState(key).seal(new Uint8Array(65_520))).toThrow('65,535');
    expect(new CipherState(key).open(primitives().seal(key, new Uint8Array(12), new Uint8Array(65_520), EMPTY))).toBeUndefined();
  });
});
