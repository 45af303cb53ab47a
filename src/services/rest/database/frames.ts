// Messages of PostgreSQL's extended protocol (protocol 3.0, "Message Formats"), written one after the other into one buffer: one write for a whole
// transaction costs a third of what a vector of small ones does.

const first = 4096
/** What a single large request made of it is given back. */
const keptAtMost = 1024 * 1024
let space = Buffer.allocUnsafe(first)
let end = 0

/** What `fill` wrote, in a buffer of its own. */
export function framesOf(fill: () => void): Buffer {
  end = 0
  fill()
  const made = Buffer.allocUnsafe(end)
  space.copy(made, 0, 0, end)
  if (space.length > keptAtMost) space = Buffer.allocUnsafe(first)
  return made
}

export function writeParse(name: string, text: string): void {
  const start = open('P')
  writeText(name)
  writeText(text)
  writeInt16(0)
  close(start)
}

/** Values as text; results as text. */
export function writeBind(statement: string, values: readonly (string | null)[]): void {
  const start = open('B')
  writeText('')
  writeText(statement)
  writeInt16(0)
  writeInt16(values.length)
  for (const value of values) writeValue(value)
  writeInt16(0)
  close(start)
}

/** All rows of what was bound. */
export function writeExecute(): void {
  const start = open('E')
  writeText('')
  writeInt32(0)
  close(start)
}

export function writeClose(statement: string): void {
  const start = open('C')
  reserve(1)
  space[end++] = 'S'.charCodeAt(0)
  writeText(statement)
  close(start)
}

export function writeSync(): void {
  close(open('S'))
}

function open(type: string): number {
  reserve(5)
  space[end] = type.charCodeAt(0)
  end += 5
  return end - 4
}

/** The length counts itself, not the letter before it. */
function close(start: number): void {
  space.writeInt32BE(end - start, start)
}

function writeValue(value: string | null): void {
  if (value === null) return writeInt32(-1)
  reserve(4 + value.length * 3)
  const length = space.write(value, end + 4)
  space.writeInt32BE(length, end)
  end += 4 + length
}

function writeText(text: string): void {
  reserve(text.length * 3 + 1)
  end += space.write(text, end)
  space[end++] = 0
}

function writeInt16(number: number): void {
  reserve(2)
  end = space.writeInt16BE(number, end)
}

function writeInt32(number: number): void {
  reserve(4)
  end = space.writeInt32BE(number, end)
}

function reserve(bytes: number): void {
  if (end + bytes <= space.length) return
  const larger = Buffer.allocUnsafe(Math.max(space.length * 2, end + bytes))
  space.copy(larger, 0, 0, end)
  space = larger
}
