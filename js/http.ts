// HTTP as the boundary writes it: headers as lines, bodies within a bound.

/** `name: value` lines. The Fetch standard gives names in lower case, and values without line breaks. */
export const linesOf = (headers: Headers): string =>
  [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");

/** The headers that `name: value` lines say. */
export function headersOf(lines: string): Headers {
  const headers = new Headers();
  for (const line of lines.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 2));
  }
  return headers;
}

/** The bytes of a body. Of a longer one the first `bytesMax` and one more, so that its reader sees that it is too long. */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size <= bytesMax) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
  }
  if (size > bytesMax) reader.cancel().catch(() => {});
  const whole = new Uint8Array(Math.min(size, bytesMax + 1));
  let position = 0;
  for (const part of parts) {
    whole.set(part.subarray(0, whole.length - position), position);
    position += part.length;
    if (position >= whole.length) break;
  }
  return whole;
}
