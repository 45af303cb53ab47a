import { buildSchema, execute, GraphQLError, parse, validate } from 'graphql'
import { asHangarError, type HangarError, type Log } from '#kernel'
import type { World } from '../world.ts'
import { depthOf } from './depth.ts'
import { insteadOf } from './instead.ts'
import { createMutations } from './mutations.ts'
import { createQueries } from './queries.ts'
import { schemaText } from './schema.ts'

export interface GraphqlRequest {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
  readonly operationName?: string | null | undefined
}

export interface GraphqlAnswer {
  readonly data?: unknown
  readonly errors?: readonly GraphqlFault[]
}

interface GraphqlFault {
  readonly message: string
  /** Texts alone: Fly's clients decode nothing else. */
  readonly path?: readonly string[]
  readonly extensions: { readonly code: string }
}

const mostTokens = 2000
/** Deeper than any query of Fly's clients; apps and machines name each other, and a query must not follow that for long. */
const mostDepth = 8

const codes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  422: 'UNPROCESSABLE',
  501: 'NOT_IMPLEMENTED',
}

/** Answers queries over the engine. What the schema does not have is refused with a sentence, never answered with nothing. */
export function createGraphql(world: World, log: Log): (request: GraphqlRequest) => Promise<GraphqlAnswer> {
  const schema = buildSchema(schemaText)
  const rootValue = { ...createQueries(world), ...createMutations(world) }

  return async ({ query, variables, operationName }) => {
    let document: ReturnType<typeof parse>
    try {
      document = parse(query, { maxTokens: mostTokens })
    } catch (error) {
      return refused([error])
    }
    const faults = validate(schema, document, undefined, { maxErrors: 20 })
    if (faults.length > 0) return refused(faults.map(notBuilt).sort(fieldsFirst))
    const depth = depthOf(document)
    if (depth > mostDepth)
      return refused([new GraphQLError(`The query nests ${depth} deep; ${mostDepth} is the most`)])
    const { data, errors } = await execute({
      schema,
      document,
      rootValue,
      variableValues: variables ?? {},
      operationName: operationName || null,
    })
    return { data, ...(errors ? { errors: errors.map(faultOf) } : {}) }
  }

  function faultOf(thrown: unknown): GraphqlFault {
    const outer = thrown instanceof GraphQLError ? thrown : undefined
    const cause = outer ? outer.originalError : thrown
    const path = outer?.path ? { path: outer.path.map(String) } : {}
    // The query itself is at fault: graphql says what of it.
    if (outer && !cause)
      return {
        message: outer.message,
        ...path,
        extensions: { code: String(outer.extensions['code'] ?? 'BAD_REQUEST') },
      }
    const error = asHangarError(cause, 'fly-platform')
    const hidden = error.status >= 500 && error.kind === 'system'
    if (hidden) log.error({ err: error.cause ?? error }, 'fly-platform: query failed')
    return {
      message: hidden ? 'internal error; the log has the details' : sentence(error),
      ...path,
      extensions: { code: codes[error.status] ?? 'ERROR' },
    }
  }

  function refused(errors: readonly unknown[]): GraphqlAnswer {
    return { errors: errors.map(faultOf) }
  }
}

function sentence(error: HangarError): string {
  return error.hint ? `${error.message}. ${error.hint}` : error.message
}

/** A field that is in Fly's schema and not in ours: says so in words that a user of flyctl understands. */
function notBuilt(error: GraphQLError): GraphQLError {
  const [, field, type] = /^Cannot query field "(\w+)" on type "(\w+)"/.exec(error.message) ?? []
  if (!field) return error
  return new GraphQLError(`The GraphQL field ${type}.${field} is not built in Hangar. ${insteadOf(field)}`, {
    nodes: error.nodes,
    extensions: { code: 'NOT_IMPLEMENTED' },
  })
}

/** The client shows the first error; a type that is unknown follows from a field that is. */
function fieldsFirst(a: GraphQLError, b: GraphQLError): number {
  const rank = (error: GraphQLError) => (error.extensions['code'] === 'NOT_IMPLEMENTED' ? 0 : 1)
  return rank(a) - rank(b)
}
