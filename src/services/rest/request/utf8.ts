const isPlain = /^[\x00-\x7f]*$/

/** What came as bytes, one character for each of them (headers, addresses), read as the UTF-8 that it is. */
export function utf8Of(text: string): string {
  return isPlain.test(text) ? text : Buffer.from(text, 'latin1').toString()
}
