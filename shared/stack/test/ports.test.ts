/** Free ports: different from each other, and none that a client's own end could be given meanwhile. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freePorts, isOpen } from '../ports.ts';

const LINUX_CLIENTS = '/proc/sys/net/ipv4/ip_local_port_range';

test('as many as asked for, all different, and nobody listens there', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  expect(await Promise.all(ports.map(isOpen))).toEqual(ports.map(() => false));
});

test.runIf(existsSync(LINUX_CLIENTS))('none lies in the range that the system gives to clients', async () => {
  const [from = 0, to = 0] = readFileSync(LINUX_CLIENTS, 'utf8').trim().split(/\s+/).map(Number);
  const ports = await freePorts(20);
  expect(ports.filter((port) => port >= from && port <= to)).toEqual([]);
});
