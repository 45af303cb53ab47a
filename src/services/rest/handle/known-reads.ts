import type { Negotiated } from '../plan/format.ts'
import { Recent } from '../recent.ts'
import type { Call } from '../request/call.ts'
import { filler } from '../request/shape.ts'
import type { KnownSchema } from '../schema/source.ts'
import type { RestSettings } from '../settings.ts'
import type { Statement } from '../sql/sql.ts'

const atMost = 500

/** What a read does, made from its form alone. */
export interface PlannedRead {
  readonly negotiated: Negotiated
  readonly statement: Statement
  readonly estimated: Statement | undefined
}

/** The same with a request's values. */
type Fill = (values: readonly string[]) => PlannedRead

/** Reads that were planned lately. A plan holds for the schema that it was made for: with another one, all are made anew. */
export class KnownReads {
  readonly #bySchema = new WeakMap<KnownSchema, Recent<Fill>>()

  get(
    known: KnownSchema,
    settings: RestSettings,
    call: Call,
    target: string,
    make: () => PlannedRead,
  ): PlannedRead {
    const { shape } = call.query
    if (!shape) return make()
    let recent = this.#bySchema.get(known)
    if (!recent) {
      recent = new Recent(atMost)
      this.#bySchema.set(known, recent)
    }
    return recent.get(keyOf(settings, call, target, shape.key), () => fillOf(make()))(shape.values)
  }
}

/** All that a plan depends on besides the schema. What may have a line end in it comes last. */
function keyOf(settings: RestSettings, call: Call, target: string, shape: string): string {
  const { offset, last } = call.range
  const { count } = call.preferences
  return `${call.schemaName}\n${settings.maxRows}\n${offset}-${last}\n${count}\n${call.header('accept')}\n${shape}\n${target}`
}

function fillOf({ negotiated, statement, estimated }: PlannedRead): Fill {
  const own = statementFiller(statement)
  const other = estimated && statementFiller(estimated)
  return values => ({ negotiated, statement: own(values), estimated: other?.(values) })
}

function statementFiller({ text, values }: Statement): (values: readonly string[]) => Statement {
  const fill = filler(values)
  return own => ({ text, values: fill(own) })
}
