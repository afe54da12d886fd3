/**
 * Links inside the repository: each file, folder, heading and line that a document points at exists.
 *
 * Links to other sites are left alone: whether those answer says nothing about this commit.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Problem } from '../markdown/sections.ts';
import { type MarkdownDocument, parseMarkdown } from './markdown-document.ts';

/** The documents of a repository, parsed, by path. */
export async function readDocuments(
  workspace: string,
  files: readonly string[],
): Promise<Map<string, MarkdownDocument>> {
  const documents = new Map<string, MarkdownDocument>();
  for (const file of files.filter((name) => name.endsWith('.md'))) {
    documents.set(file, parseMarkdown(await readFile(path.join(workspace, file), 'utf8')));
  }
  return documents;
}

/** Every dead link of the documents. `files` is all that the repository holds. */
export async function deadLinks(
  workspace: string,
  files: readonly string[],
  documents: ReadonlyMap<string, MarkdownDocument>,
): Promise<Problem[]> {
  const present = new Set(files.flatMap((file) => [file, ...foldersAbove(file)]));
  const problems: Problem[] = [];
  for (const [file, document] of documents) {
    for (const { target, line } of document.links) {
      const message = await whyDead(workspace, file, target, present, documents);
      if (message !== null) problems.push({ file, line, message: `the link "${target}" is dead: ${message}` });
    }
  }
  return problems;
}

function foldersAbove(file: string): string[] {
  const folder = path.posix.dirname(file);
  return folder === '.' ? ['.'] : [folder, ...foldersAbove(folder)];
}

async function whyDead(
  workspace: string,
  from: string,
  target: string,
  present: ReadonlySet<string>,
  documents: ReadonlyMap<string, MarkdownDocument>,
): Promise<string | null> {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target) || target.startsWith('//')) return null;
  const [beforeAnchor = '', anchor] = target.split('#', 2);
  const relative = decoded(beforeAnchor.split('?')[0] ?? '');
  if (relative === null) return 'it is not a valid address';
  const to = resolve(from, relative);
  if (to.startsWith('..')) return 'it leaves the repository';
  if (!present.has(to)) return `there is no ${to} in the repository`;
  if (anchor === undefined || anchor === '') return null;
  const name = decoded(anchor) ?? anchor;
  const document = documents.get(to) ?? documents.get(to === '.' ? 'README.md' : `${to}/README.md`);
  if (document !== undefined) return document.anchors.has(name) ? null : `${to} has no heading #${name}`;
  return lineAnchorDead(workspace, to, name);
}

function resolve(from: string, relative: string): string {
  if (relative === '') return from;
  const joined = relative.startsWith('/') ? relative.slice(1) : path.posix.join(path.posix.dirname(from), relative);
  const normal = path.posix.normalize(joined).replace(/\/$/, '');
  return normal === '' ? '.' : normal;
}

async function lineAnchorDead(workspace: string, file: string, anchor: string): Promise<string | null> {
  const lines = /^L(\d+)(?:C\d+)?(?:-L(\d+)(?:C\d+)?)?$/.exec(anchor);
  if (lines === null) return null;
  const last = Math.max(Number(lines[1]), Number(lines[2] ?? 0));
  const count = (await readFile(path.join(workspace, file), 'utf8')).trimEnd().split('\n').length;
  return last <= count ? null : `${file} has ${count} lines`;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
