import type * as z from 'zod'
import type { Operation } from '#contract'
import { deskErrors } from './errors.ts'

/** What is told of an input that is wrong all over; names of its fields are the caller's and may be any number. */
const mostIssues = 20
const longest = 1000

/** The operation's input, checked. Throws 422 that names each field and its rule; a field that the operation does not know is one of them. */
export function checkInput(operation: Operation, raw: unknown): unknown {
  const parsed = operation.input.safeParse(raw ?? {})
  if (!parsed.success) throw deskErrors.input(describe(parsed.error))
  return parsed.data
}

/** `client: must be 1 to 20 lower-case letters …`: the field, then the rule. Never the value: it may be a secret in the wrong place. */
function describe(error: z.ZodError): string {
  const text = error.issues
    .slice(0, mostIssues)
    .map(issue => {
      const field = issue.path.join('.')
      return field === '' ? issue.message : `${field}: ${issue.message}`
    })
    .filter((text, index, all) => all.indexOf(text) === index)
    .join('; ')
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
