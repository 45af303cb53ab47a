import { apiErrors } from './errors.ts'

/**
 * The words of a command line as a shell splits them: blanks separate, quotes and backslashes keep together. Nothing is expanded.
 * Fly's clients send the command of an exec as one such line. Throws 400 when a quote stays open.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let at = 0; at < line.length; at++) {
    const sign = line[at] ?? ''
    if (quote !== undefined) {
      if (sign === quote) quote = undefined
      else if (sign === '\\' && quote === '"' && /["\\$`]/.test(line[at + 1] ?? '')) word += line[++at] ?? ''
      else word += sign
    } else if (/\s/.test(sign)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (sign === '"' || sign === "'") {
      quote = sign
      word ??= ''
    } else {
      word = (word ?? '') + (sign === '\\' ? (line[++at] ?? '') : sign)
    }
  }
  if (quote !== undefined) throw apiErrors.badRequest(`invalid command: the ${quote} is not closed`)
  if (word !== undefined) words.push(word)
  return words
}
