import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HearsayError } from '../../src/errors.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { createInvite, parseInvite } from '../../src/pals/invite.ts';
import { identityFromSeed } from '../../src/transport/identity.ts';
import { DAY, NOW } from './friends.ts';

const identity = identityFromSeed(new Uint8Array(32).fill(7));
const token = Uint8Array.from({ length: 16 }, (_, n) => n);
const addresses = ['ws://192.0.2.1:7700', 'wss://ann.example'];
const link = createInvite({ identity, addresses, token, expiresMs: NOW + DAY });
const parsed = { inviter: identity.id, addresses, token, expiresMs: NOW + DAY };

function fault(act: () => unknown): HearsayError {
  try {
    act();
  } catch (error) {
    if (error instanceof HearsayError) return error;
    throw error;
  }
  throw new Error('it did not throw');
}

/** A link with a body of our choice under a good signature. */
function signed(body: unknown): string {
  const bytes = encodePayload(body);
  const signature = identity.sign(Buffer.concat([Buffer.from('hearsay/1 invite'), bytes]));
  return `hearsay:invite?v=1&i=${Buffer.concat([signature, bytes]).toString('base64url')}`;
}

const good = { addresses, expiresMs: NOW + DAY, inviter: identity.publicKey, token };

describe('a link', () => {
  test('says who, where, with what and until when', () => expect(parseInvite(link, NOW)).toEqual(parsed));

  test('is one word of letters, digits, - and _, short enough for a QR code', () => {
    expect(link).toMatch(/^hearsay:invite\?v=1&i=[A-Za-z0-9_-]+$/);
    expect(link.length).toBeLessThan(350);
  });

  test('has the form that others build', () => expect(signed(good)).toBe(link));

  test.each([['white space around', `  ${link}\n`], ['angle brackets', `<${link}>`], ['line breaks inside', link.replace(/.{70}/g, '$&\r\n ')]])('survives %s', (_name, text) =>
    expect(parseInvite(text, NOW)).toEqual(parsed),
  );

  test('names normal addresses without peer ids, at most eight, and none that cannot be dialled', () => {
    const many = ['ws://0.0.0.0:7700', 'ws://192.0.2.9:0', `WS://ANN.example:80/#${identity.id}`, ...Array.from({ length: 9 }, (_, n) => `ws://192.0.2.${n}:7700`)];
    expect(parseInvite(createInvite({ identity, addresses: many, token, expiresMs: NOW + DAY }), NOW).addresses).toEqual(['ws://ann.example', ...many.slice(3, 10)]);
  });

  test('without a dialable address is refused with the remedy', () => {
    for (const none of [[], ['ws://0.0.0.0:7700']]) {
      const error = fault(() => createInvite({ identity, addresses: none, token, expiresMs: NOW + DAY }));
      expect(error).toMatchObject({ code: 'HEARSAY_NO_ADDRESS', field: 'addresses' });
      expect(error.rule).toMatch(/`listen`.*`announce`/);
    }
  });

  test('expired is refused with the time', () => {
    expect(parseInvite(link, NOW + DAY - 1)).toEqual(parsed);
    expect(fault(() => parseInvite(link, NOW + DAY))).toMatchObject({ code: 'HEARSAY_INVITE_EXPIRED', value: new Date(NOW + DAY).toISOString() });
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['another address', 'https://ann.example/invite'],
    ['no body', 'hearsay:invite?v=1&i='],
    ['more behind it', `${link}&x=1`],
    ['one character less', link.slice(0, -1)],
    ['something longer than any', `${link}${'A'.repeat(6_000)}`],
    ['a signature only', `hearsay:invite?v=1&i=${'A'.repeat(86)}`],
    ['no address', signed({ ...good, addresses: [] })],
    ['nine addresses', signed({ ...good, addresses: Array.from({ length: 9 }, () => addresses[0]) })],
    ['an address that is none', signed({ ...good, addresses: ['nowhere'] })],
    ['an address that is not in its normal form', signed({ ...good, addresses: ['WS://ANN.example'] })],
    ['a short token', signed({ ...good, token: token.subarray(1) })],
    ['a time that no date has', signed({ ...good, expiresMs: 8.64e15 + 1 })],
    ['a further field', signed({ ...good, more: 1 })],
    ['the signature of somebody else', signed({ ...good, inviter: identityFromSeed(new Uint8Array(32).fill(8)).publicKey })],
  ])('%s is refused', (_name, text) => {
    const error = fault(() => parseInvite(text, NOW));
    expect(error).toMatchObject({ code: 'HEARSAY_BAD_INVITE', field: 'link' });
  });

  test('of a later version is refused by its number', () => expect(fault(() => parseInvite(link.replace('v=1', 'v=2'), NOW)).message).toContain('version 1, not 2'));

  test('is not shown by an error', () => expect(fault(() => parseInvite(`${link}x`, NOW)).message).not.toContain(link.slice(21, 60)));

  test('altered in any character is refused', () => {
    const at = link.indexOf('&i=') + 3;
    fc.assert(
      fc.property(fc.integer({ min: at, max: link.length - 1 }), fc.constantFrom(...'ABCXYZabcxyz0189-_'), (index, character) => {
        fc.pre(link[index] !== character);
        return fault(() => parseInvite(link.slice(0, index) + character + link.slice(index + 1), NOW)).code === 'HEARSAY_BAD_INVITE';
      }),
      { numRuns: 300 },
    );
  });

  test('whatever is pasted, only our own errors come', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String().map((text) => `hearsay:invite?v=1&i=${text}`), fc.anything()), (text) => fault(() => parseInvite(text as string, NOW)).code === 'HEARSAY_BAD_INVITE'), { numRuns: 500 });
  });
});
