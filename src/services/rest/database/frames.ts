// Messages of PostgreSQL's extended protocol (protocol 3.0, "Message Formats"), written one after the other into one buffer: one write for a whole
// transaction costs a third of what a vector of small ones does.

const first = 16 * 1024
/** What a single large request made of it is given back. */
const keptAtMost = 1024 * 1024
let space = Buffer.allocUnsafeSlow(first)
let end = 0

/**
 * Hands over what `fill` wrote. `send` says whether it is done with the bytes: if not, they stay as they are, and what comes next is written elsewhere.
 */
export function withFrames(fill: () => void, send: (frames: Buffer) => boolean): void {
  end = 0
  fill()
  const isDone = send(space.subarray(0, end))
  if (!isDone || space.length > keptAtMost) space = Buffer.allocUnsafeSlow(first)
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
  const start = end
  end += 4
  writeLetters(value)
  space.writeInt32BE(end - start - 4, start)
}

function writeText(text: string): void {
  reserve(text.length * 3 + 1)
  writeLetters(text)
  space[end++] = 0
}

/** What is longer is quicker copied by the system. */
const shortest = 40

function writeLetters(text: string): void {
  if (text.length < shortest) {
    let at = end
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return writeUtf8(text)
      space[at++] = code
    }
    end = at
  } else writeUtf8(text)
}

function writeUtf8(text: string): void {
  end += space.write(text, end)
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
