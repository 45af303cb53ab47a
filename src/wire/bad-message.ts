/** A message that cannot be read in exactly one way. The text completes "The request was refused: …". */
export class BadMessage extends Error {
  override readonly name: string = 'BadMessage'
}

/** … because its head is larger than any that is read. */
export class LargeHead extends BadMessage {
  override readonly name = 'LargeHead'
}
