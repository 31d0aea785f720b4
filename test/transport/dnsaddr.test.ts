import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { placesOf } from '../../src/transport/dnsaddr.ts';

const PEER = 'ab'.repeat(32);
const never = new AbortController().signal;

/** A name server that knows these texts. */
function names(texts: Readonly<Record<string, readonly string[]>>, asked: string[] = []) {
  return async (name: string): Promise<string[][]> => {
    asked.push(name);
    const found = texts[name];
    if (found === undefined) throw new Error(`ENOTFOUND ${name}`);
    // A text of over 255 bytes comes in pieces.
    return found.map((text) => [text.slice(0, 20), text.slice(20)]);
  };
}

describe('placesOf', () => {
  test('an address is where it says, and nobody is asked', async () => {
    const asked: string[] = [];
    expect(await placesOf(`ws://h:1#${PEER}`, never, names({}, asked))).toEqual([`ws://h:1#${PEER}`]);
    expect(asked).toEqual([]);
  });

  test('a name is what its records say, in their order, each once, without what we cannot dial', async () => {
    const texts = ['dnsaddr=/ip4/1.2.3.4/tcp/7700', 'v=spf1 -all', 'dnsaddr=/ip4/1.2.3.4/udp/1/quic-v1', 'dnsaddr=/dns/b.example/tcp/443/wss', 'dnsaddr=/ip4/1.2.3.4/tcp/7700/ws'];
    expect(await placesOf('dnsaddr://ann.example', never, names({ '_dnsaddr.ann.example': texts }))).toEqual(['ws://1.2.3.4:7700', 'wss://b.example']);
  });

  test('names within names are asked too, and whoever is expected is expected at each', async () => {
    const texts = { '_dnsaddr.a.example': ['dnsaddr=/dnsaddr/b.example', 'dnsaddr=/ip4/1.1.1.1/tcp/1'], '_dnsaddr.b.example': ['dnsaddr=/ip4/2.2.2.2/tcp/2'] };
    expect(await placesOf(`dnsaddr://a.example#${PEER}`, never, names(texts))).toEqual([`ws://2.2.2.2:2#${PEER}`, `ws://1.1.1.1:1#${PEER}`]);
  });

  test('a name within that is not known takes nothing from the others', async () => {
    const texts = { '_dnsaddr.a.example': ['dnsaddr=/dnsaddr/b.example', 'dnsaddr=/ip4/1.1.1.1/tcp/1'] };
    expect(await placesOf('dnsaddr://a.example', never, names(texts))).toEqual(['ws://1.1.1.1:1']);
  });

  test('a loop of names ends: each is asked about once', async () => {
    const asked: string[] = [];
    const loop = names({ '_dnsaddr.a.example': ['dnsaddr=/dnsaddr/b.example'], '_dnsaddr.b.example': ['dnsaddr=/dnsaddr/a.example'] }, asked);
    await expect(placesOf('dnsaddr://a.example', never, loop)).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE', rule: expect.stringContaining('TXT records') });
    expect(asked).toEqual(['_dnsaddr.a.example', '_dnsaddr.b.example']);
  });

  test('of more than sixteen names the first are asked about', async () => {
    const asked: string[] = [];
    const fan = Array.from({ length: 40 }, (_, n) => `dnsaddr=/dnsaddr/${n}.example`);
    await expect(placesOf('dnsaddr://a.example', never, names({ '_dnsaddr.a.example': fan }, asked))).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE' });
    expect(asked).toHaveLength(16);
  });

  test('of more than sixteen places the first are taken, and no further name is asked', async () => {
    const many = Array.from({ length: 40 }, (_, n) => `dnsaddr=/ip4/1.2.3.4/tcp/${n + 1}`);
    const asked: string[] = [];
    const places = await placesOf('dnsaddr://a.example', never, names({ '_dnsaddr.a.example': [...many, 'dnsaddr=/dnsaddr/b.example'] }, asked));
    expect(places).toHaveLength(16);
    expect(asked).toHaveLength(1);
  });

  test('a name that nobody knows: HEARSAY_UNREACHABLE, and why', async () => {
    await expect(placesOf('dnsaddr://a.example', never, names({}))).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE', value: 'dnsaddr://a.example', cause: new Error('ENOTFOUND _dnsaddr.a.example') });
  });
});

test('nothing is left at the signal, however often one asks', async () => {
  const { signal } = new AbortController();
  await placesOf('ws://h:1', signal);
  await placesOf('dnsaddr://nowhere.invalid', signal).catch(() => undefined);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
