/** In which order the services of an experiment start: real ones, with what they are given. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ServiceDefinition } from '../lab.ts';
import { startStand } from '../shell/stand.ts';
import { experimentOf } from './made-up-claims.ts';
import { FIXTURES, type Harness, serviceHarness } from './service-harness.ts';

const entry = 'services/backend.ts';

function none(name: string): never {
  throw new RangeError(`there is no server ${name}`);
}

/** Starts them; `starts` is told of each, with the names of those that it may call. */
function stand(harness: Harness, services: ServiceDefinition[], starts: (name: string, calls: string[]) => void) {
  return startStand({
    experiment: experimentOf({ services: () => services }),
    parameters: {},
    variantFile: join(FIXTURES, 'fixed.ts'),
    labFolder: FIXTURES,
    folder: harness.folder,
    servers: { access: { urlOf: none, dataName: 'run' }, server: none, proxy: none },
    reaper: harness.reaper,
    signal: new AbortController().signal,
    onStart: starts,
    onMessage: () => {},
    onUnexpectedExit: () => {},
  });
}

describe('services that need each other’s url in a circle', () => {
  it('are refused by name before anything is started; the others are not named', async () => {
    await using harness = serviceHarness();
    const started: string[] = [];
    const needs = (name: string, ...others: string[]): ServiceDefinition => ({
      name,
      entry,
      environment: (urlOf) => Object.fromEntries(others.map((other) => [other, urlOf(other)])),
    });
    const circle = [needs('alone'), needs('shop', 'bank', 'alone'), needs('bank', 'post'), needs('post', 'shop')];
    await expect(stand(harness, circle, (name) => started.push(name))).rejects.toThrow(
      "the services shop, bank, post need each other's urls in a circle",
    );
    expect(started).toEqual([]);
  });

  it('are refused also if one needs its own', async () => {
    await using harness = serviceHarness();
    const self = { name: 'self', entry, environment: (urlOf: (name: string) => string) => ({ SELF: urlOf('self') }) };
    await expect(stand(harness, [self], () => {})).rejects.toThrow('the services self need');
  });
});

describe('services that need no other', () => {
  it('start side by side: two of which each waits for the other to have begun are both ready', async () => {
    await using harness = serviceHarness();
    const waiting = (own: string, other: string): ServiceDefinition => ({
      name: own,
      entry: 'services/waits-for-other.ts',
      environment: () => ({ OWN: join(harness.folder, own), OTHER: join(harness.folder, other) }),
    });
    await using running = await stand(harness, [waiting('one', 'two'), waiting('two', 'one')], () => {});
    const answers = ['one', 'two'].map(async (name) => (await fetch(running.urlOf(name))).text());
    expect(await Promise.all(answers)).toEqual(['ok', 'ok']);
  });

  it('start before one that needs them, which is given the urls at which they answer', async () => {
    await using harness = serviceHarness();
    const starts: [string, string[]][] = [];
    const given: string[] = [];
    const gateway: ServiceDefinition = {
      name: 'gateway',
      entry,
      environment(urlOf) {
        given.push(urlOf('shop'));
        return {};
      },
    };
    const services = [gateway, { name: 'shop', entry }, { name: 'bank', entry }];
    await using running = await stand(harness, services, (...start) => starts.push(start));
    expect(starts).toEqual([
      ['shop', []],
      ['bank', []],
      ['gateway', ['shop', 'bank']],
    ]);
    expect(given.at(-1)).toBe(running.urlOf('shop'));
    expect(await (await fetch(given.at(-1) as string)).text()).toBe('ok');
  });
});
