import { LineCounter, parseDocument } from 'yaml'
import { gatewayErrors } from '../errors.ts'
import { configSchema, type GatewayConfig } from './entities.ts'
import { offsetOf, placeOf } from './place.ts'

/** Reads Kong's declarative format. Throws with file, line and column of the first thing that is wrong. */
export function parseConfig(text: string, file: string): GatewayConfig {
  const quick = text.startsWith('{') ? configSchema.safeParse(asJson(text)) : undefined
  if (quick?.success) return quick.data
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const at = (offset: number | undefined) => {
    if (offset === undefined) return ''
    const { line, col } = lines.linePos(offset)
    return `:${line}:${col}`
  }
  const [problem] = document.errors
  if (problem)
    throw gatewayErrors.config(file, at(problem.pos[0]), problem.message.split('\n')[0] ?? 'it is no YAML')
  const parsed = configSchema.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue ? placeOf(issue) : []
  throw gatewayErrors.config(
    file,
    at(offsetOf(document.contents, path)),
    `${path.join('.') || 'the file'}: ${issue?.message}`,
  )
}

/** JSON is YAML too; what is not quite JSON is read as YAML, with its places. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
