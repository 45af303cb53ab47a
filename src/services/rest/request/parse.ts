import { restErrors } from '../errors.ts'
import { describeFailure, placeOf } from './parser/failure.ts'
import type { Parser } from './parser/parser.ts'

const deepest = 100

/** Reads a text; what stands after what could be read is not looked at. `what` is how a failure calls the text. Throws PGRST100. */
export function parse<T>(parser: Parser<T>, what: string, text: string, shownText = text): T {
  checkDepth(what, text)
  const reply = parser(text, 0)
  if (reply.ok) return reply.value
  const failure = reply.failure ?? { at: 0, notes: [] }
  throw restErrors.parse(
    `"failed to parse ${what} (${shownText})" ${placeOf(text, failure.at)}`,
    describeFailure(failure),
  )
}

/** Parsers call themselves for what is in parentheses: how often must have a limit. */
function checkDepth(what: string, text: string): void {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 40) depth++
    else if (code === 41) depth--
    if (depth > deepest)
      throw restErrors.parse(
        `"failed to parse ${what}" ${placeOf(text, at)}`,
        `more than ${deepest} levels of parentheses`,
      )
  }
}
