import { HangarError } from '#kernel'

/** A number that was typed, or undefined when nothing was. Throws 422 that names the option when it is none: JSON has no NaN to send. */
export function numberOf(name: string, typed: unknown): number | undefined {
  if (typed === undefined) return undefined
  const text = String(typed).trim()
  const number = Number(text)
  if (text === '' || !Number.isFinite(number))
    throw new HangarError(`${name}: "${text}" is not a number`, { code: 'HGR_CLI_NUMBER', status: 422 })
  return number
}
