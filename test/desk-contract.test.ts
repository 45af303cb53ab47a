import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '#client'
import { inputJsonSchema, type Operation, openApi, operations, outputJsonSchema } from '#contract'
import { commandTable } from '../src/cli/command-table.ts'
import { operationsReference } from '../src/contract/reference/markdown.ts'
import { type DeskWorld, startDeskWorld } from '../src/desk/testing/world.ts'

// Each operation is defined once. This proves that what is made of it cannot drift: routes, OpenAPI, client, CLI, MCP tools, reference page.

const all = Object.entries<Operation>(operations)
const forAgents = all.filter(([, { roles }]) => roles.length > 0)

/** Groups of commands whose every command is an operation of the desk. */
const deskGroups = /^(silo|machine|apps|scale|approvals|audit) /

let world: DeskWorld
beforeAll(async () => {
  world = await startDeskWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A path with something in place of its parameters. */
const filled = (path: string) => path.replace(/:\w+/g, 'x')

describe('names', () => {
  it('are each given once: operations, routes, tools', () => {
    const twice = (values: readonly (string | null)[]) => {
      const given = values.filter(value => value !== null)
      return given.filter((value, index) => given.indexOf(value) !== index)
    }
    expect(twice(all.map(([, { name }]) => name))).toEqual([])
    expect(
      twice(all.flatMap(([, { method, path, also = [] }]) => [path, ...also].map(one => `${method} ${one}`))),
    ).toEqual([])
    expect(twice(all.map(([, { tool }]) => tool))).toEqual([])
  })

  it('of tools are there for whatever an agent may call, and for nothing else', () => {
    for (const [key, { tool, roles }] of all) {
      if (roles.length === 0) expect(tool, key).toBeNull()
      else expect(tool, key).toMatch(/^[a-z]+(_[a-z]+)+$/)
    }
  })

  it('of path parameters are fields of the input', () => {
    for (const [key, operation] of all) {
      const fields = Object.keys(inputJsonSchema(operation).properties ?? {})
      for (const [, name] of operation.path.matchAll(/:(\w+)/g)) expect(fields, key).toContain(name)
    }
  })
})

describe('every input', () => {
  it.each(all)('of %s refuses a field that it does not know', (_key, operation) => {
    const result = operation.input.safeParse({ not_a_field: 1 })
    const messages = result.success ? [] : result.error.issues.map(({ code }) => code)
    expect(messages).toContain('unrecognized_keys')
  })

  it.each(all)('and output of %s is JSON Schema', (_key, operation) => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.compile(inputJsonSchema(operation))
    ajv.compile(outputJsonSchema(operation))
  })
})

describe('REST', () => {
  it.each(forAgents)('offers %s to agents, who must show who they are', async (_key, operation) => {
    for (const path of [operation.path, ...(operation.also ?? [])]) {
      const answer = await world.call(operation.method, filled(path))
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        expect.stringMatching(/^Bearer /),
      ])
    }
  })

  it.each(all.filter(([, { roles }]) => roles.length === 0))(
    'does not offer %s on TCP',
    async (_key, operation) => {
      const { token } = await world.agent('devops', ['*'])
      const answer = await world.call(operation.method, filled(operation.path), { token })
      expect([404, 403]).toContain(answer.status)
    },
  )
})

describe('the client', () => {
  it.each(all)('reaches %s, and the audit has its name', async (key, operation) => {
    const parameters = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => [name, 'x'])
    const input = { ...Object.fromEntries(parameters), not_a_field: 'y' }
    await expect(createClient(world.socketPath).call(key as 'status', input as never)).rejects.toMatchObject({
      code: 'HGR_DESK_INPUT',
      message: expect.stringContaining('not_a_field'),
    })
    expect(world.store.audit.list({ limit: 1 })[0]).toMatchObject({
      operation: operation.name,
      outcome: 'refused',
      caller: 'operator',
    })
  })
})

describe('OpenAPI', () => {
  it('has each operation of agents under each of its paths, with exactly its input', async () => {
    const { body: document } = await world.call('GET', '/openapi.json')
    expect(document).toEqual(JSON.parse(JSON.stringify(openApi(world.origin, '0.0.0'))))
    expect(document.openapi).toBe('3.1.0')
    const seen: string[] = []
    for (const [path, methods] of Object.entries<Record<string, never>>(document.paths))
      for (const [method, described] of Object.entries<{
        parameters: { name: string }[]
        requestBody?: { content: { 'application/json': { schema: { properties: object } } } }
        'x-roles': string[]
      }>(methods)) {
        const route = path.replace(/\{(\w+)\}/g, ':$1')
        const [key, operation] = forAgents.find(
          ([, known]) =>
            known.method === method.toUpperCase() && [known.path, ...(known.also ?? [])].includes(route),
        ) as [string, Operation]
        seen.push(key)
        const fields = [
          ...described.parameters.map(({ name }) => name),
          ...Object.keys(described.requestBody?.content['application/json'].schema.properties ?? {}),
        ]
        expect(fields.sort(), route).toEqual(Object.keys(inputJsonSchema(operation).properties ?? {}).sort())
        expect(described['x-roles']).toEqual(operation.roles)
      }
    expect(new Set(seen)).toEqual(new Set(forAgents.map(([key]) => key)))
  })

  it('is a page too, which loads nothing', async () => {
    const { text, headers } = await world.call('GET', '/')
    for (const [, { path }] of forAgents) expect(text).toContain(path.replace(/:(\w+)/g, '{$1}'))
    expect(text).not.toMatch(/<script|src=|https?:\/\/(?!127\.0\.0\.1)|@import|url\(/)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
  })
})

describe('the CLI', () => {
  const names = commandTable.map(({ name }) => name)
  it('has a command for each operation that names one', () => {
    expect(
      all.map(([, { command }]) => command).filter(command => command && !names.includes(command)),
    ).toEqual([])
  })
  it('has no command of the desk that is not an operation', () => {
    const known = new Set(all.map(([, { command }]) => command))
    expect(names.filter(name => deskGroups.test(name) && !known.has(name))).toEqual([])
  })
})

it('the reference page says what the contract says', async () => {
  await expect(operationsReference()).toMatchFileSnapshot('../docs/reference/operations.md')
})
