/**
 * The table of contents of this lab: what is built, broken and measured. Each experiment is a file with its numbers,
 * its properties and its claims.
 *
 * Symbols: λ ratePerSecond, TTL ttlMs, think thinkMs, r retryDelayMs.
 * Read next: src/contract.ts, src/variants/, then experiments/ in the order below.
 */
import { defineLab } from '@backend-labs/experiment';
import { clockJump } from './experiments/clock-jump.ts';
import { contention } from './experiments/contention.ts';
import { contentionMinorityDown } from './experiments/contention-minority-down.ts';
import { eventLoopBlocked } from './experiments/event-loop-blocked.ts';
import { failover } from './experiments/failover.ts';
import { faults } from './experiments/faults.ts';
import { holderKilled } from './experiments/holder-killed.ts';
import { holderPaused } from './experiments/holder-paused.ts';
import { holderPausedOthers } from './experiments/holder-paused-others.ts';
import { nodeRestartsEmpty } from './experiments/node-restarts-empty.ts';
import { majorityDown, minorityDown } from './experiments/nodes-down.ts';
import { pauseBetweenCheckAndWrite } from './experiments/pause-between-check-and-write.ts';
import { resumeWhileNextThinks } from './experiments/resume-while-next-thinks.ts';
import { slowNodes } from './experiments/slow-nodes.ts';

export default defineLab({
  name: 'redis-lock',
  question: 'Which of the locks people write in interviews really excludes, and what does it cost?',
  needs: { postgres: 1, redis: 5 },
  variants: {
    none: { file: 'src/variants/none.ts', summary: 'read, think, write' },
    setnx: { file: 'src/variants/setnx.ts', summary: 'SET NX, no time limit' },
    'setnx-ttl-del': { file: 'src/variants/setnx-ttl-del.ts', summary: 'SET NX PX and a plain DEL' },
    token: { file: 'src/variants/token.ts', summary: 'SET NX PX, released by its own token only' },
    'token-checked': { file: 'src/variants/token-checked.ts', summary: 'token, asked again right before the write' },
    watchdog: { file: 'src/variants/watchdog.ts', summary: 'token, extended while its process runs' },
    redlock: { file: 'src/variants/redlock.ts', summary: 'token on three of five nodes' },
    'node-redlock': { file: 'src/variants/node-redlock.ts', summary: 'the same from npm' },
    'fenced-write': { file: 'src/variants/fenced-write.ts', summary: 'a fence, checked on the write' },
    'fenced-claim': { file: 'src/variants/fenced-claim.ts', summary: 'a fence, claimed on entry' },
    'pg-advisory': { file: 'src/variants/pg-advisory.ts', summary: 'a session lock in Postgres' },
    'pg-row': { file: 'src/variants/pg-row.ts', summary: 'SELECT … FOR UPDATE' },
    'atomic-update': { file: 'src/variants/atomic-update.ts', summary: 'no lock: one UPDATE' },
    'compare-and-set': { file: 'src/variants/compare-and-set.ts', summary: 'no lock: write if nobody else has' },
  },
  faults,
  experiments: {
    contention,
    'holder-paused': holderPaused,
    'holder-paused-others': holderPausedOthers,
    'event-loop-blocked': eventLoopBlocked,
    'holder-killed': holderKilled,
    'pause-between-check-and-write': pauseBetweenCheckAndWrite,
    'resume-while-next-thinks': resumeWhileNextThinks,
    'failover-drops-the-key': failover,
    'minority-down': minorityDown,
    'contention-minority-down': contentionMinorityDown,
    'majority-down': majorityDown,
    'node-restarts-empty': nodeRestartsEmpty,
    'slow-nodes': slowNodes,
    'clock-jump': clockJump,
  },
  // What they promise, what a pause makes of it, what a crash costs.
  runByDefault: ['contention', 'holder-paused', 'holder-killed'],
  // A crash takes its time: several TTLs must pass before nobody counts as never.
  runByQuick: ['contention', 'holder-paused'],
  headlineClaim: 'token-is-held-twice',
});
