/**
 * A Markdown file as verify sees it: its links, its anchors, its shell blocks, each with its line.
 *
 * Parsed with a CommonMark parser, since a link in a code block is no link and a regular expression can't tell.
 * Anchors are named as GitHub names them: by github-slugger, from a heading's text.
 */
import GithubSlugger from 'github-slugger';
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';

export interface Link {
  target: string;
  line: number;
}

export interface ShellBlock {
  text: string;
  /** Of the first line inside the block. */
  line: number;
}

export interface MarkdownDocument {
  links: Link[];
  anchors: Set<string>;
  shellBlocks: ShellBlock[];
}

const SHELLS = ['sh', 'bash', 'shell', 'console'];

/** Parses one document. Never throws: every text is Markdown. */
export function parseMarkdown(text: string): MarkdownDocument {
  const document: MarkdownDocument = { links: [], anchors: new Set(), shellBlocks: [] };
  visit(fromMarkdown(text), new GithubSlugger(), document);
  return document;
}

function visit(node: Nodes, slugger: GithubSlugger, document: MarkdownDocument): void {
  const line = node.position?.start.line ?? 1;
  if (node.type === 'link' || node.type === 'image' || node.type === 'definition') {
    document.links.push({ target: node.url, line });
  } else if (node.type === 'heading') {
    document.anchors.add(slugger.slug(textOf(node)));
  } else if (node.type === 'code' && SHELLS.includes(node.lang ?? '')) {
    document.shellBlocks.push({ text: node.value, line: line + 1 });
  } else if (node.type === 'html') {
    visitHtml(node.value, line, document);
  }
  if ('children' in node) for (const child of node.children) visit(child, slugger, document);
}

function visitHtml(value: string, line: number, document: MarkdownDocument): void {
  const source = value.replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, ' '));
  for (const match of source.matchAll(/\b(href|src|id|name)\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)) {
    const found = match[2] ?? match[3] ?? '';
    const attribute = (match[1] ?? '').toLowerCase();
    if (attribute === 'id' || attribute === 'name') document.anchors.add(found);
    else document.links.push({ target: found, line: line + source.slice(0, match.index).split('\n').length - 1 });
  }
}

/** A node's text, as it is read: without emphasis, with code, with an image's alternative text left out. */
function textOf(node: Nodes): string {
  if ('children' in node) return node.children.map(textOf).join('');
  return node.type === 'text' || node.type === 'inlineCode' ? node.value : '';
}
