import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadStack } from '#manifest'
import { loadStackFiles, type StackFiles } from '../declare/stack-files.ts'

export interface TestStack {
  readonly folder: string
  /** Reads everything anew, as a command does. */
  files(target?: 'local' | 'fly', environment?: Record<string, string>): Promise<StackFiles>
  write(name: string, text: string): void
  read(name: string): string
  remove(): void
}

/** A stack in a folder of its own. */
export function makeStack(contents: Readonly<Record<string, string>>): TestStack {
  const folder = mkdtempSync(join(tmpdir(), 'hangar-stack-'))
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const [name, text] of Object.entries(contents)) write(name, text)
  return {
    folder,
    write,
    files: async (target = 'fly', environment = {}) =>
      loadStackFiles({ stack: await loadStack(join(folder, 'hangar.toml')), target, environment }),
    read: name => readFileSync(join(folder, name), 'utf8'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
