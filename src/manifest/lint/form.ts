import type { Finding } from './finding.ts'

/** What is wrong with the text before a single key is read. */
export function findFormFaults(text: string): Finding[] {
  const found: Finding[] = []
  if (text.startsWith('\uFEFF'))
    found.push({
      rule: 'byte-order-mark',
      offset: 0,
      message: 'the file begins with a byte order mark, at which flyctl stops',
      edits: [{ start: 0, end: 1, text: '' }],
    })
  const crlf = [...text.matchAll(/\r\n/g)].map(({ index }) => index)
  const lf = text.split('\n').length - 1 - crlf.length
  if (crlf.length > 0 && lf > 0)
    found.push({
      rule: 'line-endings',
      offset: crlf[0]!,
      message: `${crlf.length} ${crlf.length === 1 ? 'line ends' : 'lines end'} with CRLF and ${lf} with LF`,
      edits: crlf.map(start => ({ start, end: start + 1, text: '' })),
    })
  return found
}
