import { describe, expect, test } from '@jest/globals';
import { Observable } from 'rxjs';
import type { Effect } from '../../src/agent.ts';
import { fact, forget, kick, leave, poke, refuse, rest, save, wait, watch } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { effectList, isPromise, isStream } from '../../src/node/effects.ts';

const PEER = 'a'.repeat(64) as PeerId;

describe('effects', () => {
  test('nothing, one and several become a list', () => {
    expect(effectList(undefined, 'a', 'onPoke')).toEqual([]);
    expect(effectList(save('k', 1), 'a', 'onPoke')).toEqual([save('k', 1)]);
    const all = [fact(['/p'], 'm', 1), kick(['/p'], PEER), poke('/w', PEER, 'a', 'm', 1), watch('/w', PEER, 'a', '/p'), leave('/w', PEER, 'a'), wait('/w', 5), rest('/w'), forget('k'), refuse('no')];
    expect(effectList(all, 'a', 'onPoke')).toEqual(all);
  });

  test.each<{ name: string; effect: unknown; names: RegExp }>([
    { name: 'an unknown type', effect: { type: 'shout' }, names: /a\.onPoke.*`type`/ },
    { name: 'a string', effect: 'hello', names: /a\.onPoke.*`type`/ },
    { name: 'a path without a slash', effect: fact(['p'], 'm', 1), names: /`paths`/ },
    { name: 'paths that are no list', effect: { type: 'fact', paths: '/p', mark: 'm', data: 1 }, names: /`paths`/ },
    { name: 'a mark that is too long', effect: fact(['/p'], 'm'.repeat(65), 1), names: /`mark`/ },
    { name: 'an offer that is no yes or no', effect: { ...fact(['/p'], 'm', 1), offer: 'yes' }, names: /`offer`/ },
    { name: 'one part of two', effect: { ...fact(['/p'], 'm', 1), parts: [new Uint8Array(1)] }, names: /`parts`/ },
    { name: 'parts that are no bytes', effect: { ...fact(['/p'], 'm', 1), parts: [new Uint8Array(1), 'x'] }, names: /`parts`/ },
    { name: 'hops beyond the most', effect: { ...fact(['/p'], 'm', 1), hops: 16 }, names: /`hops`/ },
    { name: 'a peer that is none', effect: watch('/w', 'bob' as PeerId, 'a', '/p'), names: /`peer`/ },
    { name: 'an empty wire', effect: wait('', 5), names: /`wire`/ },
    { name: 'a delay that is no number', effect: wait('/w', Number.NaN), names: /`delayMs`/ },
    { name: 'a delay no timer takes', effect: wait('/w', 2 ** 31), names: /`delayMs`/ },
    { name: 'an empty key', effect: save('', 1), names: /`key`/ },
  ])('$name is an error that names agent, arm and field', ({ effect, names }) => {
    expect(() => effectList(effect as Effect, 'a', 'onPoke')).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_EFFECT', message: expect.stringMatching(names) }));
  });

  test('an error never shows the data of a fact', () => {
    expect(() => effectList({ type: 'fact', paths: ['p'], mark: 'm', data: 'secret' } as Effect, 'a', 'onPoke')).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  });

  test('promises and Observables are told apart by shape', () => {
    expect([isPromise(Promise.resolve()), isStream(new Observable()), isPromise(save('k', 1)), isStream([])]).toEqual([true, true, false, false]);
  });
});
