/**
 * From the commands that a node was seen to execute to what each does to a key, if its condition is met.
 *
 * MONITOR shows what was asked and not what was answered, so an effect carries its condition and grants.ts decides.
 * The line of an EVAL is no effect: what the script did follows as lines of its own. It is kept beside them, because
 * its arguments tell for whom the script ran.
 * Left out: EXPIRE's own conditions (NX, XX, GT, LT), RENAME, COPY, RESTORE. No lock of this lab uses them.
 * Read next: grants.ts.
 */
import type { SeenCommand } from './monitor.ts';

/** `free`: only if nobody has the key (NX); `held`: only if somebody has (XX); a token: only if that is its value. */
export type Condition = 'always' | 'free' | 'held' | { token: string };

interface Common {
  atMs: number;
  condition: Condition;
  /** The arguments of the script that it was part of; null if it was none. */
  scriptArguments: readonly string[] | null;
}

export type Effect =
  /** `untilMs` null: as long as before. */
  | (Common & { kind: 'set'; token: string; untilMs: number | null })
  | (Common & { kind: 'extend'; untilMs: number })
  | (Common & { kind: 'remove' });

/** One effect on one key; null for all keys. */
export interface KeyEffect {
  key: string | null;
  effect: Effect;
}

const SCRIPTS = ['EVAL', 'EVALSHA', 'EVAL_RO', 'EVALSHA_RO', 'FCALL', 'FCALL_RO'];

/** The effects of one node's commands, in the order in which they were seen. */
export function effectsOf(commands: readonly SeenCommand[]): KeyEffect[] {
  let script: readonly string[] = [];
  return commands.flatMap(({ atMs, isScript, command: [name = '', ...given] }) => {
    if (!isScript && SCRIPTS.includes(name.toUpperCase())) script = given;
    return toEffects(name.toUpperCase(), given, {
      atMs,
      condition: 'always',
      scriptArguments: isScript ? script : null,
    });
  });
}

function toEffects(name: string, given: readonly string[], common: Common): KeyEffect[] {
  const [key = '', second = '', third = ''] = given;
  const set = (token: string, untilMs: number | null, condition: Condition = 'always'): KeyEffect[] => [
    { key, effect: { ...common, kind: 'set', token, untilMs, condition } },
  ];
  const extend = (untilMs: number): KeyEffect[] => [{ key, effect: { ...common, kind: 'extend', untilMs } }];
  const remove = (condition: Condition): KeyEffect[] => [{ key, effect: { ...common, kind: 'remove', condition } }];
  const { atMs } = common;
  switch (name) {
    case 'SET':
      return [{ key, effect: { ...common, kind: 'set', token: second, ...optionsOf(given.slice(2), atMs) } }];
    case 'SETNX':
      return set(second, Number.POSITIVE_INFINITY, 'free');
    case 'GETSET':
      return set(second, Number.POSITIVE_INFINITY);
    case 'SETEX':
      return set(third, atMs + Number(second) * 1000);
    case 'PSETEX':
      return set(third, atMs + Number(second));
    case 'EXPIRE':
      return extend(atMs + Number(second) * 1000);
    case 'PEXPIRE':
      return extend(atMs + Number(second));
    case 'EXPIREAT':
      return extend(Number(second) * 1000);
    case 'PEXPIREAT':
      return extend(Number(second));
    case 'PERSIST':
      return extend(Number.POSITIVE_INFINITY);
    case 'DEL':
    case 'UNLINK':
      return given.map((one) => ({ key: one, effect: { ...common, kind: 'remove' } }));
    case 'GETDEL':
      return remove('always');
    case 'DELIFEQ': // Valkey 9
      return remove({ token: second });
    case 'DELEX': // Redis 8.4
      return remove(second.toUpperCase() === 'IFEQ' ? { token: third } : 'always');
    case 'FLUSHALL':
    case 'FLUSHDB':
      return [{ key: null, effect: { ...common, kind: 'remove' } }];
    default:
      return [];
  }
}

/** The options of SET, in any order. */
function optionsOf(options: readonly string[], atMs: number): { condition: Condition; untilMs: number | null } {
  let condition: Condition = 'always';
  let untilMs: number | null = Number.POSITIVE_INFINITY;
  for (let at = 0; at < options.length; at++) {
    const value = options[at + 1] ?? '';
    const option = options[at]?.toUpperCase();
    if (option === 'NX') condition = 'free';
    else if (option === 'XX') condition = 'held';
    else if (option === 'KEEPTTL') untilMs = null;
    else if (option !== 'GET') {
      at += 1;
      if (option === 'IFEQ') condition = { token: value };
      else if (option === 'PX') untilMs = atMs + Number(value);
      else if (option === 'EX') untilMs = atMs + Number(value) * 1000;
      else if (option === 'PXAT') untilMs = Number(value);
      else if (option === 'EXAT') untilMs = Number(value) * 1000;
    }
  }
  return { condition, untilMs };
}
