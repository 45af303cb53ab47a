import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeClock, systemClock } from '#kernel'
import { LogBook } from './log-book.ts'

let folder: string
let book: LogBook
const path = () => join(folder, 'm1', 'machine.log')
const write = (text: string | Uint8Array) => appendFileSync(path(), text)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-logs-'))
  mkdirSync(join(folder, 'm1'))
  book = new LogBook({
    machinesDirectory: folder,
    clock: systemClock,
    redact: (_id, line) => line.replace('hunter2', '***'),
  })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('tells what was written behind a place, whole lines only, letters of several bytes included', async () => {
  expect(await book.since('m1', undefined, 10)).toMatchObject({ lines: [], position: 0 })
  write('one\ntwo\nthr')
  const first = await book.since('m1', undefined, 1)
  expect(first).toMatchObject({ lines: ['two'], position: 8 })
  expect(first.writtenAt).toBeGreaterThan(0)
  expect(await book.since('m1', first.position, 10)).toMatchObject({ lines: [], position: 8 })
  write('ée hunter2\n')
  const next = await book.since('m1', first.position, 1)
  expect(next.lines).toEqual(['thrée ***'])
  expect(await book.since('m1', next.position, 1)).toMatchObject({ lines: [], position: next.position })
})

it('goes on at the new beginning of a log that was rotated, and through lines longer than a piece', async () => {
  write('a long first line\n')
  const { position } = await book.since('m1', undefined, 10)
  truncateSync(path())
  write('new\n')
  expect((await book.since('m1', position, 10)).lines).toEqual(['new'])
  write(`${'x'.repeat(600_000)}\nend\n`)
  let at = 4
  const seen: string[] = []
  for (let rounds = 0; rounds < 5; rounds++) {
    const piece = await book.since('m1', at, 10)
    at = piece.position
    seen.push(...piece.lines)
  }
  expect(seen.join('')).toBe(`${'x'.repeat(600_000)}end`)
})

it('keeps the last lines of a machine that goes, without its secrets', async () => {
  write('one\npassword hunter2\n')
  const { position } = await book.since('m1', undefined, 10)
  write('last words\n')
  await book.keep('m1')
  rmSync(join(folder, 'm1'), { recursive: true })
  expect((await book.since('m1', undefined, 10)).lines).toEqual(['one', 'password ***', 'last words'])
  const end = await book.since('m1', position, 10)
  expect((await book.since('m1', end.position, 10)).lines).toEqual([])
})

it('is followed letter by letter, in pieces, and goes on after a moment in which it could not be read', async () => {
  const clock = new FakeClock()
  const lines: string[] = []
  const end = new LogBook({ machinesDirectory: folder, clock }).follow('m1', line => lines.push(line))
  const looked = async () => {
    await expect.poll(() => clock.pending).toBe(1)
    await clock.advance(100)
    await expect.poll(() => clock.pending).toBe(1)
  }
  const letter = Buffer.from('é')
  write('one\n')
  write(letter.subarray(0, 1))
  await looked()
  write(letter.subarray(1))
  write('\ntwo\n')
  await looked()
  expect(lines).toEqual(['one', 'é', 'two'])

  renameSync(path(), `${path()}.aside`)
  mkdirSync(path())
  await looked()
  rmSync(path(), { recursive: true })
  renameSync(`${path()}.aside`, path())
  write(`${'x'.repeat(600_000)}\nthree\n`)
  await looked()
  expect(lines.at(-1)).toBe('three')
  end()
  expect(clock.pending).toBe(0)
})
