import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KnownTexts } from '../../src/marks/known-texts.ts';

const encoder = new TextEncoder();

/** A reader that refuses what starts with `x`, and counts how often it decodes. */
function counted(): { readonly texts: KnownTexts; readonly decoded: string[] } {
  const decoded: string[] = [];
  const texts = new KnownTexts((utf8) => {
    const text = new TextDecoder().decode(utf8);
    decoded.push(text);
    return text.startsWith('x') ? undefined : text;
  });
  return { texts, decoded };
}

function read(texts: KnownTexts, text: string): string | undefined {
  const bytes = encoder.encode(`..${text}..`);
  return texts.read(bytes, 2, bytes.length - 4);
}

describe('known texts', () => {
  test('a text is decoded once, wherever it stands', () => {
    const { texts, decoded } = counted();
    expect([read(texts, 'say'), read(texts, 'say'), texts.read(encoder.encode('say'), 0, 3)]).toEqual(['say', 'say', 'say']);
    expect(decoded).toEqual(['say']);
  });

  test('what is refused is not remembered', () => {
    const { texts, decoded } = counted();
    expect([read(texts, 'x'), read(texts, 'x')]).toEqual([undefined, undefined]);
    expect(decoded).toEqual(['x', 'x']);
  });

  test('most of a dozen stay, and of a thousand no more than 64', () => {
    const { texts, decoded } = counted();
    const again = (names: readonly string[]): number => {
      for (const name of names) read(texts, name);
      decoded.length = 0;
      for (const name of names) read(texts, name);
      return decoded.length;
    };
    const names = Array.from({ length: 1_000 }, (_, i) => `m${i}`);
    expect(again(names.slice(0, 12))).toBeLessThanOrEqual(4);
    expect(again(names)).toBeGreaterThanOrEqual(1_000 - 64);
  });

  test('the bytes may change afterwards', () => {
    const { texts } = counted();
    const bytes = encoder.encode('ab');
    texts.read(bytes, 0, 2);
    bytes.set(encoder.encode('cd'));
    expect([texts.read(bytes, 0, 2), read(texts, 'ab')]).toEqual(['cd', 'ab']);
  });

  test('it never gives another text than decoding does', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 4 }), { maxLength: 100 }), (names) => {
        const { texts } = counted();
        return names.every((name) => read(texts, name) === name);
      }),
    );
  });
});
