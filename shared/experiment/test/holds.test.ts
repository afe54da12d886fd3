import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStopped } from '@backend-labs/stack/process-identity';
import { describe, expect, it } from 'vitest';
import { type Harness, type StartedService, serviceHarness, until } from './service-harness.ts';

const THIRD = [{ event: 'demo.step', occurrence: 3 }];

/** A service that writes a line before and after each step, and is held at its third. */
async function heldAtThird(harness: Harness, holds = THIRD) {
  const file = join(harness.folder, 'steps');
  const service = await harness.start('backend', {
    environment: { STEPS: file },
    watch: { events: ['demo.step'] },
    holds,
  });
  const { pid } = await service.identity();
  await service.get('/step');
  await service.get('/step');
  const third = service.get('/step').catch((error: Error) => error.name);
  await service.process.untilHeld();
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []);
  return { ...service, pid, third, lines };
}

const typesOf = ({ messages }: StartedService) => messages.map(({ type }) => type).filter((type) => type !== 'samples');

describe('a service held at the third announcement of a step', () => {
  it('is stopped before the next line of the subject runs', async () => {
    await using harness = serviceHarness();
    const { pid, lines, process, third } = await heldAtThird(harness);
    expect(isStopped(pid)).toBe(true);
    expect(lines()).toEqual(['before 1', 'after 1', 'before 2', 'after 2', 'before 3']);
    await process.resume();
    expect(await third).toBe('ok');
    expect(lines().slice(4)).toEqual(['before 3', 'after 3']);
  });

  it('has told of all steps, and of the hold, before it stopped', async () => {
    await using harness = serviceHarness();
    const service = await heldAtThird(harness);
    await until(() => typesOf(service).includes('held'));
    expect(typesOf(service).at(-1)).toBe('held');
    expect(service.observe().events['demo.step']).toHaveLength(3);
    expect(service.messages.findLast(({ type }) => type === 'held')).toMatchObject({ ...THIRD[0] });
  });

  it('is held once: the steps after it go through', async () => {
    await using harness = serviceHarness();
    const { process, third, get, lines, pid } = await heldAtThird(harness);
    await process.resume();
    await third;
    await get('/step');
    expect(isStopped(pid)).toBe(false);
    expect(lines().slice(6)).toEqual(['before 4', 'after 4']);
  });

  it('never runs its next line if it is killed right there', async () => {
    await using harness = serviceHarness();
    const { process, third, lines, observe } = await heldAtThird(harness);
    await process.kill();
    expect(await third).not.toBe('ok');
    expect(lines().at(-1)).toBe('before 3');
    // /pid and three steps: the one that was cut short was received too.
    expect(observe().received).toBe(4);
  });

  it('is not held again after a restart', async () => {
    await using harness = serviceHarness();
    const { process, third, get, lines } = await heldAtThird(harness);
    await process.kill();
    await third;
    await process.restart();
    for (let i = 0; i < 3; i++) await get('/step');
    expect(lines().slice(5)).toEqual(['before 1', 'after 1', 'before 2', 'after 2', 'before 3', 'after 3']);
  });
});

it('steps before the load starts do not count towards a hold', async () => {
  await using harness = serviceHarness();
  const service = await harness.start('backend', { holds: THIRD, armed: false });
  for (let i = 0; i < 5; i++) await service.get('/step');
  service.process.arm();
  await service.get('/step');
  await service.get('/step');
  const third = service.get('/step');
  await service.process.untilHeld();
  await service.process.resume();
  expect(await third).toBe('ok');
});

it('a hold that has not come yet is set again by a restart', async () => {
  await using harness = serviceHarness();
  const { process, get } = await harness.start('backend', { holds: THIRD });
  await get('/step');
  await process.kill();
  await process.restart();
  await get('/step');
  await get('/step');
  const third = get('/step');
  await process.untilHeld();
  await process.resume();
  expect(await third).toBe('ok');
});

it('a service without a hold runs through all of its steps', async () => {
  await using harness = serviceHarness();
  const service = await harness.start('backend', { watch: { events: ['demo.step'] } });
  for (let i = 0; i < 4; i++) await service.get('/step');
  await service.process[Symbol.asyncDispose]();
  expect(typesOf(service)).not.toContain('held');
  expect(service.observe().events['demo.step']).toHaveLength(4);
});
