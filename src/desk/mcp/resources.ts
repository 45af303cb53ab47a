import type { Operation, Silo } from '#contract'
import type { Caller } from '../caller.ts'
import type { Perform } from '../perform.ts'
import { compact } from './call.ts'
import { type VisibleOperation, visibleTo } from './visible.ts'

/** Everything that only reads and needs at most to know which silo: those are resources, too. */
export interface ResourceFace {
  list(cursor: string | undefined): Promise<{ resources: Resource[]; nextCursor?: string } | undefined>
  templates(): ResourceTemplate[]
  /** undefined: there is none of that name for this caller. */
  read(uri: string, signal: AbortSignal): Promise<string | undefined>
}

interface Resource {
  uri: string
  name: string
  description: string
  mimeType: string
}
interface ResourceTemplate {
  uriTemplate: string
  name: string
  description: string
  mimeType: string
}

const pageSize = 50
const listTimeoutMs = 10_000
const mimeType = 'application/json'
const silosUri = 'hangar://silos'

export function createResources(perform: Perform, caller: Caller): ResourceFace {
  const readable = visibleTo(caller).filter(
    ({ operation }) => !operation.changes && operation.streams === undefined,
  )
  const plain = readable.filter(({ operation }) => fieldsOf(operation).length === 0)
  const ofSilo = readable.filter(
    ({ operation }) => operation.scope === 'silo' && fieldsOf(operation).join() === 'silo_id',
  )
  const run = (visible: VisibleOperation, input: object, signal: AbortSignal) =>
    perform(caller, visible.key, input, { emit() {}, signal })

  /** Ids of the silos that it holds. */
  async function held(): Promise<readonly string[]> {
    if (caller.silos !== '*') return caller.silos
    const lister = plain.find(({ key }) => key === 'siloList')
    const silos = lister ? ((await run(lister, {}, AbortSignal.timeout(listTimeoutMs))) as Silo[]) : []
    return silos.map(({ silo_id }) => silo_id)
  }

  return {
    async list(cursor) {
      const from = cursor === undefined ? 0 : Number(cursor)
      if (!Number.isSafeInteger(from) || from < 0) return undefined
      const all: Resource[] = plain.map(visible => ({
        uri: plainUri(visible),
        name: visible.operation.tool,
        description: visible.operation.summary,
        mimeType,
      }))
      if (ofSilo.length > 0)
        for (const id of await held())
          for (const { operation } of ofSilo)
            all.push({
              uri: `${silosUri}/${encodeURIComponent(id)}/${operation.tool}`,
              name: `${id} ${operation.tool}`,
              description: operation.summary,
              mimeType,
            })
      const to = from + pageSize
      return { resources: all.slice(from, to), ...(to < all.length ? { nextCursor: String(to) } : {}) }
    },

    templates: () =>
      ofSilo.map(({ operation }) => ({
        uriTemplate: `${silosUri}/{silo_id}/${operation.tool}`,
        name: operation.tool,
        description: operation.summary,
        mimeType,
      })),

    async read(uri, signal) {
      const whole = plain.find(visible => plainUri(visible) === uri)
      if (whole) return compact(await run(whole, {}, signal))
      const [, silo, tool] = /^hangar:\/\/silos\/([^/]+)\/([a-z_]+)$/.exec(uri) ?? []
      const visible = ofSilo.find(({ operation }) => operation.tool === tool)
      if (!visible || silo === undefined) return undefined
      return compact(await run(visible, { silo_id: decoded(silo) }, signal))
    },
  }
}

function plainUri({ key, operation }: VisibleOperation): string {
  return key === 'siloList' ? silosUri : `hangar://${operation.tool}`
}

function fieldsOf(operation: Operation): string[] {
  return 'shape' in operation.input ? Object.keys(operation.input.shape as object) : ['?']
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
