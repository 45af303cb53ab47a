/** Lines of a stream of bytes; `undefined` in place of one that is longer than `mostBytes`, of which nothing is kept. */
export async function* linesOf(
  input: AsyncIterable<Uint8Array | string>,
  mostBytes: number,
): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    let rest = Buffer.from(chunk)
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      bytes += end
      if (bytes <= mostBytes) yield Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8')
      else yield undefined
      parts = []
      bytes = 0
      rest = rest.subarray(end + 1)
    }
    bytes += rest.length
    if (bytes <= mostBytes) parts.push(rest)
    else parts = []
  }
  if (bytes > 0) yield bytes <= mostBytes ? Buffer.concat(parts).toString('utf8') : undefined
}
