/**
 * Words of a command line as flyctl splits them: blanks part words, quotes group, a backslash takes the next character
 * as it is (not within single quotes), `#` at the start of a word begins a comment. Undefined when a quote or a
 * backslash is left open, which flyctl refuses.
 */
export function shellWords(command: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let at = 0; at < command.length; at++) {
    const char = command[at]!
    if (quote === "'") {
      if (char === "'") quote = undefined
      else word += char
    } else if (char === '\\') {
      if (at + 1 === command.length) return undefined
      word = (word ?? '') + command[++at]
    } else if (quote === '"') {
      if (char === '"') quote = undefined
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === '#' && word === undefined) {
      const end = command.indexOf('\n', at)
      if (end === -1) break
      at = end
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote) return undefined
  if (word !== undefined) words.push(word)
  return words
}
