/** A message that cannot be read in exactly one way. The text completes "The request was refused: …". */
export class BadMessage extends Error {
  override readonly name = 'BadMessage'
}
