import { createLog, systemClock } from '#kernel'
import type { restInspections } from '#services/rest'
import { withFile } from './run-service.ts'

type RestInspection = keyof typeof restInspections

/** What the REST service's image answers to a flag instead of serving: a text. `file`: its configuration file. Throws HangarError. */
export async function inspectRest(
  what: RestInspection,
  given: Readonly<Record<string, string | undefined>>,
  file: string | undefined,
): Promise<string> {
  const { restInspections, restService } = await import('#services/rest')
  const env = withFile(restService, given, file)
  return restInspections[what]({ env, log: createLog(), clock: systemClock })
}
