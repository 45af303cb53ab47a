import { amended } from '../amended.ts'
import { Recent } from '../recent.ts'
import type { Call } from '../request/call.ts'
import { filler } from '../request/shape.ts'
import type { KnownSchema } from '../schema/source.ts'
import type { RestSettings } from '../settings.ts'
import type { Statement } from '../sql/sql.ts'

const atMost = 500

/** What a request does, made from its form alone. */
export interface Planned {
  readonly statement: Statement
  readonly estimated?: Statement | undefined
}

/** The same with a request's values. */
type Fill<T> = (values: readonly string[] | ((planned: T) => readonly string[])) => T

/** Work that was planned lately. A plan holds for the schema that it was made for: with another one, all are made anew. */
export class KnownPlans<T extends Planned> {
  readonly #bySchema = new WeakMap<KnownSchema, Recent<Fill<T>>>()

  /** `form`: what distinguishes it from other requests, the values apart. Some of these may depend on the plan. */
  get(
    known: KnownSchema,
    form: string,
    values: readonly string[] | ((planned: T) => readonly string[]),
    make: () => T,
  ): T {
    let recent = this.#bySchema.get(known)
    if (!recent) {
      recent = new Recent(atMost)
      this.#bySchema.set(known, recent)
    }
    return recent.get(form, () => fillOf(make()))(values)
  }
}

/** All that a plan of a table's rows depends on besides the schema, the method and the body. What may have a line end in it comes last. */
export function formOf(settings: RestSettings, call: Call, shape: string): string {
  const { offset, last } = call.range
  return `${call.schemaName}\n${settings.maxRows}\n${offset}-${last}\n${call.preferences.count}\n${call.header('accept')}\n${shape}`
}

function fillOf<T extends Planned>(planned: T): Fill<T> {
  const own = statementFiller(planned.statement)
  const other = planned.estimated && statementFiller(planned.estimated)
  return given => {
    const values = typeof given === 'function' ? given(planned) : given
    return amended(planned, { statement: own(values), estimated: other?.(values) }) as T
  }
}

function statementFiller({ text, values }: Statement): (values: readonly string[]) => Statement {
  const fill = filler(values)
  return own => ({ text, values: fill(own) })
}
