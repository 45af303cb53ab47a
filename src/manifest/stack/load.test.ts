import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HangarError } from '#kernel'
import { parseToml } from '../toml/document.ts'
import { stackJsonSchema } from './json-schema.ts'
import { loadStack } from './load.ts'
import { orderByNeeds } from './order.ts'
import { readStack } from './read.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const stacks = [
  'stacks/devenv',
  ...['silo', 'moltnet', 'construct', 'agenr'].map(name => `src/manifest/testing/fixtures/${name}`),
]

describe('loading a stack', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hangar-stack-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it.each(stacks)('of %s works, and editors agree', async path => {
    const stack = await loadStack(join(root, path))
    expect(stack.apps.length).toBeGreaterThan(0)
    const validate = new Ajv({ strict: false }).compile(JSON.parse(stackJsonSchema()))
    expect(validate(parseToml(readFileSync(stack.file, 'utf8'), stack.file).value)).toBe(true)
  })

  it('finds the hangar.toml above a folder', async () => {
    await mkdir(join(folder, 'apps', 'web'), { recursive: true })
    await writeFile(join(folder, 'fly.toml'), '')
    await writeFile(join(folder, 'hangar.toml'), 'name = "x"\n[apps.web]\ndir = "."\n')
    expect((await loadStack(join(folder, 'apps', 'web'))).name).toBe('x')
  })

  it('refuses a fly.toml that is missing, no file, or a symbolic link out of the folder', async () => {
    await mkdir(join(folder, 'stack', 'b'), { recursive: true })
    await writeFile(join(folder, 'outside.toml'), 'app = "x"\n')
    await symlink(join(folder, 'outside.toml'), join(folder, 'stack', 'c.toml'))
    await writeFile(
      join(folder, 'stack', 'hangar.toml'),
      'name = "x"\n[apps.a]\nfly = "a.toml"\n[apps.b]\nfly = "b"\n[apps.c]\nfly = "c.toml"\n',
    )
    const error = await loadStack(join(folder, 'stack')).catch(thrown => thrown)
    expect(error).toBeInstanceOf(HangarError)
    expect(
      error.data.diagnostics.map(
        ({ line, message }: { line: number; message: string }) => `${line} ${message}`,
      ),
    ).toEqual([
      '2 app "a": a.toml does not exist',
      '4 app "b": b is no plain file',
      '6 app "c": c.toml is a symbolic link out of the folder of the stack',
    ])
  })

  it('says where it looked when there is none', async () => {
    await expect(loadStack(folder)).rejects.toThrow(`There is no hangar.toml in ${folder}`)
    await expect(loadStack(join(folder, 'no.toml'))).rejects.toThrow('there is no such file')
  })
})

describe('the order of needs', () => {
  it('puts whoever is needed first, whatever the order written, and shows a circle otherwise', () => {
    const graph = fc.array(fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 4 }), { maxLength: 12 })
    fc.assert(
      fc.property(graph, needs => {
        const items = needs.map((needed, index) => ({
          name: `n${index}`,
          needs: needed.map(one => `n${one}`),
        }))
        const names = new Set(items.map(({ name }) => name))
        const result = orderByNeeds(items)
        if (result.cycle) {
          expect(result.cycle.length).toBeGreaterThan(1)
          expect(result.cycle[0]).toBe(result.cycle.at(-1))
          for (let at = 0; at + 1 < result.cycle.length; at++)
            expect(items.find(({ name }) => name === result.cycle[at])?.needs).toContain(result.cycle[at + 1])
        } else {
          const place = new Map(result.order.map(({ name }, index) => [name, index]))
          expect(place.size).toBe(items.length)
          for (const item of items)
            for (const needed of item.needs.filter(one => names.has(one)))
              expect(place.get(needed)!).toBeLessThan(place.get(item.name)!)
        }
      }),
    )
  })

  it('of a chain longer than the call stack is found', () => {
    const items = Array.from({ length: 200_000 }, (_, index) => ({
      name: `n${index}`,
      needs: [`n${index + 1}`],
    }))
    const result = orderByNeeds(items)
    expect(result.cycle ?? result.order[0]?.name).toBe('n199999')
  })
})

it('reads any text into a stack or its own error', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          'name = "x"',
          '[apps.a]',
          '[apps.b]',
          'fly = "a.toml"',
          'needs = ["a", "b"]',
          '[secrets.A]',
          'apps = ["a"]',
          'from = { a = "B" }',
          'rules = [{ when = "=" }]',
          'pattern = "("',
          '[resources.a]',
          'type = "redis"',
          'bytes = 1',
        ),
        { maxLength: 14 },
      ),
      lines => {
        try {
          readStack(lines.join('\n'), '/x/hangar.toml')
        } catch (error) {
          expect(error).toBeInstanceOf(HangarError)
        }
      },
    ),
  )
})

it('publishes its schema for editors (run vitest with -u after a change)', async () => {
  await expect(stackJsonSchema()).toMatchFileSnapshot('../../../docs/reference/hangar-toml.schema.json')
})
