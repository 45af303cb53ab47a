import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { HangarError, notImplemented } from './errors.ts'
import { writeFileAtomic } from './files.ts'
import { machineId, ulid, volumeId } from './ids.ts'
import { createLog } from './log.ts'

it('an error’s wire form has no stack and no cause', () => {
  const error = new HangarError('It broke', { code: 'HGR_TEST', status: 500, cause: new Error('secret') })
  expect(JSON.stringify(error)).toBe('{"code":"HGR_TEST","message":"It broke"}')
  expect(error.kind).toBe('system')
  expect(notImplemented('Teleporting')).toMatchObject({ status: 501, kind: 'user' })
})

it('ids have Fly’s forms, and ULIDs sort by creation', () => {
  expect(machineId()).toMatch(/^[0-9a-f]{14}$/)
  expect(volumeId()).toMatch(/^vol_[a-z2-7]{17}$/)
  const ids = Array.from({ length: 1000 }, () => ulid(1_700_000_000_000))
  expect(ids.every(id => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true)
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(1000)
})

it('a file is replaced whole and leaves nothing temporary, also when the write fails', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hangar-kernel-'))
  try {
    const path = join(folder, 'state')
    await writeFileAtomic(path, 'one')
    await writeFileAtomic(path, 'two')
    expect(await readFile(path, 'utf8')).toBe('two')
    await expect(writeFileAtomic(join(folder, 'missing', 'state'), 'x')).rejects.toThrow()
    expect(await readdir(folder)).toEqual(['state'])
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('the log writes one JSON line a message, fields first', () => {
  const lines: string[] = []
  const log = createLog({ destination: { write: line => void lines.push(line) } })
  log.child({ part: 'edge' }).info({ app: 'web' }, 'woke')
  log.debug({}, 'not at this level')
  expect(lines.map(line => JSON.parse(line))).toMatchObject([{ part: 'edge', app: 'web', msg: 'woke' }])
})
