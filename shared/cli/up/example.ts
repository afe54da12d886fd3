/** One command that a reader can copy: the first operation that the experiment's load would send. Pure. */
import type { OperationSpec } from '@backend-labs/load';

/** Single quotes for the shell, where it needs any. */
function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A curl command with 1 for the id; null for an operation that is no HTTP request or cannot be told. */
export function exampleOf(operation: () => OperationSpec): string | null {
  let spec: OperationSpec;
  try {
    spec = operation();
  } catch {
    return null; // A lab may need the load's own state for it: an example is not worth a failure.
  }
  if (spec.kind !== 'http') return null;
  const url = typeof spec.url === 'string' ? spec.url : spec.url[0];
  if (url === undefined) return null;
  const method = spec.method ?? 'GET';
  const headers = { ...spec.headers, 'operation-id': '1' };
  return [
    'curl -i',
    ...(method === 'GET' ? [] : [`-X ${quoted(method)}`]),
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(spec.body === undefined ? [] : [`-d ${quoted(spec.body)}`]),
    quoted(url.replaceAll('{id}', '1')),
  ].join(' ');
}
