/**
 * A headless Chromium of its own: with an empty profile in a temporary folder, and nothing but this machine to talk to.
 *
 *   starting → running → ended (all its processes are gone, and so is the folder)
 *
 * Invariant: it does not outlive whoever started it. It is driven through a pipe and not through a port, and ends when
 * the other end of the pipe is closed: the kernel does that also when this process is killed. Then its folder stays,
 * and the next one that starts here removes it.
 * Read next: app.ts (what it is for).
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';

/** Less than a run gives a service to start, so that this one still says what was wrong. */
const START_LIMIT_MS = 12_000;
const FOLDER = 'backend-labs-chromium-';
const OWNER = new RegExp(`^${FOLDER}(\\d+)-`);

const SWITCHES = [
  // Whatever it would fetch by itself (lists, updates, experiments): no name but this machine's address is found.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  // One of the environment would be asked for the rest.
  '--no-proxy-server',
];

export interface Chromium extends AsyncDisposable {
  browser: Browser;
}

/** Starts the program. Throws if it does not start within twelve seconds, with what it has said. */
export async function launchChromium(file: string): Promise<Chromium> {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`));
  const removeFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 10 });
  let browser: Browser;
  try {
    browser = await puppeteer.launch({
      executablePath: file,
      pipe: true,
      userDataDir: join(folder, 'profile'),
      timeout: START_LIMIT_MS,
      // Root may not use Chromium's sandbox, which makes namespaces for a user. What runs in it is the lab's own page,
      // and Chromium refuses to start otherwise. Everybody else keeps it.
      args: process.getuid?.() === 0 ? [...SWITCHES, '--no-sandbox'] : SWITCHES,
      // It writes to the home folder as well, and leaves temporary files when it is killed.
      env: { PATH: process.env.PATH, LANG: process.env.LANG, HOME: folder, TMPDIR: folder },
      // The service ends in an order of its own.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    await removeFolder();
    throw error;
  }
  return {
    browser,
    async [Symbol.asyncDispose]() {
      await kill(browser);
      await removeFolder();
    },
  };
}

/** Not browser.close(): it would put a profile in order that is about to be removed, and that takes as long as it takes. */
async function kill(browser: Browser): Promise<void> {
  const main = browser.process();
  if (main?.pid === undefined) return;
  const isOver = main.exitCode !== null || main.signalCode !== null;
  const ended = isOver ? null : once(main, 'exit');
  try {
    // It leads a group, in which its other processes are.
    process.kill(-main.pid, 'SIGKILL');
  } catch {
    // All of them are gone.
  }
  await ended;
}

/** Folders of those whose owner was killed. */
async function removeLeftovers(): Promise<void> {
  const left = readdirSync(tmpdir()).filter((name) => {
    const pid = OWNER.exec(name)?.[1];
    return pid !== undefined && !exists(Number(pid));
  });
  // Somebody else's stays where it is.
  await Promise.all(left.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})));
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
