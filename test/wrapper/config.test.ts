import { describe, expect, test } from '@jest/globals';
import { HearsayError } from '../../src/errors.ts';
import { configChange, configInEffect, DEFAULT_GOSSIP_CONFIG, gossipConfig, hopCeiling, sameConfig } from '../../src/wrapper/config.ts';

function errorOf(act: () => unknown): HearsayError {
  try {
    act();
  } catch (error) {
    if (error instanceof HearsayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the config', () => {
  test('defaults fill in what is not given', () => {
    expect(gossipConfig({ hops: 3, tell: undefined }, 15)).toEqual({ hops: 3, hear: 'mutuals', tell: 'mutuals', pass: false, relay: 'farthest' });
  });

  test.each([
    { given: { hops: -1 }, field: 'hops', rule: 'to be an integer from 0 to 15' },
    { given: { hops: 16 }, field: 'hops', rule: 'to be an integer from 0 to 15' },
    { given: { hops: 1.5 }, field: 'hops', rule: 'to be an integer from 0 to 15' },
    { given: { hops: '2' }, field: 'hops', rule: 'to be an integer from 0 to 15' },
    { given: { hear: 'friends' }, field: 'hear', rule: 'to be one of anybody, targets, mutuals' },
    { given: { tell: null }, field: 'tell', rule: 'to be one of anybody, targets, mutuals' },
    { given: { relay: 'last' }, field: 'relay', rule: 'to be one of farthest, first' },
    { given: { pass: 'maybe' }, field: 'pass', rule: 'to be true, false or stem' },
    { given: { hop: 2 }, field: 'hop', rule: 'to be one of the known fields: hops, hear, tell, pass, relay' },
    { given: ['hops'], field: 'config', rule: 'to be an object' },
    { given: null, field: 'config', rule: 'to be an object' },
  ])('a bad value is refused, naming field, rule and value: $given', ({ given, field, rule }) => {
    const error = errorOf(() => configChange(given, 15, DEFAULT_GOSSIP_CONFIG, DEFAULT_GOSSIP_CONFIG));
    expect({ code: error.code, field: error.field, rule: error.rule }).toEqual({ code: 'HEARSAY_BAD_CONFIG', field, rule });
  });

  test('a ceiling of the code counts for hops too', () => {
    expect(errorOf(() => gossipConfig({ hops: 4 }, 3)).message).toBe('Expected `hops` to be an integer from 0 to 3, got `4`');
    expect(gossipConfig({ hops: 3 }, 3).hops).toBe(3);
  });

  test.each([0, 16, 2.5, '3', null])('maxHops %p is refused', (maxHops) => {
    expect(errorOf(() => hopCeiling(maxHops)).field).toBe('maxHops');
  });

  test('maxHops is 15 unless given', () => {
    expect([hopCeiling(undefined), hopCeiling(1), hopCeiling(15)]).toEqual([15, 1, 15]);
  });

  test.each([true, 'stem'] as const)('better 10 pass %p needs two hops, in the config and in a change of either', (pass) => {
    const passing = gossipConfig({ hops: 2, pass }, 15);
    expect(passing.pass).toBe(pass);
    const faults = [
      errorOf(() => gossipConfig({ pass }, 15)),
      errorOf(() => gossipConfig({ hops: 0, pass }, 15)),
      errorOf(() => configChange({ pass }, 15, DEFAULT_GOSSIP_CONFIG, passing)),
      errorOf(() => configChange({ hops: 1 }, 15, passing, passing)),
    ];
    expect(faults.map(({ code, field }) => `${code} ${field}`)).toEqual(['HEARSAY_BAD_CONFIG pass', 'HEARSAY_BAD_CONFIG pass', 'HEARSAY_BAD_CONFIG pass', 'HEARSAY_BAD_CONFIG hops']);
    expect(configChange({ hops: 1, pass: false }, 15, passing, passing)).toEqual({ hops: 1, pass: false });
  });

  test('better 10 a stem needs two hops in the code too, since those are what it ends with', () => {
    const own = gossipConfig({ hops: 3 }, 15);
    expect(errorOf(() => configChange({ pass: 'stem' }, 15, own, DEFAULT_GOSSIP_CONFIG)).field).toBe('pass');
    expect(configChange({ pass: true }, 15, own, DEFAULT_GOSSIP_CONFIG)).toEqual({ pass: true });
  });
});

describe('a saved config under other code', () => {
  test('W2 what the code allows is in effect as it was saved', () => {
    const saved = gossipConfig({ hops: 5, hear: 'anybody' }, 15);
    expect(configInEffect(saved, 15, DEFAULT_GOSSIP_CONFIG)).toEqual({ config: saved, clamped: [] });
  });

  test('W2 too many hops are clamped to the ceiling', () => {
    expect(configInEffect({ ...DEFAULT_GOSSIP_CONFIG, hops: 12 }, 4, DEFAULT_GOSSIP_CONFIG)).toEqual({ config: { ...DEFAULT_GOSSIP_CONFIG, hops: 4 }, clamped: ['hops'] });
  });

  test('W2 what this code does not know falls to the default, which is the narrowest', () => {
    const saved = { hops: 'far', hear: 'everyone', tell: 7, pass: 'stem', relay: 'farthest' };
    expect(configInEffect(saved, 15, DEFAULT_GOSSIP_CONFIG)).toEqual({ config: DEFAULT_GOSSIP_CONFIG, clamped: ['hops', 'hear', 'tell', 'pass'] });
  });

  test('better 10 passing that the clamped hops, or the code, leave no room for is off', () => {
    const saved = gossipConfig({ hops: 5, pass: 'stem' }, 15);
    expect(configInEffect(saved, 1, saved)).toEqual({ config: { ...saved, hops: 1, pass: false }, clamped: ['hops', 'pass'] });
    expect(configInEffect(saved, 15, DEFAULT_GOSSIP_CONFIG).clamped).toEqual(['pass']);
    expect(configInEffect(saved, 15, saved)).toEqual({ config: saved, clamped: [] });
  });

  test('a field that older code did not have is no clamp', () => {
    expect(configInEffect({ hops: 3, hear: 'targets', tell: 'targets' }, 15, DEFAULT_GOSSIP_CONFIG)).toEqual({ config: gossipConfig({ hops: 3, hear: 'targets', tell: 'targets' }, 15), clamped: [] });
  });

  test.each([null, 'hops', 3, []])('rubbish is the default: %p', (saved) => {
    expect(configInEffect(saved, 15, DEFAULT_GOSSIP_CONFIG).config).toEqual(DEFAULT_GOSSIP_CONFIG);
  });

  test('two configs are the same when every known field is', () => {
    expect(sameConfig(DEFAULT_GOSSIP_CONFIG, { ...DEFAULT_GOSSIP_CONFIG, later: 1 })).toBe(true);
    expect(sameConfig(DEFAULT_GOSSIP_CONFIG, { ...DEFAULT_GOSSIP_CONFIG, relay: 'first' })).toBe(false);
  });
});
